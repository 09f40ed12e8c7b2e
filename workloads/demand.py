"""How long a task computes: the CPU model's three figures, and curves over memory."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import numpy as np

from workloads.columns import MOST, is_figure
from workloads.errors import Fault, refuse_if


@dataclass(frozen=True, slots=True)
class Demand:
    """What the CPU model executes: ``t(v) = io_s + cpu_s / min(v, parallelism)`` on ``v`` vCPUs.

    ``io_s`` comes first and uses no CPU; ``cpu_s`` are CPU seconds; ``parallelism`` ≥ 1 is how many
    vCPUs the task can use at once. Below one vCPU the task is throttled. (Reading of AWS Lambda's
    rule; fits five of seven published Lambda stages within 8 %.)
    """

    io_s: float
    cpu_s: float
    parallelism: float = 1.0

    def duration_s(self, vcpus: float) -> float:
        """The time it takes alone on ``vcpus`` > 0."""
        return self.io_s + self.cpu_s / min(vcpus, self.parallelism)


@dataclass(frozen=True)
class MemoryTable:
    """Measured times at some sizes: ``points`` are (memory_mb, time_s), ascending in memory.

    Linear in memory between two points, as Orion interpolates (OSDI'22); beyond the first and the
    last the time stays theirs.
    """

    points: tuple[tuple[float, float], ...]

    def __init__(self, points: Iterable[tuple[float, float]]) -> None:
        object.__setattr__(self, "points", tuple((float(mb), float(s)) for mb, s in points))
        refuse_if(self._faults())

    def _faults(self) -> Iterable[Fault]:
        if not self.points:
            yield Fault("MemoryTable", "points", self.points, "at least one (memory_mb, time_s)")
        previous_mb = 0.0
        for k, (memory_mb, time_s) in enumerate(self.points):
            if not previous_mb < memory_mb <= MOST:
                expected = f"MB above {previous_mb:g}, at most {MOST:g}"
                yield Fault("MemoryTable", f"points[{k}].memory_mb", memory_mb, expected)
            if not 0 <= time_s <= MOST:
                yield Fault("MemoryTable", f"points[{k}].time_s", time_s, f"seconds from 0 to {MOST:g}")
            previous_mb = max(previous_mb, memory_mb)

    def time_s(self, memory_mb: float) -> float:
        """The interpolated time at a size."""
        sizes_mb, times_s = zip(*self.points, strict=True)
        return float(np.interp(memory_mb, sizes_mb, times_s))


@dataclass(frozen=True)
class PowerLaw:
    """``t(m) = base_s · (m / base_mb)^−exponent``, octoflows' form with exponent .3.

    Kept to compare with earlier work: measured Lambda stages follow no single exponent.
    """

    MOST_EXPONENT: ClassVar[int] = 10

    base_s: float
    base_mb: float = 1024.0
    exponent: float = 0.3

    def __post_init__(self) -> None:
        refuse_if(self._faults())
        for name in ("base_s", "base_mb", "exponent"):
            object.__setattr__(self, name, float(getattr(self, name)))

    def _faults(self) -> Iterable[Fault]:
        if not (is_figure(self.base_s) and 0 <= self.base_s <= MOST):
            yield Fault("PowerLaw", "base_s", self.base_s, f"seconds from 0 to {MOST:g}")
        if not (is_figure(self.base_mb) and 1 / MOST <= self.base_mb <= MOST):
            yield Fault("PowerLaw", "base_mb", self.base_mb, f"MB from {1 / MOST:g} to {MOST:g}")
        if not (is_figure(self.exponent) and abs(self.exponent) <= self.MOST_EXPONENT):
            expected = f"a number from −{self.MOST_EXPONENT} to {self.MOST_EXPONENT}"
            yield Fault("PowerLaw", "exponent", self.exponent, expected)

    def time_s(self, memory_mb: float) -> float:
        """The time at a size."""
        return self.base_s * math.pow(memory_mb / self.base_mb, -self.exponent)


Curve: TypeAlias = MemoryTable | PowerLaw
"""A task's whole time as a function of memory alone."""


def demand_on_curve(curve: Curve, parallelism: float, memory_mb: float, vcpus: float) -> Demand:
    """The CPU work that, alone on ``vcpus``, takes exactly the curve's time at ``memory_mb``."""
    return Demand(0.0, curve.time_s(memory_mb) * min(vcpus, parallelism), parallelism)
