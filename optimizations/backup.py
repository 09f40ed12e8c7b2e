"""Backup copies: a run that takes longer than it should gets a second copy, on a fresh worker.

*Plan*: `Orders.backup`: which task, and how long a run may take. Of use where run times vary so much that what is still
to come of a long one is expected to take longer than a cold start, the inputs once more, and a whole run with luck of
its own: stragglers. The moment that is expected to save most is found from the platform's noise (MapReduce's rule was
"near the end", Dean and Ghemawat 2004; speculation on percentiles, Zaharia et al., OSDI 2008).
*Worker* (`executor/worker/backups.py`, `copies.py`): whoever runs the task asks the ledger when the time is over, and
invokes the copy. The first commit counts; who comes second adopts it, and stops at its next step. A copy is invoked
once, taken or not, and nobody waits for it.
*Combination*: not with duplicate, nor with stream, of the same task.
*In vain*: a copy that comes second is waste, start and all. What the task makes is read by nobody, on its own worker
neither, before it is committed.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import numpy as np
from scipy.special import ndtri

from executor.records.operations import Kind
from executor.records.run import Run
from executor.records.waste import COPY
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
from planners.evaluator import Observation
from planners.horizon import LONGEST_S
from planners.orders import Backup as Order
from planners.plan import Plan
from platforms import Platform
from platforms.sections import Noise
from workloads import Fault, Workflow

AFTER = (0.5, 0.75, 0.9, 0.95, 0.99)
"""Of how long a run takes, the quantiles after which a copy is tried."""
_GRID = 200
_EVEN_LATER = 1.5


class Backup(Optimization):
    """Second copies of stragglers."""

    name = "backup"

    def is_on(self, plan: Plan) -> bool:
        """Whether some task may get a second copy."""
        return bool(plan.orders.backup)

    def off(self, plan: Plan) -> Plan:
        """The plan without it."""
        return _with(plan, ())

    def account(self, run: Run) -> Account:
        """Copies that were started; used if theirs is the version that counts, redundant if nothing was to do."""
        names, operations = run.invocations["worker"], run.operations
        planned = {worker.name for worker in run.plan.workers}
        of_copy = np.array([name not in planned and str(name).startswith(COPY) for name in names], dtype=bool)
        begins = np.isin(operations["kind"], (Kind.START, Kind.FETCH, Kind.EXECUTE)) & (operations["invocation"] >= 0)
        copies = begins.copy()
        copies[begins] = of_copy[operations["invocation"][begins]]
        copies &= np.isin(operations["task"], [order.task for order in run.plan.orders.backup])
        applied, used, redundant = ends_by_copy(run, copies)
        return Account(len(run.plan.orders.backup), applied, used, applied - used, redundant)

    def proposals(self, plan: Plan, workflow: Workflow, platform: Platform, observation: Observation) -> Iterator[Plan]:
        """Every copy expected to save, at its best moment; those alone that save most; all of them a little later."""
        found = sorted(_candidates(plan, workflow, platform, observation), key=lambda each: (-each.saved_s, each.task))
        found = found[:MOST]
        if found:
            yield _with(plan, tuple(Order(each.task, each.after_s) for each in found))
            yield _with(plan, tuple(Order(each.task, each.after_s) for each in found[: math.ceil(len(found) / 4)]))
            yield _with(plan, tuple(Order(each.task, whole_ms(each.after_s * _EVEN_LATER)) for each in found))

    def faults(self, plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
        """Times that there are not, tasks asked for twice, and what else wants something of them."""
        asked = Counter(order.task for order in plan.orders.backup)
        for order in plan.orders.backup:
            field = f"orders.backup[{workflow.task_names[order.task]!r}]"
            if not STEP_S <= order.after_s <= LONGEST_S:
                yield Fault("plan", f"{field}.after_s", order.after_s, f"seconds from {STEP_S:g} to {LONGEST_S:g}")
            if asked[order.task] > 1:
                yield Fault("plan", field, asked[order.task], "one order")
            yield from conflicts(self.name, field, order.task, plan, workflow)


class _Candidate(NamedTuple):
    """When a task may get a copy, and the seconds by which it is expected to be there earlier."""

    task: int
    after_s: float
    saved_s: float


def _with(plan: Plan, orders: tuple[Order, ...]) -> Plan:
    return msgspec.structs.replace(plan, orders=msgspec.structs.replace(plan.orders, backup=orders))


def _candidates(plan: Plan, workflow: Workflow, platform: Platform, observation: Observation) -> Iterator[_Candidate]:
    factors = _factors(platform.noise)
    if factors[-1] == factors[0]:
        return
    effort, taken = Effort(workflow, platform), streamed(plan) | {order.task for order in plan.orders.duplicate}
    typical_s = np.median(observation.ends_s - observation.starts_s, axis=0) / float(np.median(factors))
    for task in range(workflow.n_tasks):
        expected_s = float(typical_s[task])
        if (
            task in taken
            or not may_have_copies("backup", workflow, task)
            or not expected_s > 0
            or not _others_wait(plan, workflow, platform, task)
        ):
            continue
        besides_s = effort.start_s(plan.size_of(task)) + float(effort.fetch_s[task])
        after_s, saved_s = _best_moment(expected_s * factors, besides_s)
        if saved_s > max(STEP_S, 0.001 * expected_s):
            yield _Candidate(task, whole_ms(after_s + STEP_S), saved_s)


def _best_moment(runs_s: Floats, besides_s: float) -> tuple[float, float]:
    """After how long a copy saves most, and how much; ``runs_s`` is an even sample of run times.

    A copy that is started after t is there after t + what it needs besides + a run of its own.
    """
    best = (0.0, 0.0)
    for quantile in AFTER:
        after_s = float(np.quantile(runs_s, quantile, method="lower"))
        late_s = runs_s[runs_s > after_s]
        by_copy_s = after_s + besides_s + runs_s
        saved_s = float(np.maximum(0.0, late_s[:, None] - by_copy_s[None, :]).sum()) / len(runs_s) ** 2
        if saved_s > best[1]:
            best = (after_s, saved_s)
    return best


def _factors(noise: Noise) -> Floats:
    """An even sample of what noise makes of run times, ascending: lognormal, of which some straggle."""
    middle = (np.arange(_GRID) + 0.5) / _GRID
    factors = np.exp(noise.sigma * ndtri(middle) - noise.sigma**2 / 2) if noise.sigma else np.ones(_GRID)
    n_straggling = round(noise.straggler_probability * _GRID)
    spread = np.linspace(0, _GRID - 1, n_straggling).round().astype(np.int64)
    factors[spread] *= noise.straggler_factor
    return np.sort(factors)


def _others_wait(plan: Plan, workflow: Workflow, platform: Platform, task: int) -> bool:
    """Whether anybody gains by a copy: not who has to wait for the straggler's slot anyway."""
    home, children = plan.assignment[task], workflow.children.row(task).tolist()
    if home is None or not children or platform.slots(plan.workers[home].memory_mb) > 1:
        return True
    return any(plan.assignment[child] != home for child in children)
