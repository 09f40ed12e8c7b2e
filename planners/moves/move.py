"""`Move`: what every move is, and what all of them know of a plan."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import cached_property

from planners.criticality import awaited_tasks, critical_tasks
from planners.evaluator import Observation
from planners.plan import Plan
from platforms import Platform
from workloads import Workflow

SURE = 0.5
"""What is on the critical path in so many of the runs is taken to be critical."""


class Scene:
    """A plan, and what happened under it."""

    def __init__(
        self, plan: Plan, workflow: Workflow, platform: Platform, observation: Observation, ladder: Sequence[int]
    ) -> None:
        self.plan, self.workflow, self.platform, self.observation = plan, workflow, platform, observation
        self.ladder = ladder
        """The sizes to choose from, ascending."""

    @cached_property
    def criticality(self) -> list[float]:
        """Per task, the share of runs on whose critical path it is."""
        return list(critical_tasks(self.workflow, self.plan, self.observation).tolist())

    @cached_property
    def critical_path(self) -> list[int]:
        """The tasks on the chain of parents that ends last, in topological order; not who is in their way."""
        awaited = awaited_tasks(self.workflow, self.plan, self.observation)
        return [task for task in self.workflow.topological_order.tolist() if awaited[task] >= SURE]

    @cached_property
    def tasks_of(self) -> tuple[tuple[int, ...], ...]:
        """Per worker, its tasks."""
        return self.plan.tasks_by_worker()

    @cached_property
    def output_bytes(self) -> list[int]:
        """Per task, the bytes of all it makes."""
        totals = [0] * self.workflow.n_tasks
        outputs = self.workflow.outputs
        for task, made in zip(outputs.keys.tolist(), outputs.indices.tolist(), strict=True):
            totals[task] += int(self.workflow.object_bytes[made])
        return totals


class Move(ABC):
    """One way to change a plan."""

    @abstractmethod
    def proposals(self, scene: Scene) -> Iterator[Plan]:
        """Changed plans, the most promising first; whoever asks takes as many as there is time for."""
