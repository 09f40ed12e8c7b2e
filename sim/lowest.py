"""The lowest of many figures that change often and are looked at rarely."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Final, Generic, Protocol, TypeVar

from sim.parts import UNLIMITED

_FEW: Final = 64


class Numbered(Protocol):
    """What can stand in a list of the lowest."""

    serial: int


S = TypeVar("S", bound=Numbered)


class Lowest(Generic[S]):
    """A figure for each subject, listed not above what it is; only the lowest are compared with what they are now."""

    __slots__ = ("_heap", "_listed", "_most", "_now", "least")

    def __init__(self, now: Callable[[S], int | None]) -> None:
        self._now = now
        """What a subject's figure is now; None if it does not count any more."""
        self._heap: list[tuple[int, int, S]] = []
        self._listed: dict[int, int] = {}
        self._most = _FEW
        self.least = UNLIMITED
        """No figure is lower."""

    def note(self, subject: S, figure: int) -> None:
        """A subject's figure is this now."""
        if figure < self._listed.get(subject.serial, UNLIMITED):
            self._listed[subject.serial] = figure
            heappush(self._heap, (figure, subject.serial, subject))
            if len(self._heap) > self._most:
                self._weed()
            self.least = self._heap[0][0]

    def first(self) -> S | None:
        """The subject with the lowest figure."""
        return self.below(UNLIMITED)

    def below(self, bound: int) -> S | None:
        """The subject with the lowest figure, if that is below a bound."""
        while self.least < bound:
            figure, serial, subject = self._heap[0]
            now = None
            if self._listed.get(serial) == figure:
                now = self._now(subject)
                if now == figure:
                    return subject
                del self._listed[serial]
            heappop(self._heap)
            self.least = self._heap[0][0] if self._heap else UNLIMITED
            if now is not None:
                self.note(subject, now)
        return None

    def _weed(self) -> None:
        """Forget what was listed before it was lower, so that the list does not grow with time."""
        self._heap = [entry for entry in self._heap if self._listed.get(entry[1]) == entry[0]]
        heapify(self._heap)
        self._most = 2 * len(self._heap) + _FEW
