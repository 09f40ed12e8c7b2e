"""`Predictor`: believed figures from recorded runs alone, at the average or a percentile.

Nothing that was never recorded is made up: a prediction is None then, never 0. Between what was recorded exactly and
nothing there is a chain of fallbacks, and every prediction says on what it is based and on how many records. Which
records it is based on never depends on the percentile, so a higher one is never less pessimistic: times and outputs
do not shrink, rates do not grow.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from planners.knowledge.by_bytes import ByBytes, Prediction, merged, predicted
from planners.knowledge.history import Cell, History, Topic
from planners.level import AVERAGE, percentile_of

MB_PER_VCPU = 1769.0
"""Of AWS Lambda (its documentation, "Configure Lambda function memory")."""
NS_PER_S = 1e9

Start = Literal[Topic.COLD, Topic.INIT, Topic.WARM]
Direction = Literal[Topic.GET, Topic.PUT]
Request = Literal[Topic.CALL, Topic.REQUEST, Topic.NOTIFY]


class Speed(NamedTuple):
    """How fast data is believed to move in one direction: the fixed part and the rate, told apart."""

    latency_s: float
    bytes_per_s: float | None
    """None where the records cannot tell it from the latency; infinite where bytes make no difference."""
    mean_bytes: float
    """What a transfer moved on average."""
    basis: str
    n: int


@dataclass(frozen=True)
class Predictor:
    """Immutable. `level` is `average` or a percentile, as `p95`; InvalidInput for anything else."""

    history: History
    level: str = AVERAGE
    mb_per_vcpu: float = MB_PER_VCPU
    """The size from which a function has a whole vCPU: up to it times are inverse to size, from there on they stay."""

    def __post_init__(self) -> None:
        percentile_of(self.level)

    def run_s(self, function: str, memory_mb: float, n_bytes: float) -> Prediction | None:
        """How long a function computes at a size on so many bytes; None if it was never recorded.

        From records of this size; if there are none, linear between the sizes above and below it (as Orion
        interpolates); beyond the last size from that one, in proportion to the CPU that one thread gets of both.
        """
        sizes = self._of(Topic.RUN, function)
        if not sizes:
            return None
        below = max((mb for mb in sizes if mb <= memory_mb), default=None)
        above = min((mb for mb in sizes if mb >= memory_mb), default=None)
        if below is None or above is None:
            last = max(sizes) if above is None else min(sizes)
            return self._scaled(sizes, last, memory_mb, n_bytes)
        low, high = sizes[below].at(n_bytes), sizes[above].at(n_bytes)
        if below == above:
            return _seconds(low)
        value = low.value + (high.value - low.value) * (memory_mb - below) / (above - below)
        return _seconds(Prediction(value, f"{low.basis}, between {below} and {above} MB", low.n + high.n))

    def output_bytes(self, function: str, place: int, n_bytes: float) -> Prediction | None:
        """How large this one of its outputs is, of a function on so many bytes; None if it was never recorded."""
        places = self._of(Topic.OUTPUT, function)
        return places[place].at(n_bytes) if place in places else None

    def start_s(self, start: Start, memory_mb: float) -> Prediction | None:
        """How long a start takes: of the nearest size below that was recorded, else of the smallest."""
        sizes = self._of(start)
        if not sizes:
            return None
        nearest = max((mb for mb in sizes if mb <= memory_mb), default=min(sizes))
        basis = "this size" if nearest == memory_mb else f"{nearest} MB, the nearest size recorded"
        return _seconds(predicted(sizes[nearest].every, self.quantile, basis))

    def overall_s(self, topic: Start | Request) -> Prediction | None:
        """How long a start, call, request or notification takes, all sizes together; None if none was recorded."""
        sizes = self._of(topic)
        every = merged(group.every for group in sizes.values())
        return _seconds(predicted(every, self.quantile, "all of them")) if sizes else None

    def speed(self, direction: Direction) -> Speed | None:
        """Latency and rate of transfers in one direction; None if there were none."""
        group = self._of(direction).get(0)
        if group is None:
            return None
        line = group.line
        if line is None:
            every = predicted(group.every, self.quantile, "transfers of one amount, all taken for latency")
            return Speed(every.value / NS_PER_S, None, group.mean_bytes, every.basis, every.n)
        bytes_per_s = NS_PER_S / line.per_byte if line.per_byte else math.inf
        return Speed(line.fixed / NS_PER_S, bytes_per_s, group.mean_bytes, "a line through all amounts", group.n)

    def transfer_s(self, direction: Direction, n_bytes: float) -> Prediction | None:
        """How long one transfer takes: latency, and bytes over the rate where it is known."""
        speed = self.speed(direction)
        if speed is None:
            return None
        return Prediction(speed.latency_s + n_bytes / (speed.bytes_per_s or math.inf), speed.basis, speed.n)

    def sizes_mb(self, topic: Topic, function: str = "") -> tuple[int, ...]:
        """The sizes at which a function ran, or a start was recorded, ascending."""
        return tuple(self._of(topic, function))

    @property
    def quantile(self) -> float | None:
        """The quantile that is predicted; None is the average."""
        percentile = percentile_of(self.level)
        return None if percentile is None else percentile / 100

    @cached_property
    def _groups(self) -> Mapping[tuple[Topic, str], Mapping[int, ByBytes]]:
        """By topic and function, then by size or place: what differs in bytes alone."""
        cells: dict[tuple[Topic, str], dict[int, dict[int, Cell]]] = defaultdict(dict)
        for key, cell in self.history.cells.items():
            cells[key.topic, key.function].setdefault(key.number, {})[key.bytes_class] = cell
        return {
            place: {number: ByBytes(classes, self.quantile) for number, classes in numbers.items()}
            for place, numbers in cells.items()
        }

    def _of(self, topic: Topic, function: str = "") -> Mapping[int, ByBytes]:
        return self._groups.get((topic, function), {})

    def _scaled(self, sizes: Mapping[int, ByBytes], recorded_mb: int, memory_mb: float, n_bytes: float) -> Prediction:
        """From another size, by the CPU that one thread gets of both."""
        found = sizes[recorded_mb].at(n_bytes)
        value = found.value * self._vcpus(recorded_mb) / self._vcpus(memory_mb)
        return _seconds(Prediction(value, f"{found.basis}, at {recorded_mb} MB and scaled by CPU", found.n))

    def _vcpus(self, memory_mb: float) -> float:
        return min(memory_mb / self.mb_per_vcpu, 1.0)


def _seconds(found: Prediction) -> Prediction:
    return found._replace(value=found.value / NS_PER_S)
