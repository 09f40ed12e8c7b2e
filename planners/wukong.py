"""WUKONG's plan: nobody is assigned, executors find their way down the graph.

Carver, Zhang, Wang, Anwar, Wu, Cheng, SoCC 2020. What flexible workers do (continue with one ready child,
invoke others for the rest, leave a fan-in to its last parent) is the worker's default; clustering and
delayed I/O are optimizations, each a switch of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from planners.evaluator import Evaluator
from planners.plan import Plan
from planners.planner import Planner
from planners.ranks import priorities
from planners.sizing import SizeMb, one_size_mb
from platforms import Platform
from workloads import Workflow


@dataclass(frozen=True)
class Wukong(Planner):
    """Flexible workers only: whoever makes a task ready runs it or invokes a fresh worker for it."""

    name: ClassVar[str] = "wukong"

    size_mb: SizeMb = None

    def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        """All tasks flexible, in the order in which the leaf schedules, one by one, first name them."""
        size_mb, notes = one_size_mb(workflow, platform, self.size_mb)
        return Plan(
            planner=str(self),
            workflow=workflow.fingerprint,
            workers=(),
            assignment=(None,) * workflow.n_tasks,
            flexible_mb=size_mb,
            priority=priorities(_depth_first(workflow, workflow.roots.tolist()), workflow.n_tasks),
            notes=notes,
        )


def leaf_schedules(workflow: Workflow) -> Iterator[tuple[int, ...]]:
    """WUKONG's static schedules: per leaf (a task without parents), all it reaches, depth first.

    They overlap, and together may be far larger than the workflow; so one at a time.
    """
    for leaf in workflow.roots.tolist():
        yield tuple(_depth_first(workflow, [leaf]))


def _depth_first(workflow: Workflow, leaves: list[int]) -> Iterator[int]:
    """Every task the leaves reach, once, a child of lower index with all below it before the next child.

    From several leaves: their schedules one after another, without what was named before. For all that a task
    reaches is named with it, so behind a named task lies nothing new.
    """
    children = workflow.children.tuples()
    named = [False] * workflow.n_tasks
    stack = leaves[::-1]
    while stack:
        task = stack.pop()
        if not named[task]:
            named[task] = True
            yield task
            stack.extend(reversed(children[task]))
