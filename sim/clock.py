"""Virtual time: SimPy's environment on integer nanoseconds, with a total order at each instant."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

from simpy import Environment

NS_PER_S: Final = 1_000_000_000
SLACK_NS: Final = 0.01
"""What rounding may add to a time computed in floats without making it the next whole nanosecond."""

_CLASS = 1 << 96
END, IDLE, ADMISSION, TIMER, ARRIVAL = (k * _CLASS for k in range(5))
"""Classes of events at one instant, first to last. Inside a class: by subject, then operation."""
_LOOK: Final = ADMISSION - (1 << 95)
"""Rank of a look at the pool's queue when a ramp lets a new instance through: before the calls of that instant."""


def whole_ns(computed_ns: float) -> int:
    """A computed time, rounded up to the clock's next whole nanosecond (what is only rounding does not count)."""
    return math.ceil(computed_ns - SLACK_NS)


def ceil_of(total_ns: int, parts: int) -> int:
    """One of so many equal parts of a time, rounded up."""
    return -(-total_ns // parts)


def to_ns(seconds: float) -> int:
    """Seconds as integer nanoseconds, to the nearest."""
    return round(seconds * NS_PER_S)


def to_s(ns: int) -> float:
    """Nanoseconds as seconds."""
    return ns / NS_PER_S


def rank_of(job: int, worker: int) -> int:
    """Where a subject stands among the events of one class and instant; operations are added to it."""
    return (job << 64) | ((worker + 1) << 32)


class Due(Protocol):
    """What can be scheduled: all that SimPy asks of an event that will certainly occur.

    SimPy's own `Event` takes five times as long to make. A failure never travels this way: it is an event of ours.
    """

    callbacks: Any

    def happen(self) -> None:
        """Do now what is to be done."""


class Happening:
    """Something that will be done at a set time: ``act(happening)``, with what it is about."""

    __slots__ = ("about", "callbacks", "detail")

    _ok = True

    def __init__(self, act: Callable[[Any], None], about: Any = None, detail: Any = None) -> None:
        self.callbacks: Any = (act,)
        self.about = about
        self.detail = detail

    def happen(self) -> None:
        """Do now what is to be done."""
        for act in self.callbacks:
            act(self)

    def cancel(self) -> None:
        """Let the time pass without doing it."""
        self.callbacks = ()
        self.about = self.detail = None  # it may lie in SimPy's queue for long


class Clock:
    """Schedules happenings at integer times, in the order (time, rank)."""

    __slots__ = ("_environment", "schedule")

    def __init__(self) -> None:
        self._environment = Environment(initial_time=0)
        self.schedule: Callable[[Due, int, int], None] = self._environment.schedule  # type: ignore[assignment]
        """SimPy's own, for the hot path: what, its rank, after how many ns. Elsewhere `after` reads better."""

    @property
    def now_ns(self) -> int:
        """The present."""
        return self._environment._now  # type: ignore[return-value]  # scheduled at integers only

    def after(self, delay_ns: int, rank: int, happening: Due) -> None:
        """Schedule; ``rank`` orders what happens at the same instant."""
        self.schedule(happening, rank, delay_ns)

    def look_after(self, delay_ns: int, memory_mb: int, look: Callable[[], None]) -> None:
        """Schedule a look of the pool at those who wait."""
        self.schedule(Happening(lambda _: look()), _LOOK + memory_mb, delay_ns)

    @property
    def to_come(self) -> Iterator[Due]:
        """All that is scheduled, in no order that may decide anything; looking at it takes long."""
        return (entry[3] for entry in self._environment._queue)  # type: ignore[misc]

    @property
    def times_to_come(self) -> Iterator[tuple[int, Due]]:
        """The same, each with its time."""
        return ((entry[0], entry[3]) for entry in self._environment._queue)  # type: ignore[misc]

    def run(self) -> None:
        """Until nothing is left to happen."""
        self._environment.run()
