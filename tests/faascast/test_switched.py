"""What optimizations did in a run: counted, and paid off against the same luck without them."""

from __future__ import annotations

import json

import msgspec
import pytest

from faascast.experiments.switched import switched
from faascast.results.documents import switched_content
from faascast.text.switched import switched_lines
from planners.orders import Orders
from planners.registry import make_planner
from platforms import load_platform
from sim import simulate
from tests.optimizations.test_preload import meeting, preloading
from tests.planners.examples import round_platform
from tests.sim.small import plan_of
from workloads import load_workflow


def test_saved_is_the_difference_to_the_same_run_without_it() -> None:
    workflow, platform = meeting(), round_platform()
    plan = preloading(plan_of(workflow, (0, 1, 1)), 2)
    (found,) = switched(simulate(workflow, plan, platform, seed=1))
    assert (found.name, found.account.used) == ("preload", 1)
    assert found.saved_s == pytest.approx(1.03)


def test_each_alone_with_all_others_on() -> None:
    workflow, platform = load_workflow("image_transformer"), load_platform("aws-lambda-redis")
    from sim.evaluator import SimulatedEvaluator

    plan = make_planner("uniform[optimizations=preload+prewarm]").plan(
        workflow, platform, SimulatedEvaluator(workflow, platform, 1)
    )
    run = simulate(workflow, plan, platform, seed=3)
    found = {each.name: each for each in switched(run)}
    assert found.keys() == {"preload", "prewarm"}
    without = msgspec.structs.replace(plan, orders=Orders())
    assert run.makespan_s is not None
    other = simulate(workflow, without, platform, seed=3)
    assert found["preload"].saved_s == pytest.approx((other.makespan_s or 0.0) - run.makespan_s)
    assert found["preload"].saved_usd == pytest.approx(other.cost_usd - run.cost_usd)
    head, *rows = [line for line in switched_lines(switched(run)) if line][:-1]
    assert head.split()[:3] == ["optimization", "planned", "applied"]
    assert [row.split()[0] for row in rows] == ["preload", "prewarm"]
    json.dumps(switched_content(switched(run)), allow_nan=False)


def test_a_plan_without_any_says_nothing() -> None:
    workflow, platform = meeting(), round_platform()
    run = simulate(workflow, plan_of(workflow, (0, 1, 1)), platform, seed=1)
    assert switched(run) == ()
    assert list(switched_lines(())) == []
