"""Moves: small changes of who runs what, at which size, in which order.

Each takes a draft, one of its tasks and a generator, and says whether it changed anything. What may follow from it
(workers without tasks, sizes below a floor, orders that are no longer possible) `Draft.plan` puts right.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from planners.plan import PlannedWorker
from planners.search.draft import Draft

Move: TypeAlias = Callable[[Draft, int, np.random.Generator], bool]


def join(draft: Draft, task: int, rng: np.random.Generator) -> bool:
    """The task goes to the worker of a parent, child or sibling; if that is flexible, so is the task."""
    other = _elsewhere(draft, task, rng)
    if other is None:
        return False
    draft.flexible_mb = draft.flexible_mb or draft.size_near(task)
    draft.assignment[task] = draft.assignment[other]
    return True


def merge(draft: Draft, task: int, rng: np.random.Generator) -> bool:
    """All that runs with the task goes to the worker of a parent, child or sibling."""
    other = _elsewhere(draft, task, rng)
    if other is None or draft.assignment[other] is None:
        return False
    for moved in _together(draft, task):
        draft.assignment[moved] = draft.assignment[other]
    return True


def split(draft: Draft, task: int, rng: np.random.Generator) -> bool:
    """The task, it and all its worker runs later, or every other task gets a worker of its own."""
    together = _together(draft, task)
    if len(together) < 2 and draft.assignment[task] is not None:
        return False
    kind = int(rng.integers(3))
    at = together.index(task)
    moved = ([task], together[at:], together[::2])[kind]
    if len(moved) == len(together) > 1:
        moved = [task]
    worker = draft.open(draft.size_near(task))
    for each in moved:
        draft.assignment[each] = worker
    return True


def swap(draft: Draft, task: int, rng: np.random.Generator) -> bool:
    """Two neighbours change places."""
    other = _elsewhere(draft, task, rng)
    if other is None:
        return False
    assignment = draft.assignment
    assignment[task], assignment[other] = assignment[other], assignment[task]
    return True


def deal(draft: Draft, task: int, rng: np.random.Generator) -> bool:
    """All tasks of the task's function are dealt anew: to more workers than they have, or to fewer."""
    tasks = draft.space.alike[task]
    if len(tasks) < 2:
        return False
    workers = dict.fromkeys(draft.assignment[each] for each in tasks)
    named = [worker for worker in workers if worker is not None]
    others = max(1, len(named) // 2), 2 * len(named), len(tasks) // 2, len(tasks)
    n = min(len(tasks), max(1, others[int(rng.integers(len(others)))]))
    size_mb = draft.size_near(task)
    kept = named[:n]
    dealt = kept + [draft.open(size_mb) for _ in range(n - len(kept))]
    share, in_rows = -(-len(tasks) // n), bool(rng.integers(2))
    for i, each in enumerate(tasks):
        draft.assignment[each] = dealt[i // share if in_rows else i % n]
    return True


def resize(draft: Draft, task: int, rng: np.random.Generator) -> bool:
    """The task's worker gets a size near its own."""
    worker, steps = draft.assignment[task], _steps(rng)
    if worker is None:
        draft.resize_flexible(steps)
    else:
        draft.resize(worker, steps)
    return True


def resize_alike(draft: Draft, task: int, rng: np.random.Generator) -> bool:
    """All workers that run the task's function get sizes near their own."""
    workers = dict.fromkeys(draft.assignment[each] for each in draft.space.alike[task])
    _resize_all(draft, [worker for worker in workers if worker is not None], None in workers, _steps(rng))
    return True


def resize_all(draft: Draft, task: int, rng: np.random.Generator) -> bool:
    """Everybody gets a size near their own."""
    _resize_all(draft, list(range(len(draft.workers))), True, _steps(rng))
    return True


def level(draft: Draft, task: int, rng: np.random.Generator) -> bool:
    """Everybody gets the size of the task's worker."""
    size_mb = draft.size_near(task)
    draft.workers = [PlannedWorker(worker.name, size_mb, worker.hold) for worker in draft.workers]
    draft.flexible_mb = draft.flexible_mb and size_mb
    return True


def turn(draft: Draft, task: int, rng: np.random.Generator) -> bool:
    """The task's worker holds if it did not, and the other way round."""
    worker = draft.assignment[task]
    if worker is None or len(_together(draft, task)) < 2:
        return False
    was = draft.workers[worker]
    draft.workers[worker] = PlannedWorker(was.name, was.memory_mb, not was.hold)
    return True


def hasten(draft: Draft, task: int, rng: np.random.Generator) -> bool:
    """The task changes places with one that its worker puts before it."""
    together = _together(draft, task)
    at = together.index(task)
    if not at:
        return False
    other = together[int(rng.integers(at))]
    priority = draft.priority
    priority[task], priority[other] = priority[other], priority[task]
    return True


def free(draft: Draft, task: int, rng: np.random.Generator) -> bool:
    """All tasks of the task's worker become flexible."""
    together = _together(draft, task)
    if draft.assignment[task] is None:
        return False
    draft.flexible_mb = draft.flexible_mb or draft.size_near(task)
    for each in together:
        draft.assignment[each] = None
    return True


def bind(draft: Draft, task: int, rng: np.random.Generator) -> bool:
    """A flexible task and those that flexibly follow it, each by its first such child, get a worker of their own."""
    if draft.assignment[task] is not None:
        return False
    worker = draft.open(draft.size_near(task))
    following: int | None = task
    while following is not None:
        draft.assignment[following] = worker
        children = draft.space.children[following]
        following = next((child for child in children if draft.assignment[child] is None), None)
    return True


MOVES: tuple[Move, ...] = (
    join, join, join, merge, merge, split, split, swap, deal,
    resize, resize_alike, resize_all, level, turn, hasten, free, bind,
)  # fmt: skip
"""As often as they are in it they are tried."""


def _resize_all(draft: Draft, workers: list[int], flexible: bool, steps: int) -> None:
    for worker in workers:
        draft.resize(worker, steps)
    if flexible:
        draft.resize_flexible(steps)


def _together(draft: Draft, task: int) -> list[int]:
    """The tasks of the task's worker by priority; of a flexible one itself alone."""
    worker = draft.assignment[task]
    return [task] if worker is None else draft.tasks_of(worker)


def _elsewhere(draft: Draft, task: int, rng: np.random.Generator) -> int | None:
    """A neighbour on another worker, None if there is none."""
    here = draft.assignment[task]
    others = [near for near in draft.space.near(task) if draft.assignment[near] != here]
    return others[int(rng.integers(len(others)))] if others else None


def _steps(rng: np.random.Generator) -> int:
    return (-2, -1, 1, 2)[int(rng.integers(4))]
