"""`IdleIntervals`: when the slots of all workers are idle, searched together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planners.ties import TOLERANCE

Seconds = NDArray[np.float64]


@dataclass(frozen=True)
class Opening:
    """Where a task fits: an idle interval, its worker, and the task's start in it."""

    interval: int
    worker: int
    start_s: float


class IdleIntervals:
    """Idle intervals of every slot of every worker, in three arrays that grow.

    One search over arrays instead of one per worker: with thousands of workers it is what makes insertion
    quick without leaving any of them out.
    """

    def __init__(self) -> None:
        self._begins_s: Seconds = np.empty(64)
        self._ends_s: Seconds = np.empty(64)
        self._workers: NDArray[np.intp] = np.empty(64, dtype=np.intp)
        self._n = 0

    def add(self, worker: int, begin_s: float, end_s: float) -> int:
        """A slot of `worker` is idle from `begin_s` to `end_s`, which may be inf; returns the interval."""
        if self._n == len(self._workers):
            self._begins_s = np.resize(self._begins_s, 2 * self._n)
            self._ends_s = np.resize(self._ends_s, 2 * self._n)
            self._workers = np.resize(self._workers, 2 * self._n)
        self._put(self._n, worker, begin_s, end_s)
        self._n += 1
        return self._n - 1

    def earliest(self, ready_s: Seconds, duration_s: float) -> Opening | None:
        """Earliest start of a task of `duration_s` that is ready on worker `w` at `ready_s[w]`.

        Of equal starts that which leaves its slot idle least long before, then the lowest worker; None if
        the task fits nowhere.
        """
        n = self._n
        begins_s, workers = self._begins_s[:n], self._workers[:n]
        starts_s = np.maximum(begins_s, ready_s[workers])
        starts_s[starts_s + duration_s > self._ends_s[:n]] = np.inf
        earliest_s = starts_s.min(initial=np.inf)
        if earliest_s == np.inf:
            return None
        equal = np.flatnonzero(starts_s <= earliest_s * (1 + TOLERANCE))
        best = int(equal[np.lexsort((workers[equal], -begins_s[equal]))[0]])
        return Opening(best, int(workers[best]), float(starts_s[best]))

    def occupy(self, opening: Opening, finish_s: float) -> None:
        """Take `opening` until `finish_s`; what is left of its interval stays idle.

        A task that takes no time leaves the interval whole.
        """
        if finish_s == opening.start_s:
            return
        i = opening.interval
        begin_s, end_s = float(self._begins_s[i]), float(self._ends_s[i])
        # An interval used up must not take a task that needs no time.
        self._put(i, opening.worker, finish_s, end_s if finish_s < end_s else -np.inf)
        if begin_s < opening.start_s:
            self.add(opening.worker, begin_s, opening.start_s)

    def _put(self, i: int, worker: int, begin_s: float, end_s: float) -> None:
        self._workers[i], self._begins_s[i], self._ends_s[i] = worker, begin_s, end_s
