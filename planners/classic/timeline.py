"""`Timeline`: what one processor does when, and where one more task fits in."""

from __future__ import annotations

from bisect import bisect_left, insort


class Timeline:
    """One processor: its gaps, in order, and the instant from which on it is idle for good.

    Gaps, not what is busy: a processor that is kept busy has few, and only they are searched.
    """

    __slots__ = ("_begins", "_ends", "_finishes", "last")

    def __init__(self) -> None:
        self.last = 0.0
        """When all that it runs is done."""
        self._begins: list[float] = []
        self._ends: list[float] = []
        self._finishes = [0.0]  # what takes no time may start where another ends, or at the beginning

    def copy(self) -> Timeline:
        """The same, to be filled independently."""
        twin = Timeline()
        twin.last = self.last
        twin._begins, twin._ends, twin._finishes = self._begins.copy(), self._ends.copy(), self._finishes.copy()
        return twin

    def earliest_start(self, ready: float, duration: float) -> float:
        """Earliest start, not before `ready`, of an idle interval of `duration`: HEFT's insertion.

        Something that takes no time may start wherever nothing is under way.
        """
        if ready >= self.last:
            return ready
        ends = self._ends
        for gap in range(bisect_left(ends, ready + duration), len(ends)):
            begin = self._begins[gap]
            start = begin if begin > ready else ready
            if start + duration <= ends[gap]:
                return start if duration else min(start, self._next_finish(ready))
        return self.last if duration else self._next_finish(ready)

    def occupy(self, start: float, finish: float) -> None:
        """Run something from `start` to `finish`, an interval that `earliest_start` found."""
        insort(self._finishes, finish)
        if start >= self.last:
            if start > self.last:
                self._begins.append(self.last)
                self._ends.append(start)
            self.last = finish
        else:
            self._split(start, finish)

    def _split(self, start: float, finish: float) -> None:
        gap = bisect_left(self._ends, finish)
        if gap == len(self._ends) or self._begins[gap] > start:
            return  # no time, between two that follow each other at once
        left = [(b, e) for b, e in ((self._begins[gap], start), (finish, self._ends[gap])) if b < e]
        self._begins[gap : gap + 1] = [b for b, _ in left]
        self._ends[gap : gap + 1] = [e for _, e in left]

    def _next_finish(self, instant: float) -> float:
        return self._finishes[bisect_left(self._finishes, instant)]
