"""`Timeline`: what one processor does when, and where one more task fits in."""

from __future__ import annotations

from bisect import bisect_right, insort


class Timeline:
    """Busy intervals of one processor, disjoint and in order."""

    def __init__(self) -> None:
        self._busy: list[tuple[float, float]] = []

    def earliest_start(self, ready: float, duration: float) -> float:
        """Earliest start, not before `ready`, of an idle interval of `duration`: HEFT's insertion."""
        start = ready
        for begin, end in self._busy[self._first_ending_after(ready) :]:
            if start + duration <= begin:
                break
            start = max(start, end)
        return start

    def occupy(self, start: float, finish: float) -> None:
        """Run something from `start` to `finish`, an interval that `earliest_start` found."""
        insort(self._busy, (start, finish))

    def _first_ending_after(self, instant: float) -> int:
        # Disjoint intervals in order end in order, too.
        return bisect_right(self._busy, instant, key=lambda interval: interval[1])
