"""A worker for every task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from planners.estimate import Estimate
from planners.evaluator import Evaluator
from planners.fixed import fixed_plan
from planners.plan import Plan
from planners.planner import Planner
from planners.sizing import SizeMb, one_size_mb
from platforms import Platform
from workloads import Workflow


@dataclass(frozen=True)
class OnePerTask(Planner):
    """A worker of its own for every task: all the parallelism there is, every edge through the store.

    How most serverless workflows are run, and so the planner the others are compared with.
    """

    name: ClassVar[str] = "one-per-task"

    size_mb: SizeMb = None

    def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        """Worker `w{i}` runs task `i`."""
        size_mb, notes = one_size_mb(workflow, platform, self.size_mb)
        return fixed_plan(self, Estimate(workflow, platform, size_mb), range(workflow.n_tasks), notes)
