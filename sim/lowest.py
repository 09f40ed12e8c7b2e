"""The lowest of many figures that change often and are looked at rarely."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Generic, Protocol, TypeVar

from sim.parts import UNLIMITED


class Numbered(Protocol):
    """What can stand in a list of the lowest."""

    serial: int


S = TypeVar("S", bound=Numbered)


class Lowest(Generic[S]):
    """A figure for each subject, listed not above what it is; only the lowest are compared with what they are now."""

    __slots__ = ("_heap", "_listed", "_now", "least")

    def __init__(self, now: Callable[[S], int | None]) -> None:
        self._now = now
        """What a subject's figure is now; None if it does not count any more."""
        self._heap: list[tuple[int, int, S]] = []
        self._listed: dict[int, int] = {}
        self.least = UNLIMITED
        """No figure is lower."""

    def note(self, subject: S, figure: int) -> None:
        """A subject's figure is this now."""
        if figure < self._listed.get(subject.serial, UNLIMITED):
            self._listed[subject.serial] = figure
            heappush(self._heap, (figure, subject.serial, subject))
            self.least = self._heap[0][0]

    def below(self, bound: int) -> S | None:
        """The subject with the lowest figure, if that is below a bound."""
        while self.least < bound:
            figure, serial, subject = self._heap[0]
            if self._listed.get(serial) == figure:
                now = self._now(subject)
                if now == figure:
                    return subject
                del self._listed[serial]
                if now is not None:
                    self.note(subject, now)
            heappop(self._heap)
            self.least = self._heap[0][0] if self._heap else UNLIMITED
        return None
