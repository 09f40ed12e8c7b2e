"""Luck and settings that are made once for many plans bring what each plan would have by itself."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from planners.orders import Backup, Orders
from planners.plan import Plan
from platforms import load_platform
from sim import Setting, simulate
from sim.evaluator import SimulatedEvaluator
from sim.luck import Luck
from sim.lucks import Lucks
from sim.seeds import planning_seeds
from tests.sim.small import plan_of
from workloads import load_workflow

SPREAD = load_workflow("gen:layered,width=4,depth=4,seed=5,spread=0.5")
STORMY = {
    "faults.rates.task_error": 0.2,
    "faults.rates.store_error": 0.1,
    "faults.rates.message_loss": 0.1,
    "faults.poll_s": 5.0,
    "noise.sigma": 0.3,
    "noise.straggler_probability": 0.2,
    "noise.straggler_factor": 4.0,
    "ledger.request_s": {"kind": "exponential", "mean_s": 0.01},
}


def plans() -> list[Plan]:
    """On one worker, on four, on none; with backup copies; of another size."""
    n = SPREAD.n_tasks
    spread = plan_of(SPREAD, [task % 4 for task in range(n)])
    backups = Orders(backup=tuple(Backup(task, 0.5) for task in range(n)))
    return [
        plan_of(SPREAD, [0] * n),
        spread,
        plan_of(SPREAD, [None] * n),
        structs.replace(spread, orders=backups),
        plan_of(SPREAD, [task % 4 for task in range(n)], size_mb=3538, hold=False),
    ]


@pytest.mark.parametrize("overrides", [{}, STORMY], ids=["calm", "stormy"])
@pytest.mark.parametrize("backwards", [False, True])
def test_an_evaluation_brings_what_runs_by_themselves_do(overrides: dict[str, Any], backwards: bool) -> None:
    """To the last bit, whatever was evaluated before: makespan, bill and failure."""
    platform = load_platform("aws-lambda-s3", overrides)
    evaluator = SimulatedEvaluator(SPREAD, platform, 3, runs=3)
    for plan in reversed(plans()) if backwards else plans():
        found = evaluator.evaluate(plan)
        runs = [simulate(SPREAD, plan, platform, seed=seed) for seed in planning_seeds(3, 3)]
        assert found.costs_usd.tolist() == [run.cost_usd for run in runs]
        assert [None if m != m else m for m in found.makespans_s.tolist()] == [run.makespan_s for run in runs]
        assert list(found.failures) == [run.failure for run in runs]


def test_luck_used_up_leaves_the_kept_one_as_it_was() -> None:
    lucks = Lucks(SPREAD, load_platform("aws-lambda-s3", STORMY))
    used = lucks.of(7)
    firsts = [used.get.ns(0), used.init_ns(1769, 0), used.call.ns(2)]
    again = [used.get.ns(0), used.init_ns(1769, 0), used.call.ns(2)]
    fresh = lucks.of(7)
    assert [fresh.get.ns(0), fresh.init_ns(1769, 0), fresh.call.ns(2)] == firsts != again
    apart = Luck((7,), SPREAD, load_platform("aws-lambda-s3", STORMY))
    assert [apart.get.ns(0), apart.init_ns(1769, 0), apart.call.ns(2)] == firsts
    assert lucks.of(8).get.ns(0) != firsts[0]


def test_a_setting_like_another_is_as_if_made_alone() -> None:
    platform = load_platform("aws-lambda-s3")
    like = Setting(SPREAD, plans()[0], platform)
    for plan in plans():
        alone, taken_over = Setting(SPREAD, plan, platform), Setting(SPREAD, plan, platform, like)
        assert alone.view == taken_over.view
        names = [name for name in Setting.__slots__ if name not in ("view", "workflow", "plan", "platform")]
        assert all(getattr(alone, name) == getattr(taken_over, name) for name in names)
