"""Planners that behave badly, to see that they stop nobody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import msgspec

from planners.evaluator import Evaluator
from planners.one_per_task import OnePerTask
from planners.plan import Plan
from planners.planner import Planner
from platforms import Platform
from workloads import Fault, InvalidInput, Workflow
from workloads.parameters import Figure


@dataclass(frozen=True)
class Broken(Planner):
    """Has a bug."""

    name: ClassVar[str] = "broken"

    def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        raise ZeroDivisionError("a bug")


@dataclass(frozen=True)
class Refusing(Planner):
    """Finds no plan."""

    name: ClassVar[str] = "refusing"

    def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        raise InvalidInput([Fault("planner", "tasks", workflow.n_tasks, "fewer")])


@dataclass(frozen=True)
class Foreign(Planner):
    """Plans for another workflow."""

    name: ClassVar[str] = "foreign"

    def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        return msgspec.structs.replace(OnePerTask().plan(workflow, platform), workflow="none")


@dataclass(frozen=True)
class Searching(Planner):
    """Takes the cheaper of two sizes by trying them out."""

    name: ClassVar[str] = "searching"

    other_mb: Annotated[int, Figure("the other size", "MB", least=1)] = 3538

    def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        assert evaluator is not None
        plans = [OnePerTask(size).plan(workflow, platform) for size in (1769, self.other_mb)]
        return min(plans, key=lambda plan: float(evaluator.evaluate(plan).costs_usd.mean()))
