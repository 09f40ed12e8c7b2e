"""Stages: tasks of one function at one depth, sized and bundled together; and the plan that comes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from planners.levels import depths
from planners.plan import Plan, PlannedWorker
from workloads import Workflow


class Stages:
    """A workflow as stages, numbered by depth, then by the place of their first task in the `priority`."""

    def __init__(self, workflow: Workflow, planner: str, priority: tuple[int, ...]) -> None:
        self.workflow, self._planner, self._priority = workflow, planner, priority
        self.depth = depths(workflow)
        keys = list(zip(self.depth, workflow.task_function.tolist(), strict=True))
        found: dict[tuple[int, int], list[int]] = {}
        for task in sorted(range(workflow.n_tasks), key=lambda task: (self.depth[task], priority[task])):
            found.setdefault(keys[task], []).append(task)
        self.tasks = list(found.values())
        """Per stage, its tasks by priority, the order in which they are bundled."""
        number = {key: stage for stage, key in enumerate(found)}
        self.stage_of = [number[key] for key in keys]
        """Per task, its stage."""
        self.function = [function for _, function in found]
        """Per stage, the code it runs."""
        self.parents = self._parents()
        """Per stage, the stages that its tasks wait for; all of lower number."""

    @property
    def n(self) -> int:
        """How many stages there are."""
        return len(self.tasks)

    def plan(self, sizes_mb: Sequence[int], bundles: Mapping[int, int], largest_mb: int) -> Plan:
        """A worker for each task, of its stage's size; of bundled stages, for so many tasks one so much larger."""
        assignment = [0] * self.workflow.n_tasks
        workers: list[PlannedWorker] = []
        for stage, tasks in enumerate(self.tasks):
            bundle = bundles.get(stage, 1)
            memory_mb = min(sizes_mb[stage] * bundle, largest_mb)
            for group in _cut(tasks, bundle):
                for task in group:
                    assignment[task] = len(workers)
                workers.append(PlannedWorker(f"w{len(workers)}", memory_mb))
        return Plan(
            planner=self._planner,
            workflow=self.workflow.fingerprint,
            workers=tuple(workers),
            assignment=tuple(assignment),
            flexible_mb=None,
            priority=self._priority,
        )

    def floor_mb(self, stage: int) -> float:
        """The largest memory floor of a stage's tasks."""
        return float(self.workflow.memory_mb[self.tasks[stage]].max())

    def groups(self, most: int) -> list[list[int]]:
        """Stages sized together: each alone, if there are at most so many; else by function; else neighbours."""
        if self.n <= most:
            return [[stage] for stage in range(self.n)]
        by_function: dict[int, list[int]] = {}
        for stage, function in enumerate(self.function):
            by_function.setdefault(function, []).append(stage)
        groups = list(by_function.values())
        if len(groups) <= most:
            return groups
        return [[stage for stage in range(self.n) if stage * most // self.n == i] for i in range(most)]

    def _parents(self) -> list[list[int]]:
        parents: list[set[int]] = [set() for _ in self.tasks]
        edges = self.workflow.parents
        for task, parent in zip(edges.keys.tolist(), edges.indices.tolist(), strict=True):
            parents[self.stage_of[task]].add(self.stage_of[parent])
        return [sorted(each) for each in parents]


def _cut(tasks: Sequence[int], length: int) -> Iterator[Sequence[int]]:
    for begin in range(0, len(tasks), length):
        yield tasks[begin : begin + length]
