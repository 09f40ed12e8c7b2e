"""Deadlocks foreseen where workers are called early: what is not even warned about never hangs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

from planners.check import check_plan, plan_warnings
from planners.orders import EarlyCall, Orders
from planners.plan import Plan
from sim import simulate
from tests.sim.test_deadlocks import Dice, a_plan, a_platform, a_workflow, is_stuck
from tests.support import is_deep
from workloads import Workflow

N_CASES = 20_000 if is_deep() else 1_000


def with_calls(dice: Dice, plan: Plan, workflow: Workflow) -> Plan:
    """The plan, with some of its workers called early by tasks of others."""
    roots = {plan.assignment[task] for task in range(workflow.n_tasks) if not workflow.parents.row(task).size}
    calls = tuple(
        EarlyCall(task, worker, [None, 0.0, 0.5][dice.integers(3)])
        for worker, planned in enumerate(plan.workers)
        if planned.hold and worker not in roots
        for task, home in enumerate(plan.assignment)
        if home != worker and dice.random() < 0.3
    )
    return msgspec.structs.replace(plan, orders=Orders(call_early=calls))


def test_what_is_refused_fails_and_what_is_not_warned_about_does_not_hang(
    record_property: Callable[[str, Any], None],
) -> None:
    met: Counter[str] = Counter()
    for case in range(N_CASES):
        dice = np.random.default_rng([1, case])
        workflow, platform = a_workflow(dice), a_platform(dice)
        plan = with_calls(dice, a_plan(dice, workflow), workflow)
        if not plan.orders.call_early:
            continue
        refused, warned = check_plan(plan, workflow, platform), plan_warnings(plan, workflow, platform)
        run = simulate(workflow, plan, platform, seed=case)
        said = "refused" if refused else "warned" if warned else "nothing"
        met[f"{said}, {'stuck' if is_stuck(run.failure) else run.status}"] += 1
        if refused:
            assert run.status == "failed", f"case {case}: {refused[0]}"
        elif not warned:
            assert not is_stuck(run.failure), f"case {case}: {run.failure}"
    record_property("measured", f"deadlocks foreseen with early calls: {dict(sorted(met.items()))}")
    assert met["warned, stuck"] > N_CASES / 50
    assert met["nothing, complete"] > N_CASES / 20
