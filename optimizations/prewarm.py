"""Prewarm: an instance is started ahead of a worker's invocation, so that this finds it warm.

*Plan*: `Plan.prewarms`, each at a time after the submission. Cold starts are seen in a simulation of the plan as it is:
a prewarm is asked for as early before such an invocation as a cold start takes to get ready, and a little earlier the
more the moment varies from run to run, for an instance that comes too late saves nothing.
*Worker*: nothing; the client makes the calls, and the pool routes the invocation to the idle instance.
*Combination*: with anything. It is of no use to a worker that is called early (`async-upload`) at the same moment.
*In vain*: one that meets an idle instance is redundant, one whose instance nobody takes is wasted; both are billed.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from executor.records.run import Run
from optimizations.account import Account
from optimizations.optimization import Optimization
from planners.estimate import cold_start_s
from planners.evaluator import Observation, Starts
from planners.plan import Plan
from planners.plan import Prewarm as Order
from platforms import Platform
from workloads import Fault, Workflow

TRIED = ((0.5, True), (0.5, False), (0.1, True))
"""(Which of the moments at which the same call is made in several runs is to be met; whether later calls move up.)"""
MOST = 64
"""Prewarms of one plan, at most: the latest starts matter most, and each is a call of the client's."""
_STEP_S = 0.001


class Prewarm(Optimization):
    """Instances ahead of need."""

    name = "prewarm"

    def is_on(self, plan: Plan) -> bool:
        """Whether the plan has prewarms."""
        return bool(plan.prewarms)

    def off(self, plan: Plan) -> Plan:
        """The plan without it."""
        return msgspec.structs.replace(plan, prewarms=())

    def account(self, run: Run) -> Account:
        """Prewarms whose instance the run's workers used later; redundant ones met an instance that was idle."""
        kinds, instances = run.invocations["start"], run.invocations["instance"]
        planned = sum(prewarm.count for prewarm in run.plan.prewarms)
        made, redundant = kinds == "prewarm", int(np.count_nonzero(kinds == "redundant prewarm"))
        used = int(np.isin(instances[made], instances[kinds == "warm"]).sum())
        applied = int(made.sum()) + redundant
        return Account(planned, applied, used, applied - used, redundant)

    def proposals(self, plan: Plan, workflow: Workflow, platform: Platform, observation: Observation) -> Iterator[Plan]:
        """Ahead of every cold start late enough to be met: by median or early moments, moving each other up or not."""
        for quantile, moves_up in TRIED:
            if orders := _ahead(observation.starts, platform, quantile, moves_up=moves_up):
                yield msgspec.structs.replace(plan, prewarms=_grouped(orders))

    def faults(self, plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
        """None of its own: `planners.check` looks at times, counts and sizes."""
        return iter(())


def _ahead(runs: Sequence[Starts], platform: Platform, quantile: float, *, moves_up: bool) -> list[tuple[float, int]]:
    """(when, size) of the prewarms that would meet the cold starts of a typical run, earliest first.

    If calls move up, a start that is met lets everything behind it happen earlier, by what a cold start takes longer
    than a warm one; calls within one cold start of each other happen side by side, and do not move each other.
    """
    found: list[tuple[float, int]] = []
    wave_s, moved_s, saved_s = -math.inf, 0.0, 0.0
    for called_s, memory_mb in _cold_calls(runs, quantile):
        cold_s = cold_start_s(platform, memory_mb)
        lead_s = cold_s + platform.invocation.call_s.mean_s
        if called_s > wave_s + lead_s:
            wave_s, moved_s, saved_s = called_s, moved_s + saved_s, 0.0
        at_s = called_s - lead_s - (moved_s if moves_up else 0.0)
        if at_s > 0:
            found.append((round(at_s / _STEP_S) * _STEP_S, memory_mb))
            saved_s = cold_s - platform.start.warm_s.mean_s
    return sorted(found)[-MOST:]


def _cold_calls(runs: Sequence[Starts], quantile: float) -> list[tuple[float, int]]:
    """(when, size) of the calls that find nothing idle, earliest first.

    Of each size the k-th of one run is taken for the k-th of the others.
    """
    calls: list[tuple[float, int]] = []
    for memory_mb in sorted({int(size) for run in runs for size in run.memory_mb}):
        cold = [np.sort(run.called_s[run.is_cold & (run.memory_mb == memory_mb)]) for run in runs]
        typical = (np.quantile([moments[k] for moments in cold], quantile) for k in range(min(map(len, cold))))
        calls.extend((float(called_s), memory_mb) for called_s in typical)
    return sorted(calls)


def _grouped(orders: Sequence[tuple[float, int]]) -> tuple[Order, ...]:
    counts = Counter(orders)
    return tuple(Order(memory_mb, at_s, counts[at_s, memory_mb]) for at_s, memory_mb in sorted(counts))
