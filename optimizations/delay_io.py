"""Delayed I/O: a large output is kept while a join's other inputs are missing, and the largest never moves.

WUKONG (SoCC 2020) has a worker hold a large output back, sleep and look, up to a number of times. Here the ledger knows
what is held, so nobody sleeps, and of several that hold the largest stays (`Orders.delay_io.retry_s` is WUKONG's way).

*Plan*: `Orders.delay_io`, from what size on, and for how long at most. Of use where a join reads something large beside
something small that comes later: by default whoever comes last goes on, and fetches the large object.
*Worker* (`executor/worker/held.py`, and `holds.py` at the ledger): commits the task with held marks for such joins, and
uploads when it is told, or out of patience.
*Combination*: with anything; what may have copies (duplicate, backup) is not held, nor are joins that may.
*In vain*: an output that is uploaded after all comes later than without, and the wait is billed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec
import numpy as np

from executor.records.operations import Kind
from executor.records.run import Run
from optimizations.account import Account
from optimizations.optimization import Optimization
from optimizations.places import NOWHERE, places, times_s
from optimizations.thresholds import FLEXIBLE_EXPECTED, joins, large_edges, moving_s, read_from, worth_trying
from planners.evaluator import Floats, Observation
from planners.horizon import LONGEST_S
from planners.orders import DelayIO as Order
from planners.plan import Plan
from platforms import Platform
from workloads import Fault, Workflow

LEAST_SLEEP_S = 0.001
"""Who sleeps for less does nothing but look."""
_MARGIN = 1.25
_STEP_S = 0.1


class DelayIo(Optimization):
    """Large outputs held back for joins."""

    name = "delay-io"

    def is_on(self, plan: Plan) -> bool:
        """Whether anything is held back."""
        return plan.orders.delay_io is not None

    def off(self, plan: Plan) -> Plan:
        """The plan without it."""
        return _with(plan, None)

    def account(self, run: Run) -> Account:
        """Outputs that joins could wait with; applied where they did, used where nothing was uploaded in the end."""
        order = run.plan.orders.delay_io
        if order is None:
            return Account(0, 0, 0, 0)
        edges = list(large_edges(run.plan, run.workflow, order.threshold_bytes))
        at, ends_s, committed_s = places(run), times_s(run, "end_s"), times_s(run, "committed_s")
        sent = _sent(run)
        late = sent - _sent_at_once(run)
        stayed = {
            parent
            for parent, join in edges
            if at[parent] == at[join] != NOWHERE
            and parent not in sent
            and _waited(run, parent, join, ends_s, committed_s)
        }
        given_up = {parent for parent, _ in edges if parent in late} - stayed
        return Account(len({parent for parent, _ in edges}), len(stayed | given_up), len(stayed), len(given_up))

    def proposals(self, plan: Plan, workflow: Workflow, platform: Platform, observation: Observation) -> Iterator[Plan]:
        """For what takes longer to move than to ask the ledger a few times: as patient as was needed, or is worth it.

        It is worth no more than moving the smallest of what is held.
        """
        sizes = [size for join in joins(plan, workflow) for size in read_from(workflow, join).values()]
        for least_bytes in worth_trying(sizes, platform, 5 * platform.ledger.request_s.mean_s):
            lags_s = _lags_s(plan, workflow, observation, least_bytes)
            if lags_s.size:
                worth_s = moving_s(platform, least_bytes)
                needed_s = _MARGIN * float(np.quantile(lags_s, 0.95)) + worth_s
                for patience_s in dict.fromkeys((_rounded(needed_s, platform), _rounded(worth_s, platform))):
                    yield _with(plan, Order(least_bytes, patience_s))

    def faults(self, plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
        """Times that make no sense, sizes below 0, orders for nobody."""
        order, where = plan.orders.delay_io, "orders.delay_io"
        if order is None:
            return
        if order.threshold_bytes < 0:
            yield Fault("plan", f"{where}.threshold_bytes", order.threshold_bytes, "bytes from 0")
        if not 0 < order.patience_s <= LONGEST_S:
            yield Fault("plan", f"{where}.patience_s", order.patience_s, f"seconds above 0, up to {LONGEST_S:g}")
        longest_s = platform.limits.max_duration_s
        if longest_s is not None and order.patience_s >= longest_s:
            expected = f"less than {longest_s:g} s, the maximum duration on {platform.name}"
            yield Fault("plan", f"{where}.patience_s", order.patience_s, expected)
        if order.retry_s is not None and not LEAST_SLEEP_S <= order.retry_s <= LONGEST_S:
            expected = f"seconds from {LEAST_SLEEP_S:g} to {LONGEST_S:g}, or none"
            yield Fault("plan", f"{where}.retry_s", order.retry_s, expected)
        if not plan.n_flexible:
            yield Fault("plan", where, order.threshold_bytes, FLEXIBLE_EXPECTED)


def _with(plan: Plan, order: Order | None) -> Plan:
    return msgspec.structs.replace(plan, orders=msgspec.structs.replace(plan.orders, delay_io=order))


def _rounded(patience_s: float, platform: Platform) -> float:
    """Up to the next step, and less than the platform lets anybody live."""
    longest_s = platform.limits.max_duration_s
    rounded_s = max(_STEP_S, math.ceil(patience_s / _STEP_S) * _STEP_S)
    return round(rounded_s if longest_s is None else min(rounded_s, 0.5 * longest_s), 6)


def _lags_s(plan: Plan, workflow: Workflow, observation: Observation, least_bytes: int) -> Floats:
    """For each large edge in each run, how long after the parent's end the last of the others was committed."""
    lags: list[float] = []
    for parent, join in large_edges(plan, workflow, least_bytes):
        others = [other for other in workflow.parents.row(join).tolist() if other != parent]
        lag_s = observation.committed_s[:, others].max(axis=1) - observation.ends_s[:, parent]
        lags += lag_s[lag_s > 0].tolist()
    return np.array(lags)


def _waited(run: Run, parent: int, join: int, ends_s: Floats, committed_s: Floats) -> bool:
    """Whether another parent of the join was committed only after this one had run."""
    return any(committed_s[p] > ends_s[parent] for p in run.workflow.parents.row(join).tolist() if p != parent)


def _sent(run: Run) -> set[int]:
    """Tasks of which something was uploaded."""
    operations = run.operations
    return set(operations["task"][operations["kind"] == Kind.UPLOAD].tolist())


def _sent_at_once(run: Run) -> set[int]:
    """Of these, those whose uploads all began with the end of the task, or when its children's sets had been read."""
    operations = run.operations
    uploads = np.flatnonzero(operations["kind"] == Kind.UPLOAD)
    kind, cause = operations["kind"], operations["cause"]
    triggers = cause[uploads]
    read = (kind[triggers] == Kind.READ) & (kind[cause[triggers]] != Kind.TIMER)
    at_once = read | (kind[triggers] == Kind.EXECUTE) | (triggers < 0)
    task = operations["task"][uploads]
    return set(task.tolist()) - set(task[~at_once].tolist())
