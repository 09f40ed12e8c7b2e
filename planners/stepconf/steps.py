"""Steps of a workflow, what they can be given, and the plan that gives it to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planners.evaluator import Observation
from planners.levels import depths
from planners.plan import Plan, PlannedWorker
from platforms import Platform
from workloads import Workflow

MOST_STEPS = 6
"""More levels than that are parted into so many steps, each of levels in a row."""


@dataclass(frozen=True)
class Configuration:
    """What the workers of a step are given."""

    memory_mb: int
    tasks_each: int
    """Tasks of a level on one worker: parallelism inside of it instead of between workers."""


class Steps:
    """A workflow parted into steps."""

    def __init__(self, workflow: Workflow, platform: Platform, planner: str, priority: tuple[int, ...]) -> None:
        self._workflow, self._planner, self._priority = workflow, planner, priority
        self._slots = platform.slots
        level = depths(workflow)
        n_levels = max(level) + 1
        self.n = min(n_levels, MOST_STEPS)
        self._step_of_level = [each * self.n // n_levels for each in range(n_levels)]
        self.step_of = [self._step_of_level[each] for each in level]
        """Per task, its step."""
        self._levels: list[list[int]] = [[] for _ in range(n_levels)]
        for task in sorted(range(workflow.n_tasks), key=priority.__getitem__):
            self._levels[level[task]].append(task)

    def configurations(self, ladder: Sequence[int]) -> tuple[Configuration, ...]:
        """Each size with a task a worker, and with as many as it runs at once, if some level has so many."""
        widest = max(map(len, self._levels))
        return tuple(
            Configuration(size_mb, tasks_each)
            for size_mb in ladder
            for tasks_each in sorted({1, min(self._slots(size_mb), widest)})
        )

    def plan(self, chosen: Sequence[Configuration]) -> Plan:
        """The plan that gives each step what was chosen for it."""
        assignment = [0] * self._workflow.n_tasks
        workers: list[PlannedWorker] = []
        for tasks, step in zip(self._levels, self._step_of_level, strict=True):
            for group in _cut(tasks, chosen[step].tasks_each):
                for task in group:
                    assignment[task] = len(workers)
                workers.append(PlannedWorker(f"w{len(workers)}", chosen[step].memory_mb))
        return Plan(
            planner=self._planner,
            workflow=self._workflow.fingerprint,
            workers=tuple(workers),
            assignment=tuple(assignment),
            flexible_mb=None,
            priority=self._priority,
        )

    def ends_s(self, observation: Observation) -> NDArray[np.float64]:
        """Of shape (runs, steps): when the last task of each step and of those before it was committed."""
        committed_s = observation.committed_s
        step_of = np.array(self.step_of)
        last_s = np.stack([committed_s[:, step_of == step].max(axis=1) for step in range(self.n)], axis=1)
        return np.asarray(np.maximum.accumulate(last_s, axis=1))

    def costs_usd(self, plan: Plan, observation: Observation, platform: Platform) -> NDArray[np.float64]:
        """Per step, what the instances of its workers cost on average, from up to left, and starts where billed."""
        lives_s = np.nanmean(observation.left_s - observation.up_s, axis=0)
        if platform.prices.bill_init:
            inits_s = [_init_s(platform, worker.memory_mb) for worker in plan.workers]
            lives_s = lives_s + observation.is_cold.mean(axis=0) * np.array(inits_s)
        prices = np.array([platform.prices.usd_per_s(worker.memory_mb) for worker in plan.workers])
        step_of = np.zeros(len(plan.workers), dtype=np.int64)
        step_of[np.array(plan.assignment)] = self.step_of
        each_usd = lives_s * prices + platform.prices.usd_per_invocation
        costs_usd = np.zeros(self.n)
        np.add.at(costs_usd, step_of, each_usd)
        return costs_usd


def _init_s(platform: Platform, memory_mb: int) -> float:
    init, package_s = platform.start.init_of(memory_mb)
    return init.mean_s + package_s


def _cut(tasks: Sequence[int], length: int) -> Iterator[Sequence[int]]:
    for begin in range(0, len(tasks), length):
        yield tasks[begin : begin + length]
