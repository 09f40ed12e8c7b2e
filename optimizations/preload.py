"""Preload: an input is fetched when it appears, not when the last one does.

*Plan*: `Orders.preload`, the tasks for which it is done. Of use to a task with several inputs that become visible at
different times, on a worker that is live before the last of them: one that holds, or runs something else meanwhile.
*Worker* (`executor/worker/news.py`): the ledger tells it of every parent of such a task that is committed, and it
fetches what that parent made at once. A worker that starts later fetches what is there when it subscribes.
*Combination*: with anything but `stream` on the same edge, whose data are not there yet when they are read.
*In vain*: nothing is fetched that the task does not read; but fetches share the instance's network with others.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from planners.evaluator import Observation
from planners.plan import Plan
from planners.switch import Switch
from platforms import Platform
from workloads import Fault, Workflow


class Preload(Switch):
    """Inputs as they appear."""

    name = "preload"

    def is_on(self, plan: Plan) -> bool:
        """Whether the inputs of some task are fetched early."""
        return bool(plan.orders.preload)

    def proposals(
        self, plan: Plan, workflow: Workflow, platform: Platform, observation: Observation
    ) -> Iterator[Plan]:
        """For every task that can wait for several parents elsewhere."""
        tasks = tuple(task for task in range(workflow.n_tasks) if _parents_elsewhere(plan, workflow, task) > 1)
        if tasks:
            yield msgspec.structs.replace(plan, orders=msgspec.structs.replace(plan.orders, preload=tasks))

    def faults(self, plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
        """A flexible worker begins with its task complete: there is nothing it could fetch early."""
        streamed = {stream.consumer for stream in plan.orders.stream}
        for task in plan.orders.preload:
            name = workflow.task_names[task]
            if plan.assignment[task] is None:
                yield Fault("plan", f"orders.preload[{name!r}]", "flexible", "a task of a named worker")
            if task in streamed:
                expected = "optimization preload or stream for the task, not both"
                yield Fault("plan", f"orders.preload[{name!r}]", "preload and stream", expected)


def _parents_elsewhere(plan: Plan, workflow: Workflow, task: int) -> int:
    home = plan.assignment[task]
    if home is None:
        return 0
    return sum(plan.assignment[parent] != home for parent in workflow.parents.row(task).tolist())
