"""Lanes: where what happens at once is drawn, so that nothing in a lane overlaps."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush


class Lanes:
    """Gives each interval the first lane that is free when it begins; intervals come in the order of their begins."""

    __slots__ = ("_busy", "_free", "n")

    def __init__(self) -> None:
        self._free: list[int] = []
        self._busy: list[tuple[float, int]] = []
        self.n = 0
        """How many lanes there are."""

    def place(self, begin: float, end: float) -> int:
        """The lane of an interval."""
        free, busy = self._free, self._busy
        while busy and busy[0][0] <= begin:
            heappush(free, heappop(busy)[1])
        if not free:
            heappush(free, self.n)
            self.n += 1
        lane = heappop(free)
        heappush(busy, (end, lane))
        return lane


def stacked(begins: Sequence[float], ends: Sequence[float]) -> tuple[list[int], int]:
    """Lanes for intervals in any order; how many there are."""
    lanes, rows = Lanes(), [0] * len(begins)
    for i in sorted(range(len(begins)), key=lambda i: (begins[i], ends[i], i)):
        rows[i] = lanes.place(begins[i], ends[i])
    return rows, lanes.n
