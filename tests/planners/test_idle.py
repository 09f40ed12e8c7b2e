"""Idle intervals of many workers, searched at once, against a plain search."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from planners.idle import IdleIntervals


def intervals(*rows: tuple[int, float, float]) -> IdleIntervals:
    idle = IdleIntervals()
    for worker, begin_s, end_s in rows:
        idle.add(worker, begin_s, end_s)
    return idle


def test_the_earliest_start() -> None:
    idle = intervals((0, 5.0, math.inf), (1, 0.0, 2.0), (1, 3.0, 6.0))
    ready_s = np.array([0.0, 1.0])
    for duration_s, worker, start_s in [(1.0, 1, 1.0), (2.0, 1, 3.0), (3.0, 1, 3.0), (4.0, 0, 5.0)]:
        found = idle.earliest(ready_s, duration_s)
        assert found is not None
        assert (found.worker, found.start_s) == (worker, start_s)


def test_of_equal_starts_the_least_idle_then_the_lowest_worker() -> None:
    idle = intervals((0, 0.0, math.inf), (2, 3.0, math.inf), (1, 3.0, math.inf))
    found = idle.earliest(np.array([4.0, 4.0, 4.0 * (1 + 1e-12)]), 1.0)
    assert found is not None
    assert found.worker == 1


def test_nowhere() -> None:
    assert intervals((0, 0.0, 1.0)).earliest(np.array([0.5]), 1.0) is None
    assert intervals().earliest(np.array([]), 1.0) is None


def test_what_is_left_stays_idle() -> None:
    idle = intervals((0, 0.0, 10.0))
    ready_s = np.array([4.0])
    opening = idle.earliest(ready_s, 2.0)
    assert opening is not None
    idle.occupy(opening, 6.0)
    for ready, duration_s, start_s in [(0.0, 4.0, 0.0), (0.0, 4.1, None), (5.0, 4.0, 6.0), (6.5, 4.0, None)]:
        found = idle.earliest(np.array([ready]), duration_s)
        assert (None if found is None else found.start_s) == start_s


def test_a_task_that_takes_no_time() -> None:
    """It needs an idle instant, not one between two tasks, and takes nothing of it."""
    idle = intervals((0, 0.0, 4.0))
    for ready_s, duration_s in [(1.0, 0.0), (0.0, 3.0)]:
        opening = idle.earliest(np.array([ready_s]), duration_s)
        assert opening is not None
        assert opening.start_s == ready_s
        idle.occupy(opening, ready_s + duration_s)
    found = idle.earliest(np.array([2.0]), 0.0)
    assert found is not None
    assert found.start_s == 3.0
    idle.occupy(found, 4.0)
    assert idle.earliest(np.array([0.0]), 0.0) is None


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9), st.integers(1, 9)), max_size=60))
def test_many_workers_against_a_plain_search(tasks: list[tuple[int, int, int]]) -> None:
    """Six workers and whole numbers; tasks are (the worker nearest to their data, ready there, duration)."""
    idle = intervals(*((worker, 0.0, math.inf) for worker in range(6)))
    busy: list[list[tuple[int, int]]] = [[] for _ in range(6)]
    for nearest, near, duration in tasks:
        ready = [near + abs(worker - nearest) for worker in range(6)]
        starts = [plain_search(busy[worker], ready[worker], duration) for worker in range(6)]
        found = idle.earliest(np.array(ready, dtype=np.float64), float(duration))
        assert found is not None
        assert found.start_s == min(starts) == starts[found.worker]
        idle.occupy(found, found.start_s + duration)
        busy[found.worker].append((round(found.start_s), round(found.start_s) + duration))


def plain_search(busy: list[tuple[int, int]], ready: int, duration: int) -> int:
    """Earliest start of an idle time: at `ready`, or at an end."""
    starts = [start for start in (ready, *(end for _, end in busy)) if start >= ready]
    return min(start for start in starts if all(start + duration <= begin or start >= end for begin, end in busy))
