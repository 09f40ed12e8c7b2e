"""WUKONG's plan: nobody is assigned, executors find their way down the graph.

Carver, Zhang, Wang, Anwar, Wu, Cheng, SoCC 2020, and github.com/ds2-lab/Wukong. What flexible workers do (continue with
one ready child, invoke others for the rest, leave a fan-in to its last parent) is the worker's default. Task clustering
and delayed I/O stand in the plan's orders, as WUKONG has them: by size alone, without asking whether they help. To have
them only where they do, turn them off here and name them among the `optimizations`.

Of several ready children a worker goes on with the first, as there: so the order of a workflow's tasks decides
something here, and in what begins with this plan.

Two of WUKONG's parts have no counterpart: its proxy, a server that calls for large fan-outs, and the processes that
call the roots. With `max_task_fanout` (WUKONG: 10) workers that are called help calling instead, which costs their
start first; so it is off by default, and the platform's number of callers counts. How long WUKONG sleeps between two
looks at a join, and how often, is not among its documented parameters (never for more than 10 s); and where two parents
of a join are big, both sleep until they are out of patience. So by default the ledger tells them, which makes the best
of WUKONG.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from planners.evaluator import Evaluator
from planners.horizon import LONGEST_S
from planners.orders import DelayIO, Orders
from planners.plan import Plan
from planners.planner import Planner
from planners.ranks import priorities
from planners.sizing import SizeMb, one_size_mb
from platforms import Platform
from workloads import Workflow
from workloads.parameters import Figure


@dataclass(frozen=True)
class Wukong(Planner):
    """Flexible workers only: whoever makes a task ready runs it or invokes a fresh worker for it."""

    name: ClassVar[str] = "wukong"

    size_mb: SizeMb = None
    big_task_bytes: Annotated[int, Figure("output from which on a task is big: clustered, and held back", "B")] = (
        200_000_000
    )
    cluster: Annotated[bool, Figure("whether who ran a big task goes on with all that is ready for it", "")] = True
    delay_io: Annotated[bool, Figure("whether outputs of big tasks are held back for joins", "")] = True
    patience_s: Annotated[float, Figure("how long they are held back at most", "s", least=0.001, most=LONGEST_S)] = 10.0
    retry_s: Annotated[
        float | None,
        Figure("sleep between looks at a join, times the number of looks; none = the ledger tells", "s", least=0.001),
    ] = None
    max_task_fanout: Annotated[
        int | None, Figure("with more calls to make, those called help; none = nobody does", "calls", least=1)
    ] = None

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
            orders=self._orders(workflow),
            notes=notes,
        )

    def _orders(self, workflow: Workflow) -> Orders:
        """What it asks for; nothing about big tasks where there are none."""
        outputs = workflow.outputs
        made_bytes = np.bincount(outputs.keys, workflow.object_bytes[outputs.indices], outputs.n_rows)
        is_big = bool(made_bytes.max(initial=0.0) >= self.big_task_bytes)
        threshold = self.big_task_bytes if self.cluster and is_big else None
        delay = DelayIO(self.big_task_bytes, self.patience_s, self.retry_s) if self.delay_io and is_big else None
        return Orders(
            cluster_fan_out_bytes=threshold,
            cluster_fan_in_bytes=threshold,
            delay_io=delay,
            fan_out_helpers=self.max_task_fanout,
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
