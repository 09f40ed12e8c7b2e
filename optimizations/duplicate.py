"""Task duplication: who waits for a short task of another worker runs it, too.

*Plan*: `Orders.duplicate`: which task, for which consumer, after how much patience. Of use where simulation shows the
consumer's worker waiting for that task alone, with nothing else to do, longer than fetching what it reads, running it
here and publishing it would take: a short task with small inputs, behind something long, or a straggler. Its inputs,
made anywhere, are put into the store for that; a consumer on the task's own worker reads what was committed.
*Worker* (`executor/worker/duplicates.py`, `copies.py`): the first commit counts, and who comes second adopts it and
stops at its next step: before it fetches, runs or uploads. Nobody waits for a copy.
*Combination*: not with backup, nor with stream, of the same task.
*In vain*: a copy that comes second is waste; and what waits for its slot meanwhile comes later.

Scheduling by duplication (Kruatrachue, Lewis, IEEE Software 1988) places copies beforehand; here the plan says where a
copy may be run, and a worker runs it if it has to wait.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import numpy as np

from executor.records.operations import Kind
from executor.records.run import Run
from optimizations.account import Account
from optimizations.copied import (
    MOST,
    STEP_S,
    Effort,
    Floats,
    conflicts,
    ends_by_copy,
    may_have_copies,
    streamed,
    whole_ms,
)
from optimizations.optimization import Optimization
from planners.estimate import expected_exec_s
from planners.evaluator import Observation
from planners.horizon import LONGEST_S
from planners.memory import needed_at_once_mb
from planners.orders import Duplicate as Order
from planners.plan import Plan
from platforms import Platform
from workloads import Fault, Workflow

PATIENCE = (0.5, 0.9)
"""Of how long a consumer waits, the quantiles that are tried as patience, besides none."""


class Duplicate(Optimization):
    """Tasks run by who waits for them."""

    name = "duplicate"

    def is_on(self, plan: Plan) -> bool:
        """Whether some task may be run twice."""
        return bool(plan.orders.duplicate)

    def off(self, plan: Plan) -> Plan:
        """The plan without it."""
        return _with(plan, ())

    def account(self, run: Run) -> Account:
        """Copies that were begun; used if theirs is the version that counts, redundant if there was one already."""
        orders, plan = run.plan.orders.duplicate, run.plan
        operations, names = run.operations, run.invocations["worker"]
        copies = np.zeros(operations.n_rows, dtype=bool)
        at_work = np.isin(operations["kind"], (Kind.FETCH, Kind.EXECUTE))
        for task, worker in dict.fromkeys((order.task, plan.assignment[order.consumer]) for order in orders):
            if worker is not None:
                rows = np.flatnonzero(at_work & (operations["task"] == task))
                copies[rows] |= names[operations["invocation"][rows]] == plan.workers[worker].name
        applied, used, redundant = ends_by_copy(run, copies)
        return Account(len(orders), applied, used, applied - used, redundant)

    def proposals(self, plan: Plan, workflow: Workflow, platform: Platform, observation: Observation) -> Iterator[Plan]:
        """Every copy expected to gain, with the patience by which it gains most; the best one; all without patience."""
        found = sorted(_candidates(plan, workflow, platform, observation), key=lambda each: (-each.gain_s, each[:2]))
        found = found[:MOST]
        if found:
            yield _with(plan, tuple(Order(each.task, each.consumer, each.patience_s) for each in found))
            yield _with(plan, (Order(found[0].task, found[0].consumer, found[0].patience_s),))
            yield _with(plan, tuple(Order(each.task, each.consumer) for each in found))

    def faults(self, plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
        """Copies of what the consumer does not wait for, or on a worker that cannot run them."""
        orders = plan.orders.duplicate
        asked = Counter((order.task, order.consumer) for order in orders)
        for order in orders:
            task, consumer = workflow.task_names[order.task], workflow.task_names[order.consumer]
            field, home = f"orders.duplicate[{task!r}, {consumer!r}]", plan.assignment[order.consumer]
            if order.task not in workflow.parents.row(order.consumer):
                yield Fault("plan", field, task, f"a parent of {consumer!r}")
            if home is None:
                yield Fault("plan", field, "flexible", "a consumer of a named worker")
            elif not plan.workers[home].hold:
                yield Fault("plan", field, "released", "a consumer whose worker holds, or it would not wait")
            elif home == plan.assignment[order.task]:
                yield Fault("plan", field, plan.workers[home].name, "a task of another worker than the consumer's")
            elif not _fits(plan, workflow, platform, order.task, home):
                needed_mb, size_mb = needed_at_once_mb(order.task, workflow, platform), plan.workers[home].memory_mb
                yield Fault(
                    "plan", field, round(needed_mb, 1), f"at most {size_mb} MB, the size of the consumer's worker"
                )
            if not 0 <= order.patience_s <= LONGEST_S:
                yield Fault("plan", f"{field}.patience_s", order.patience_s, f"seconds from 0 to {LONGEST_S:g}")
            if asked[order.task, order.consumer] > 1:
                yield Fault("plan", field, asked[order.task, order.consumer], "one order")
            yield from conflicts(self.name, field, order.task, plan, workflow)


class _Candidate(NamedTuple):
    """A copy, and the seconds by which its consumer is expected to run earlier, over all runs."""

    task: int
    consumer: int
    patience_s: float
    gain_s: float


def _fits(plan: Plan, workflow: Workflow, platform: Platform, task: int, worker: int) -> bool:
    return needed_at_once_mb(task, workflow, platform) <= plan.workers[worker].memory_mb


def _with(plan: Plan, orders: tuple[Order, ...]) -> Plan:
    return msgspec.structs.replace(plan, orders=msgspec.structs.replace(plan.orders, duplicate=orders))


def _candidates(plan: Plan, workflow: Workflow, platform: Platform, observation: Observation) -> Iterator[_Candidate]:
    effort, taken = Effort(workflow, platform), streamed(plan) | {order.task for order in plan.orders.backup}
    sizes_mb = sorted({worker.memory_mb for worker in plan.workers})
    exec_s = {mb: expected_exec_s(workflow, platform, mb, platform.slots(mb)) for mb in sizes_mb}
    for consumer, home in enumerate(plan.assignment):
        if home is None or not plan.workers[home].hold:
            continue
        idle_s = _idle_from_s(plan, home, consumer, observation)
        arrives_s = _arrivals_s(plan, workflow, consumer, observation)
        for task, arrival_s in arrives_s.items():
            if plan.assignment[task] == home or task in taken or not _fits(plan, workflow, platform, task, home):
                continue
            if not may_have_copies("duplicate", workflow, task):
                continue
            others_s = np.max([idle_s, *(s for other, s in arrives_s.items() if other != task)], axis=0)
            ready_s = _inputs_s(plan, workflow, task, effort, observation)
            run_s = effort.fetch_s[task] + exec_s[plan.workers[home].memory_mb][task]
            best = _best_patience(arrival_s, others_s, ready_s, float(run_s), float(effort.publish_s[task]))
            if best is not None:
                yield _Candidate(task, consumer, *best)


def _best_patience(
    arrival_s: Floats, alone_s: Floats, ready_s: Floats, run_s: float, publish_s: float
) -> tuple[float, float] | None:
    """The patience by which most is gained, and how much; None if nothing is.

    Per run: when the task is there for the consumer, since when that waits for it alone, and when what it reads is
    there. A copy that comes second may keep the consumer waiting until it has run.
    """
    waits_s = np.maximum(0.0, arrival_s - alone_s)
    if np.isnan(waits_s).any():
        return None
    tried = [0.0, *(float(np.quantile(waits_s, quantile)) for quantile in PATIENCE)]
    best = (0.0, 0.0)
    for patience_s in tried:
        begins_s = np.maximum(alone_s + patience_s, ready_s)
        ran_s = begins_s + run_s
        gain_s = np.maximum(arrival_s - ran_s - publish_s, 0.0) + np.minimum(arrival_s - ran_s, 0.0)
        gain_s[begins_s >= arrival_s] = 0.0
        if gain_s.mean() > best[1]:
            best = (whole_ms(patience_s), float(gain_s.mean()))
    return best if best[1] > STEP_S else None


def _arrivals_s(plan: Plan, workflow: Workflow, consumer: int, observation: Observation) -> dict[int, Floats]:
    """Per parent, when it was there for a consumer in each run."""
    home = plan.assignment[consumer]
    return {
        parent: (observation.ends_s if plan.assignment[parent] == home else observation.committed_s)[:, parent]
        for parent in workflow.parents.row(consumer).tolist()
    }


def _idle_from_s(plan: Plan, home: int, consumer: int, observation: Observation) -> Floats:
    """Per run: when the consumer's worker was up, and done with all that it began before the consumer."""
    others = [task for task, worker in enumerate(plan.assignment) if worker == home and task != consumer]
    ends_s, starts_s = observation.ends_s[:, others], observation.starts_s[:, others]
    before = starts_s < observation.starts_s[:, [consumer]]
    return np.asarray(np.maximum(observation.up_s[:, home], np.where(before, ends_s, 0.0).max(axis=1, initial=0.0)))


def _inputs_s(plan: Plan, workflow: Workflow, task: int, effort: Effort, observation: Observation) -> Floats:
    """Per run: when all that a task reads could be in the store; of its own worker's, after an upload of their own."""
    ready_s = np.zeros(observation.ends_s.shape[0])
    for parent in workflow.parents.row(task).tolist():
        stored_s = observation.committed_s[:, parent]
        if plan.assignment[parent] == plan.assignment[task]:
            stored_s = np.minimum(stored_s, observation.ends_s[:, parent] + effort.publish_s[parent])
        ready_s = np.maximum(ready_s, stored_s)
    return ready_s
