"""Preload: an input is fetched when it appears, not when the last one does.

*Plan*: `Orders.preload`, the tasks for which it is done. Of use to a task with several inputs that become visible at
different times, on a worker that is live before the last of them: one that holds, or runs something else meanwhile.
*Worker* (`executor/worker/news.py`): the ledger tells it of every parent of such a task that is committed, and it
fetches what that parent made at once. A worker that starts later fetches what is there when it subscribes.
*Combination*: with anything but `stream` on the same edge, whose data are not there yet when they are read.
*In vain*: nothing is fetched that the task does not read; but fetches share the instance's network with others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from executor.records.operations import Kind, Outcome
from executor.records.run import Run
from executor.records.table import Table
from optimizations.account import Account
from optimizations.optimization import Optimization
from planners.evaluator import Observation
from planners.plan import Plan
from platforms import Platform
from workloads import Fault, Workflow


class Preload(Optimization):
    """Inputs as they appear."""

    name = "preload"

    def is_on(self, plan: Plan) -> bool:
        """Whether the inputs of some task are fetched early."""
        return bool(plan.orders.preload)

    def off(self, plan: Plan) -> Plan:
        """The plan without it."""
        return msgspec.structs.replace(plan, orders=msgspec.structs.replace(plan.orders, preload=()))

    def account(self, run: Run) -> Account:
        """Fetches that began before the last parent of their task was committed; used if that task ran there."""
        operations, orders = run.operations, np.array(run.plan.orders.preload, dtype=np.int64)
        ready_s = _ready_s(run)
        fetched = (operations["kind"] == Kind.FETCH) & np.isin(operations["task"], orders)
        begin_ns = operations["begin_ns"] - run.submitted_ns
        early = fetched & (begin_ns < np.round(ready_s[operations["task"]] * 1e9))
        ran = (operations["kind"] == Kind.EXECUTE) & (operations["outcome"] == Outcome.DONE)
        used = early & np.isin(_places(operations, run), _places(operations, run)[ran])
        planned = sum(_inputs_elsewhere(run, task) for task in run.plan.orders.preload)
        applied, n_used = int(early.sum()), int(used.sum())
        return Account(planned, applied, n_used, applied - n_used)

    def proposals(self, plan: Plan, workflow: Workflow, platform: Platform, observation: Observation) -> Iterator[Plan]:
        """For every task that can wait with something to fetch; then for those alone that read what others made."""
        streamed = {stream.consumer for stream in plan.orders.stream}
        named = [task for task in range(workflow.n_tasks) if task not in streamed and plan.assignment[task] is not None]
        for given in (True, False):
            if tasks := tuple(task for task in named if _can_be_early(plan, workflow, task, given=given)):
                yield msgspec.structs.replace(plan, orders=msgspec.structs.replace(plan.orders, preload=tasks))

    def faults(self, plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
        """A flexible worker begins with its task complete: there is nothing it could fetch early."""
        streamed = {stream.consumer for stream in plan.orders.stream}
        for task, times in Counter(plan.orders.preload).items():
            name = workflow.task_names[task]
            if times > 1:
                yield Fault("plan", f"orders.preload[{name!r}]", times, "each task once")
            if plan.assignment[task] is None:
                yield Fault("plan", f"orders.preload[{name!r}]", "flexible", "a task of a named worker")
            if task in streamed:
                expected = "optimization preload or stream for the task, not both"
                yield Fault("plan", f"orders.preload[{name!r}]", "preload and stream", expected)


def _ready_s(run: Run) -> NDArray[np.float64]:
    """Per task, when the last of its parents was committed; in s since the submission."""
    parents = run.workflow.parents
    committed_s = np.full(run.workflow.n_tasks, np.nan)
    rows = run.operations["kind"] == Kind.EXECUTE
    committed_s[run.operations["task"][rows]] = run.tasks["committed_s"]
    ready_s = np.zeros(run.workflow.n_tasks)
    np.maximum.at(ready_s, parents.keys, np.nan_to_num(committed_s[parents.indices], nan=np.inf))
    return ready_s


def _places(operations: Table, run: Run) -> NDArray[np.int64]:
    """One number for each pair of task and invocation."""
    return np.asarray(operations["invocation"].astype(np.int64) * run.workflow.n_tasks + operations["task"])


def _inputs_elsewhere(run: Run, task: int) -> int:
    """Inputs that were made, or stand, elsewhere than on the task's worker."""
    assignment, producers = run.plan.assignment, run.workflow.object_producer
    makers = producers[run.workflow.inputs.row(task)].tolist()
    return sum(maker < 0 or assignment[maker] != assignment[task] for maker in makers)


def _can_be_early(plan: Plan, workflow: Workflow, task: int, *, given: bool) -> bool:
    """Whether some input can be there while another parent is awaited; ``given``: initial objects count as inputs."""
    parents = workflow.parents.row(task).tolist()
    elsewhere = sum(plan.assignment[parent] != plan.assignment[task] for parent in parents)
    initial = given and bool((workflow.object_producer[workflow.inputs.row(task)] < 0).any())
    return bool(parents) and (initial or (elsewhere > 0 and len(parents) > 1))
