"""Mixing: a plan that has some workers of one plan and the rest of another."""

from __future__ import annotations

import numpy as np

from planners.plan import Plan
from planners.search.draft import Draft
from planners.search.space import Space


def mixed(space: Space, one: Plan, other: Plan, rng: np.random.Generator) -> Plan | None:
    """`one` with about half of the workers of `other`, which take their tasks along; None if it cannot be run.

    Flexible tasks of `other` go one by one. Priorities are those of either, orders and prewarms those of `one`.
    """
    draft = Draft(space, one)
    taken = rng.random(len(other.workers)) < 0.5
    opened = {
        worker: draft.open(other.workers[worker].memory_mb, hold=other.workers[worker].hold)
        for worker in np.flatnonzero(taken).tolist()
    }
    freed = rng.random(one.n_tasks) < 0.5
    for task, worker in enumerate(other.assignment):
        if worker in opened:
            draft.assignment[task] = opened[worker]
        elif worker is None and freed[task]:
            draft.assignment[task] = None
    draft.flexible_mb = draft.flexible_mb or other.flexible_mb
    if rng.integers(2):
        draft.priority = list(other.priority)
    return draft.plan()
