"""Asynchronous upload: publishing goes on in the background of the consumers' start.

*Plan*: `Orders.call_early`. A worker that is called only when the last of its inputs is published starts too late by as
long as that takes: it is called when the parent expected to end last has run, so that its start and the upload overlap;
or a while before that, where its start takes longer: as late as it can, for a worker that waits is billed.
*Worker* (`executor/worker/early.py`): invokes the other, once, with nothing handed over; that one declares itself live,
and is told of its tasks like a worker that holds.
*Combination*: with anything. A prewarm for the same start is of no use. The worker must hold: one that releases would
leave at once.
*In vain*: a worker that was called already is not called again; one that has to wait longer than expected is billed.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from executor.records.operations import Kind
from executor.records.run import Run
from optimizations.account import Account
from optimizations.optimization import Optimization
from planners.evaluator import Observation
from planners.horizon import LONGEST_S
from planners.orders import EarlyCall
from planners.plan import Plan
from platforms import Platform
from workloads import Fault, Workflow

_STEP_S = 0.001


class AsyncUpload(Optimization):
    """Workers called while their inputs are published."""

    name = "async-upload"

    def is_on(self, plan: Plan) -> bool:
        """Whether somebody is called early."""
        return bool(plan.orders.call_early)

    def off(self, plan: Plan) -> Plan:
        """The plan without it."""
        return _with(plan, ())

    def account(self, run: Run) -> Account:
        """Calls that were made before what they were for was ready; used if the worker started by it ran something.

        Redundant are those that met a worker called before.
        """
        operations = run.operations
        ready_ns = _ready_ns(run)
        calls = np.flatnonzero(operations["kind"] == Kind.INVOKE)
        early = calls[operations["begin_ns"][calls] < ready_ns[operations["task"][calls]]]
        starts = np.flatnonzero(operations["kind"] == Kind.START)
        caused = starts[np.isin(operations["cause"][starts], early)]
        working = np.unique(run.tasks["invocation"][run.tasks["counts"]])
        used = int(np.isin(operations["invocation"][caused], working).sum())
        planned = len(run.plan.orders.call_early)
        return Account(planned, len(early), used, len(early) - used, redundant=len(early) - len(caused))

    def proposals(self, plan: Plan, workflow: Workflow, platform: Platform, observation: Observation) -> Iterator[Plan]:
        """As late as may be, for all it can help; when the last parent has run; the half where that is of most use."""
        found = sorted(_candidates(plan, workflow, platform, observation), key=lambda each: (-each.gain_s, each.worker))
        if found:
            timed = tuple(EarlyCall(each.task, each.worker, each.after_s) for each in found)
            plain = tuple(EarlyCall(each.task, each.worker) for each in found)
            yield _with(plan, timed)
            yield _with(plan, plain)
            yield _with(plan, timed[: math.ceil(len(timed) / 2)])

    def faults(self, plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
        """Calls for workers that are called from the start, or that would leave again at once."""
        roots = {plan.assignment[task] for task in range(workflow.n_tasks) if not workflow.parents.row(task).size}
        asked = Counter((order.task, order.worker) for order in plan.orders.call_early)
        for order in plan.orders.call_early:
            task, worker = workflow.task_names[order.task], plan.workers[order.worker]
            field = f"orders.call_early[{task!r}, {worker.name!r}]"
            if plan.assignment[order.task] == order.worker:
                yield Fault("plan", field, worker.name, "a worker other than the task's own")
            if not worker.hold:
                yield Fault("plan", field, "released", "a worker that holds, or it would leave again at once")
            if order.worker in roots:
                yield Fault(
                    "plan", field, worker.name, "a worker without a first task, which is called at the beginning"
                )
            if order.after_s is not None and not 0 <= order.after_s <= LONGEST_S:
                yield Fault("plan", f"{field}.after_s", order.after_s, f"seconds from 0 to {LONGEST_S:g}, or none")
            if asked[order.task, order.worker] > 1:
                yield Fault("plan", field, asked[order.task, order.worker], "one call")


class _Candidate(NamedTuple):
    """A worker that could be called early, on account of which task, when, and how much sooner it would then be up."""

    worker: int
    task: int
    after_s: float | None
    gain_s: float


def _with(plan: Plan, calls: tuple[EarlyCall, ...]) -> Plan:
    return msgspec.structs.replace(plan, orders=msgspec.structs.replace(plan.orders, call_early=calls))


def _candidates(plan: Plan, workflow: Workflow, platform: Platform, observation: Observation) -> Iterator[_Candidate]:
    """Workers that hold and are not called before a parent elsewhere is committed, as it was in most runs."""
    ends_s, begins_s, committed_s, called_s, up_s = (
        median_s(times)
        for times in (
            observation.ends_s,
            observation.starts_s,
            observation.committed_s,
            observation.called_s,
            observation.up_s,
        )
    )
    call_s, told_s = platform.invocation.call_s.mean_s, platform.ledger.notify_s.mean_s
    for worker, tasks in enumerate(plan.tasks_by_worker()):
        task = _last_parent(plan, workflow, worker, tasks, committed_s)
        if task is None or not plan.workers[worker].hold or np.isnan(called_s[worker]):
            continue
        start_s = call_s + up_s[worker] - called_s[worker] + platform.ledger.request_s.mean_s
        call_at_s = committed_s[task] + told_s - start_s
        gain_s = min(start_s, committed_s[task] - min(ends_s[task], max(call_at_s, begins_s[task])))
        if gain_s > _STEP_S:
            after_s = None if call_at_s >= ends_s[task] else rounded_s(max(0.0, call_at_s - begins_s[task]))
            yield _Candidate(worker, task, after_s, float(gain_s))


def _last_parent(
    plan: Plan, workflow: Workflow, worker: int, tasks: Sequence[int], committed_s: NDArray[np.float64]
) -> int | None:
    """The last parent of the first task to be ready of those that a worker may be called for; None if one is a root."""
    parents = {task: workflow.parents.row(task).tolist() for task in tasks}
    if not all(parents.values()):
        return None
    entries = [task for task in tasks if all(plan.assignment[parent] != worker for parent in parents[task])]
    last = [max(parents[task], key=lambda parent: (committed_s[parent], parent)) for task in entries]
    first = min(last, key=lambda parent: (committed_s[parent], parent))
    return None if np.isnan(committed_s[first]) else first


def median_s(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Per column its median, NaN where a run does not tell."""
    return np.asarray(np.median(times, axis=0))


def rounded_s(seconds: float) -> float:
    """Down to whole milliseconds."""
    return round(math.floor(seconds / _STEP_S) * _STEP_S, 3)


def _ready_ns(run: Run) -> NDArray[np.int64]:
    """Per task, when the last of its parents was committed; the end of time if one was not, 0 for a root."""
    parents = run.workflow.parents
    never = np.iinfo(np.int64).max
    committed_ns = np.full(run.workflow.n_tasks, never)
    rows = run.operations["kind"] == Kind.EXECUTE
    done_s = run.tasks["committed_s"]
    known = ~np.isnan(done_s)
    done_ns = run.submitted_ns + np.round(done_s[known] * 1e9).astype(np.int64)
    committed_ns[run.operations["task"][rows][known]] = done_ns
    ready_ns = np.zeros(run.workflow.n_tasks, dtype=np.int64)
    np.maximum.at(ready_ns, parents.keys, committed_ns[parents.indices])
    return ready_ns
