"""Planners may try plans out by simulation, under seeds of their own."""

from __future__ import annotations

import numpy as np

from planners.registry import make_planner
from platforms import load_platform
from sim import simulate
from sim.evaluator import SimulatedEvaluator
from sim.seeds import planning_seeds
from workloads import load_workflow


def test_an_evaluation_is_the_runs_it_stands_for() -> None:
    workflow, platform = load_workflow("gen:forkjoin,width=4"), load_platform("aws-lambda-s3")
    plan = make_planner("wukong").plan(workflow, platform)
    evaluation = SimulatedEvaluator(workflow, platform, 7).evaluate(plan, runs=3)
    runs = [simulate(workflow, plan, platform, seed=seed) for seed in planning_seeds(7, 3)]
    assert evaluation.makespans_s.tolist() == [run.makespan_s for run in runs]
    assert evaluation.costs_usd.tolist() == [run.cost_usd for run in runs]
    assert evaluation.failures == (None, None, None)


def test_a_run_that_fails_has_no_makespan_but_a_cost() -> None:
    workflow = load_workflow("gen:chain,depth=1,cpu_s=13.5")
    platform = load_platform("aws-lambda-s3", {"max_duration_s": 13.52, "max_attempts": 1, "noise.sigma": 0})
    plan = make_planner("heft").plan(workflow, platform)
    evaluation = SimulatedEvaluator(workflow, platform, 1).evaluate(plan, runs=2)
    assert np.isnan(evaluation.makespans_s).all()
    assert (evaluation.costs_usd > 0).all()
    assert evaluation.n_failed == 2
    assert all("maximum duration" in str(failure) for failure in evaluation.failures)


def test_what_is_known_is_not_asked_again() -> None:
    workflow, platform = load_workflow("gen:forkjoin,width=4"), load_platform("aws-lambda-s3")
    plan = make_planner("heft").plan(workflow, platform)
    evaluator, fresh = (SimulatedEvaluator(workflow, platform, 7) for _ in range(2))
    short, seen = evaluator.evaluate(plan, runs=3), evaluator.observe(plan, runs=5)
    assert evaluator.n_simulations == 8
    assert evaluator.evaluate(plan, runs=5).makespans_s.tolist() == seen.evaluation.makespans_s.tolist()
    long = evaluator.evaluate(plan, runs=9)
    assert evaluator.n_simulations == 12
    assert long.makespans_s[:3].tolist() == short.makespans_s.tolist()
    assert long.makespans_s.tolist() == fresh.evaluate(plan, runs=9).makespans_s.tolist()
    assert evaluator.evaluate(plan, runs=9, draw=1).makespans_s.tolist() != long.makespans_s.tolist()
    assert evaluator.observe(plan, runs=5) is seen


def test_an_observation_has_the_times_of_the_runs() -> None:
    workflow, platform = load_workflow("gen:forkjoin,width=4"), load_platform("aws-lambda-s3")
    plan = make_planner("uniform").plan(workflow, platform)
    found = SimulatedEvaluator(workflow, platform, 7).observe(plan, runs=2)
    for at, seed in enumerate(planning_seeds(7, 2)):
        run = simulate(workflow, plan, platform, seed=seed)
        order = [workflow.task_names.index(name) for name in run.tasks["task"]]
        for column, times in (("start_s", found.starts_s), ("end_s", found.ends_s), ("committed_s", found.committed_s)):
            assert times[at, order].tolist() == run.tasks[column].tolist()
        named = [[worker.name for worker in plan.workers].index(name) for name in run.invocations["worker"]]
        assert found.called_s[at, named].tolist() == run.invocations["requested_s"].tolist()
        assert found.is_cold[at, named].tolist() == (run.invocations["start"] == "cold").tolist()
        assert found.starts[at].called_s.tolist() == run.invocations["requested_s"].tolist()
