"""Where to look first: the chain of tasks that a plan's makespan hangs on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planners.evaluator import Evaluator, Observation
from planners.plan import Plan

RUNS = 2
"""Observed of each plan."""


@dataclass(frozen=True, eq=False)
class Focus:
    """What was seen of a plan."""

    plan: Plan
    """Bare."""
    observation: Observation
    critical: tuple[int, ...]
    """Tasks, the last one first; none if the run failed."""


def focus_on(plan: Plan, parents: Sequence[Sequence[int]], evaluator: Evaluator) -> Focus:
    """Watch a few runs of `plan`; the chain is that of the first."""
    observation = evaluator.observe(plan, runs=RUNS)
    return Focus(plan, observation, _chain(plan, parents, observation))


def _chain(plan: Plan, parents: Sequence[Sequence[int]], seen: Observation) -> tuple[int, ...]:
    """From the last task back to whatever it had to wait for longest: a parent, or its worker's task before."""
    starts_s, ends_s, committed_s = seen.starts_s[0], seen.ends_s[0], seen.committed_s[0]
    if seen.evaluation.n_failed or np.isnan(committed_s).any():
        return ()
    before = _before(plan, starts_s.tolist())
    task: int | None = int(np.argmax(committed_s))
    chain: list[int] = []
    while task is not None:
        chain.append(task)
        waits = [(float(committed_s[parent]), parent) for parent in parents[task]]
        earlier = before[task]
        if earlier is not None and ends_s[earlier] <= starts_s[task]:
            waits.append((float(ends_s[earlier]), earlier))
        task = max(waits)[1] if waits else None
    return tuple(chain)


def _before(plan: Plan, starts_s: Sequence[float]) -> list[int | None]:
    """Per task the one that its worker began before it."""
    before: list[int | None] = [None] * plan.n_tasks
    last: dict[int, int] = {}
    for task in sorted(range(plan.n_tasks), key=lambda task: (starts_s[task], task)):
        worker = plan.assignment[task]
        if worker is not None:
            before[task] = last.get(worker)
            last[worker] = task
    return before
