"""Invocation fan-out helper: those that are called first make a share of the other calls.

WUKONG (SoCC 2020) sends large fan-outs to a proxy that calls in parallel, and has roots called by parallel invokers. A
call takes its caller some time (50 ms in WUKONG's README), so calls one by one take long, and a tree of calls does not.

*Plan*: `Orders.fan_out_helpers`: with more calls than that to make, only so many are made, and the others are handed
over with them. About the square root of the calls is best where a start takes no longer than the calls do.
*Worker* (`executor/worker/tree.py`): a share travels with an invocation; the worker that is started makes these calls
first thing, beside its own work. It splits in turn what is more than it should make.
*Combination*: with anything.
*In vain*: who is called by a helper waits for that one's start. Calls by name of what was called already are redundant.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec
import numpy as np

from executor.records.operations import Kind, Outcome
from executor.records.run import Run
from optimizations.account import Account
from optimizations.optimization import Optimization
from planners.evaluator import Observation
from planners.plan import Plan
from platforms import Platform
from workloads import Fault, Workflow

_FEWEST_CALLS = 3


class FanOutHelper(Optimization):
    """A tree of calls."""

    name = "fan-out-helper"

    def is_on(self, plan: Plan) -> bool:
        """Whether those that are called help."""
        return plan.orders.fan_out_helpers is not None

    def off(self, plan: Plan) -> Plan:
        """The plan without it."""
        return _with(plan, None)

    def account(self, run: Run) -> Account:
        """Calls that helpers made, used where they started somebody; planned are those beyond so many at a time."""
        most = run.plan.orders.fan_out_helpers
        if most is None:
            return Account(0, 0, 0, 0)
        operations = run.operations
        calls = np.flatnonzero((operations["kind"] == Kind.INVOKE) & (operations["outcome"] == Outcome.DONE))
        helped = calls[_is_for_others(run, calls)]
        used = int(np.isin(helped, operations["cause"][operations["kind"] == Kind.START]).sum())
        planned = sum(max(0, n - most) for n in _batches(run.plan, run.workflow))
        unused = len(helped) - used
        return Account(max(planned, len(helped)), len(helped), used, unused, redundant=unused)

    def proposals(self, plan: Plan, workflow: Workflow, platform: Platform, observation: Observation) -> Iterator[Plan]:
        """By the largest number of calls somebody makes at once: its square root, twice that, half the calls."""
        most = max(_batches(plan, workflow), default=0)
        if most >= _FEWEST_CALLS:
            root = math.isqrt(most - 1) + 1
            for helpers in dict.fromkeys((root, 2 * root, math.ceil(most / 2))):
                if helpers < most:
                    yield _with(plan, helpers)

    def faults(self, plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
        """Nobody can be called by nobody."""
        helpers = plan.orders.fan_out_helpers
        if helpers is not None and helpers < 1:
            yield Fault("plan", "orders.fan_out_helpers", helpers, "at least 1 call of one's own")


def _with(plan: Plan, helpers: int | None) -> Plan:
    return msgspec.structs.replace(plan, orders=msgspec.structs.replace(plan.orders, fan_out_helpers=helpers))


def _batches(plan: Plan, workflow: Workflow) -> Iterator[int]:
    """How many workers are called at once: by the client, and after each task; some may be live already."""
    yield len({_worker(plan, task) for task in workflow.roots.tolist()})
    for task in range(workflow.n_tasks):
        children = workflow.children.row(task).tolist()
        alone = [child for child in children if len(workflow.parents.row(child)) == 1]
        called = {_worker(plan, child) for child in alone} - {_worker(plan, task)}
        yield len(called) - (plan.assignment[task] is None and any(plan.assignment[c] is None for c in alone))


def _worker(plan: Plan, task: int) -> tuple[bool, int]:
    worker = plan.assignment[task]
    return (True, task) if worker is None else (False, worker)


def _is_for_others(
    run: Run, calls: np.ndarray[tuple[int], np.dtype[np.intp]]
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which calls were made by a worker for a task of which it had run no parent."""
    operations, parents = run.operations, run.workflow.parents
    ran = operations["kind"] == Kind.EXECUTE
    done = set(zip(operations["invocation"][ran].tolist(), operations["task"][ran].tolist(), strict=True))
    callers, tasks = operations["invocation"][calls].tolist(), operations["task"][calls].tolist()
    return np.array(
        [
            caller >= 0 and not any((caller, parent) in done for parent in parents.row(task).tolist())
            for caller, task in zip(callers, tasks, strict=True)
        ],
        dtype=bool,
    )
