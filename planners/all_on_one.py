"""One worker for everything."""

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
class AllOnOne(Planner):
    """One worker for all tasks: one start, no transfer between tasks, no more parallelism than its slots.

    Beyond the platform's maximum duration it is killed on its way, and `planners.check` says so.
    """

    name: ClassVar[str] = "all-on-one"

    size_mb: SizeMb = None

    def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        """Worker `w0` runs everything, the longest path to the end first."""
        size_mb, notes = one_size_mb(workflow, platform, self.size_mb)
        return fixed_plan(self, Estimate(workflow, platform, size_mb), (0,) * workflow.n_tasks, notes)
