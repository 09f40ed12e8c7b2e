"""Criticality: on whose shoulders the makespan rests, read off simulated runs.

A task began when it did because something ended last: a parent, the task before it on its worker, or the start of its
worker. Followed backwards from the last commit, that is the run's critical path; a task's criticality is the share of
runs on whose path it is.
"""

from __future__ import annotations

import math
from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from planners.evaluator import Observation
from planners.plan import Plan
from workloads import Workflow

_SAME_INSTANT_S = 1e-9


def critical_tasks(workflow: Workflow, plan: Plan, observation: Observation) -> NDArray[np.float64]:
    """Per task, the share of the runs that did not fail on whose critical path it is; 0 for all if none did not."""
    return _shares(workflow, plan, observation, by_workers=True)


def awaited_tasks(workflow: Workflow, plan: Plan, observation: Observation) -> NDArray[np.float64]:
    """The same where a task follows its parents alone: what stood before it on its worker could stand elsewhere."""
    return _shares(workflow, plan, observation, by_workers=False)


def critical_workers(workflow: Workflow, plan: Plan, observation: Observation) -> list[float]:
    """Per worker, the highest criticality of its tasks."""
    shares = critical_tasks(workflow, plan, observation).tolist()
    return [max(shares[task] for task in tasks) for tasks in plan.tasks_by_worker()]


def _shares(workflow: Workflow, plan: Plan, observation: Observation, *, by_workers: bool) -> NDArray[np.float64]:
    shares = np.zeros(workflow.n_tasks)
    whole = [run for run, failure in enumerate(observation.evaluation.failures) if failure is None]
    for run in whole:
        shares[_path(workflow, plan, observation, run, by_workers)] += 1 / len(whole)
    return shares


def _path(workflow: Workflow, plan: Plan, observation: Observation, run: int, by_workers: bool) -> list[int]:
    ends_s: list[float] = observation.ends_s[run].tolist()
    starts_s: list[float] = observation.starts_s[run].tolist()
    committed_s: list[float] = observation.committed_s[run].tolist()
    before = _Before(workflow, plan, ends_s)
    parents = workflow.parents.tuples()
    last_s = max(each for each in committed_s if not math.isnan(each))
    task = [each for each in workflow.topological_order.tolist() if committed_s[each] == last_s][-1]
    path = [task]
    while True:
        home = plan.assignment[task]
        found = [
            (ends_s[each] if home is not None and plan.assignment[each] == home else committed_s[each], -each)
            for each in parents[task]
        ]
        previous = before.of(task, starts_s[task]) if by_workers else None
        if previous is not None:
            found.append((ends_s[previous], -previous))
        if not found:
            return path
        task = -max(found)[1]
        path.append(task)


class _Before:
    """Which task of the same worker ended last before a moment; of tasks that end together, parents before children."""

    def __init__(self, workflow: Workflow, plan: Plan, ends_s: list[float]) -> None:
        self._assignment = plan.assignment
        depth = {task: place for place, task in enumerate(workflow.topological_order.tolist())}
        self._tasks = [sorted(tasks, key=lambda task: (ends_s[task], depth[task])) for tasks in plan.tasks_by_worker()]
        self._ends_s = [[ends_s[task] for task in tasks] for tasks in self._tasks]
        self._place = {task: place for tasks in self._tasks for place, task in enumerate(tasks)}

    def of(self, task: int, start_s: float) -> int | None:
        home = self._assignment[task]
        if home is None:
            return None
        before = bisect_right(self._ends_s[home], start_s + _SAME_INSTANT_S)
        place = min(before, self._place[task]) - 1  # not itself, though it took no time at all
        return self._tasks[home][place] if place >= 0 else None
