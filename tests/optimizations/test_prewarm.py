"""Prewarm: cold starts avoided, none of them early enough to be wasted."""

from __future__ import annotations

import pytest

from optimizations.prewarm import Prewarm
from planners.plan import Plan, PlannedWorker
from planners.registry import make_planner
from platforms import Platform
from sim import simulate
from sim.evaluator import SimulatedEvaluator
from tests.planners.examples import chain, round_platform
from workloads import Workflow


def steps(n: int, platform: Platform) -> tuple[Workflow, Plan]:
    """A chain of seconds, each task on a worker of a size of its own: none finds an instance of its size."""
    workflow = chain(*[1.0] * n, size_bytes=0)
    plan = Plan(
        planner="by hand",
        workflow=workflow.fingerprint,
        workers=tuple(PlannedWorker(f"w{i}", 1769 + i) for i in range(n)),
        assignment=tuple(range(n)),
        flexible_mb=None,
        priority=tuple(range(n)),
    )
    return workflow, plan


def test_every_start_but_the_first_is_warm_and_no_prewarm_is_wasted() -> None:
    """Four cold starts of .5 s; three of them can be met, each then a warm one of .2 s: .9 s less."""
    platform = round_platform()
    workflow, plan = steps(4, platform)
    evaluator = SimulatedEvaluator(workflow, platform, seed=1)
    proposals = list(Prewarm().proposals(plan, workflow, platform, evaluator.observe(plan)))
    usual, met = (simulate(workflow, p, platform, seed=5) for p in (plan, proposals[0]))
    assert usual.makespan_s is not None
    assert met.makespan_s == pytest.approx(usual.makespan_s - 3 * 0.3)
    assert (usual.cold_starts, met.cold_starts, met.warm_starts) == (4, 1, 3)
    account = Prewarm().account(met)
    assert (account.planned, account.applied, account.used, account.wasted, account.redundant) == (3, 3, 3, 0, 0)


def test_none_is_so_early_that_its_instance_is_gone() -> None:
    """An idle instance lives for .1 s here: long enough to be met, if the prewarm is for the very moment."""
    platform = round_platform(keep_alive_s=0.1)
    workflow, plan = steps(4, platform)
    evaluator = SimulatedEvaluator(workflow, platform, seed=1)
    met = next(iter(Prewarm().proposals(plan, workflow, platform, evaluator.observe(plan))))
    account = Prewarm().account(simulate(workflow, met, platform, seed=5))
    assert (account.planned, account.used, account.wasted) == (3, 3, 0)


def test_an_instance_that_is_reclaimed_before_it_is_used_is_wasted() -> None:
    platform = round_platform(keep_alive_s=0.2)
    workflow, plan = steps(3, platform)
    early = plan.__class__(**{f: getattr(plan, f) for f in plan.__struct_fields__} | {"prewarms": _at(0.0, 1771)})
    account = Prewarm().account(simulate(workflow, early, platform, seed=1))
    assert (account.applied, account.used, account.wasted) == (1, 0, 1)


def test_non_uniform_sizes_profit_and_say_so() -> None:
    platform = round_platform()
    workflow, plan = steps(5, platform)
    evaluator = SimulatedEvaluator(workflow, platform, seed=1)
    from planners.goal import Goal
    from planners.improve import improve

    improved = improve(plan, workflow, platform, evaluator, (Prewarm(),), Goal())
    assert sum(prewarm.count for prewarm in improved.prewarms) == 4
    assert improved.notes[0].startswith("prewarm: kept: ")
    assert improved.notes[-1].endswith("simulations")
    assert Prewarm().off(improved).prewarms == ()


def test_nothing_is_prewarmed_that_would_come_too_late() -> None:
    """The first worker is called at once: an instance started for it at the same time would help nobody."""
    platform = round_platform()
    workflow, plan = steps(1, platform)
    evaluator = SimulatedEvaluator(workflow, platform, seed=1)
    assert not list(Prewarm().proposals(plan, workflow, platform, evaluator.observe(plan)))
    assert make_planner("one-per-task[optimizations=prewarm]").plan(workflow, platform, evaluator).prewarms == ()


def _at(at_s: float, memory_mb: int) -> tuple[object, ...]:
    from planners.plan import Prewarm as Order

    return (Order(memory_mb, at_s),)
