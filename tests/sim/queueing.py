"""A queueing system on the pool: visits arrive, the pool gives them instances, the harness keeps those busy.

It knows the pool by its contract alone: `request` and `finish` go in, `admitted` comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from executor.pool.waits import NO_WAIT
from platforms import Platform, load_platform
from sim.clock import ARRIVAL, IDLE, NS_PER_S, Clock, Happening
from sim.instance import Instance
from sim.pool import Pool

SIZE_MB = 1769
Floats: TypeAlias = NDArray[np.float64]
Service: TypeAlias = Callable[[np.random.Generator, int], Floats]
"""Draws so many service times, in seconds."""


def exponential(mean_s: float) -> Service:
    """Service times without memory."""
    return lambda generator, n: generator.exponential(mean_s, n)


def constant(value_s: float) -> Service:
    """Always the same service time."""
    return lambda generator, n: np.full(n, value_s)


def pool_platform(**overrides: object) -> Platform:
    """An ideal platform with some fields set otherwise."""
    return load_platform("ideal", overrides)


class Visit:
    """A request that wants an instance for a while. Times in ns."""

    __slots__ = ("admitted_ns", "arrived_ns", "cold", "memory_mb", "number", "waited")

    is_prewarm = False

    def __init__(self, number: int, arrived_ns: int, memory_mb: int = SIZE_MB) -> None:
        self.number = number
        self.memory_mb = memory_mb
        self.arrived_ns = arrived_ns
        self.admitted_ns = -1
        self.cold = False
        self.waited = NO_WAIT


class Queueing:
    """Poisson arrivals at ``rate_per_s`` until ``until_s``; a service after a cold start, another after a warm one.

    Of several sizes each is as likely as any other, so each has Poisson arrivals of its own.
    """

    def __init__(
        self,
        platform: Platform,
        seed: int,
        rate_per_s: float,
        until_s: float,
        warm: Service,
        cold: Service,
        sizes_mb: Sequence[int] = (SIZE_MB,),
    ) -> None:
        generator = np.random.default_rng(seed)
        n = round(rate_per_s * until_s + 6 * (rate_per_s * until_s) ** 0.5) + 10
        arrivals_s = np.cumsum(generator.exponential(1 / rate_per_s, n))
        self._arrivals_ns = to_ns(arrivals_s[arrivals_s < until_s])
        self._service_ns = {False: to_ns(warm(generator, n)), True: to_ns(cold(generator, n))}
        self._sizes_mb = generator.choice(sizes_mb, n).tolist() if len(sizes_mb) > 1 else [*sizes_mb] * n
        self._clock = Clock()
        self._pool = Pool(platform, self._clock, seed, self._admitted)
        self._visits: list[Visit] = []
        self._refused: list[int] = []
        self._until_s = until_s

    def run(self) -> Outcome:
        """Everything that happened to those who arrived in time."""
        self._next_arrival()
        self._clock.run()
        self._pool.close()
        return Outcome.of(self._visits, self._refused, self._pool.instances, self._service_ns, self._until_s)

    def _next_arrival(self) -> None:
        number = len(self._visits)
        if number < len(self._arrivals_ns):
            delay_ns = self._arrivals_ns[number] - self._clock.now_ns
            self._clock.after(delay_ns, ARRIVAL, Happening(self._arrived))

    def _arrived(self, _: Happening) -> None:
        number = len(self._visits)
        visit = Visit(number, self._clock.now_ns, self._sizes_mb[number])
        self._visits.append(visit)
        if not self._pool.request(visit):
            self._refused.append(visit.number)
        self._next_arrival()

    def _admitted(self, visit: Visit, instance: Instance, cold: bool) -> None:
        visit.admitted_ns, visit.cold = self._clock.now_ns, cold
        self._clock.after(self._service_ns[cold][visit.number], IDLE + visit.number, Happening(self._left, instance))

    def _left(self, happening: Happening) -> None:
        self._pool.finish(happening.about)


def to_ns(seconds: Floats) -> list[int]:
    """Seconds as whole ns, as Python integers."""
    whole: list[int] = np.rint(seconds * NS_PER_S).astype(np.int64).tolist()
    return whole


@dataclass(frozen=True)
class Estimate:
    """A mean with its standard error."""

    mean: float
    error: float

    def agrees_with(self, expected: float, errors: float = 3.5, of_expected: float = 0.0) -> bool:
        """Whether the difference is within so many standard errors, the expected figure's own included."""
        return abs(self.mean - expected) <= errors * float(np.hypot(self.error, of_expected))


@dataclass(frozen=True)
class Outcome:
    """What became of the visits, in order of arrival, and of the instances. Times in seconds."""

    until_s: float
    arrived_s: Floats
    waited_s: Floats
    """NaN for refused ones."""
    waited_for_s: Floats
    """The same by limit, a column each."""
    size_mb: NDArray[np.int64]
    served_s: Floats
    cold: NDArray[np.bool_]
    alive_s: Mapping[str, Floats]
    """``begin`` and ``end`` of each instance's life."""

    @staticmethod
    def of(
        visits: list[Visit],
        refused: list[int],
        instances: list[Instance],
        service_ns: Mapping[bool, list[int]],
        until_s: float,
    ) -> Outcome:
        """From the books of a harness."""
        arrived = np.array([visit.arrived_ns for visit in visits]) / NS_PER_S
        admitted = np.array([visit.admitted_ns for visit in visits]) / NS_PER_S
        cold = np.array([visit.cold for visit in visits])
        admitted[refused] = np.nan
        limits = np.array([visit.waited for visit in visits]).reshape(-1, len(NO_WAIT)) / NS_PER_S
        sizes = np.array([visit.memory_mb for visit in visits])
        served = np.array([service_ns[visit.cold][visit.number] for visit in visits]) / NS_PER_S
        lives = {
            "begin": np.array([instance.created_ns for instance in instances]) / NS_PER_S,
            "end": np.array([np.inf if i.ended_ns in (None, -1) else i.ended_ns / NS_PER_S for i in instances]),
        }
        return Outcome(until_s, arrived, admitted - arrived, limits, sizes, served, cold, lives)

    @property
    def refused(self) -> NDArray[np.bool_]:
        """Who got no instance."""
        return np.isnan(self.waited_s)

    def mean_of_visits(self, values: NDArray[np.float64] | NDArray[np.bool_]) -> Estimate:
        """A mean over visits, one value each; its error from batches, which hardly depend on each other."""
        means = [float(batch.mean()) for batch in np.array_split(values.astype(np.float64), BATCHES)]
        return Estimate(float(np.mean(values)), batch_error(means))

    @property
    def running(self) -> Estimate:
        """The average number of busy instances."""
        begin = (self.arrived_s + self.waited_s)[~self.refused]
        return self._average_number(begin, begin + self.served_s[~self.refused])

    @property
    def alive(self) -> Estimate:
        """The average number of instances, busy and idle."""
        return self._average_number(self.alive_s["begin"], self.alive_s["end"])

    def _average_number(self, begin: Floats, end: Floats) -> Estimate:
        edges = np.linspace(0, self.until_s, BATCHES + 1)
        before = [float(np.clip(np.minimum(end, edge) - begin, 0, None).sum()) for edge in edges]
        means = np.diff(before) / np.diff(edges)
        return Estimate(float(means.mean()), batch_error(means.tolist()))


BATCHES = 20


def batch_error(means: list[float]) -> float:
    """The standard error of the mean of batches."""
    return float(np.std(means, ddof=1) / len(means) ** 0.5)
