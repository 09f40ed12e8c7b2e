"""`IdleIntervals`: when the slots of all workers are idle, searched together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planners.ties import TOLERANCE

Seconds = NDArray[np.float64]

_LOOSE = 256
"""Intervals that may stand unsorted behind the others."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Where a task fits: an idle interval, its worker, and the task's start in it."""

    interval: int
    worker: int
    start_s: float


class IdleIntervals:
    """Idle intervals of every slot of every worker, in three arrays that grow.

    One search over arrays instead of one per worker: with thousands of workers it is what makes insertion
    quick without leaving any of them out. They stand in the order of their ends, apart from the latest few, so that a
    search leaves out what is over before the task could be: most of them, for a schedule grows towards the end.
    """

    def __init__(self) -> None:
        self._begins_s: Seconds = np.empty(64)
        self._ends_s: Seconds = np.empty(64)
        self._workers: NDArray[np.intp] = np.empty(64, dtype=np.intp)
        self._n = self._n_sorted = 0
        self._trail: list[tuple[int, float]] | None = None
        self._n_before = 0

    def add(self, worker: int, begin_s: float, end_s: float) -> int:
        """A slot of `worker` is idle from `begin_s` to `end_s`, which may be inf; returns the interval."""
        if self._n == len(self._workers):
            self._begins_s = np.resize(self._begins_s, 2 * self._n)
            self._ends_s = np.resize(self._ends_s, 2 * self._n)
            self._workers = np.resize(self._workers, 2 * self._n)
        self._begins_s[self._n], self._ends_s[self._n], self._workers[self._n] = begin_s, end_s, worker
        self._n += 1
        return self._n - 1

    def earliest(self, ready_s: Seconds, duration_s: float) -> Opening | None:
        """Earliest start of a task of `duration_s` that is ready on worker `w` at `ready_s[w]`.

        Of equal starts that which leaves its slot idle least long before, then the lowest worker, then the interval
        that ends first; None if the task fits nowhere. An opening holds until the next search.
        """
        if self._n - self._n_sorted > _LOOSE and self._trail is None:
            self._sort()
        over_s = ready_s.min(initial=np.inf) + duration_s
        first = int(np.searchsorted(self._ends_s[: self._n_sorted], over_s))
        begins_s, ends_s = self._begins_s[first : self._n], self._ends_s[first : self._n]
        workers = self._workers[first : self._n]
        starts_s = np.maximum(begins_s, ready_s[workers])
        starts_s[starts_s + duration_s > ends_s] = np.inf
        earliest_s = starts_s.min(initial=np.inf)
        if earliest_s == np.inf:
            return None
        equal = np.flatnonzero(starts_s <= earliest_s * (1 + TOLERANCE))
        if len(equal) > 1:
            equal = equal[np.lexsort((ends_s[equal], workers[equal], -begins_s[equal]))]
        best = int(equal[0])
        return Opening(first + best, int(workers[best]), float(starts_s[best]))

    def occupy(self, opening: Opening, finish_s: float, *, leave_gap: bool = True) -> None:
        """Take `opening` until `finish_s`; what is left of its interval stays idle, before it only if asked for.

        A task that takes no time leaves the interval whole.
        """
        if finish_s == opening.start_s:
            return
        i = opening.interval
        begin_s = float(self._begins_s[i])
        if self._trail is not None:
            self._trail.append((i, begin_s))
        # An interval used up must not take a task that needs no time.
        self._begins_s[i] = finish_s if finish_s < self._ends_s[i] else np.inf
        if leave_gap and begin_s < opening.start_s:
            self.add(opening.worker, begin_s, opening.start_s)

    def begin_trial(self) -> None:
        """From here on remember what changes."""
        self._trail, self._n_before = [], self._n

    def end_trial(self) -> None:
        """Take back all that changed since the trial began."""
        for i, begin_s in reversed(self._trail or ()):
            self._begins_s[i] = begin_s
        self._trail, self._n = None, self._n_before

    def _sort(self) -> None:
        """All that are left, by their ends."""
        live = np.flatnonzero(self._begins_s[: self._n] < np.inf)
        order = live[np.argsort(self._ends_s[live], kind="stable")]
        self._n = self._n_sorted = len(order)
        for values in (self._begins_s, self._ends_s, self._workers):
            values[: self._n] = values[order]
