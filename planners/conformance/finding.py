"""`Finding`: a promise that a planner does not keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from planners.evaluator import Evaluator
from planners.plan import Plan
from planners.planner import Planner
from platforms import Platform
from workloads import Workflow

EvaluatorOf: TypeAlias = Callable[[Workflow, Platform], Evaluator]
"""Makes an evaluator for a workflow on a platform, always with the same luck."""


@dataclass(frozen=True)
class Finding:
    """What a planner did, and what it should have done."""

    promise: str
    case: str
    """The workflow, or what was changed."""
    what: str

    def __str__(self) -> str:
        return f"{self.promise}, {self.case}: {self.what}"


@dataclass(frozen=True)
class Case:
    """A planner with something to plan."""

    planner: Planner
    workflow: Workflow
    platform: Platform
    evaluator_of: EvaluatorOf

    @cached_property
    def first_plan(self) -> Plan:
        """Its plan, made once."""
        return self.plan()

    def plan(self, planner: Planner | None = None, workflow: Workflow | None = None) -> Plan:
        """Its plan, or that of another planner or for another workflow, each with an evaluator of its own."""
        workflow = workflow or self.workflow
        return (planner or self.planner).plan(workflow, self.platform, self.evaluator_of(workflow, self.platform))

    def finding(self, promise: str, what: str) -> Finding:
        """A finding in this case."""
        n = self.workflow.n_tasks
        return Finding(promise, f"{self.workflow.name} of {n} task{'' if n == 1 else 's'}", what)
