"""What the simulator recorded goes through fresh machines without a difference, and breaks no promise on the way."""

from __future__ import annotations

import io
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executor.worker.replay import read_log, replay
from planners.registry import make_planner
from platforms import load_platform
from sim import simulate
from tests.executor.cases import random_plan, random_workflow
from workloads import load_workflow

PLANNERS = ("one-per-task", "all-on-one", "wukong", "uniform", "heft")


@given(st.integers(0, 2**32), st.sampled_from(["aws-lambda-s3", "octoflows-docker", "ideal"]))
@settings(max_examples=40)
def test_random_runs_replay(seed: int, preset: str) -> None:

    rng = Random(seed)
    workflow = random_workflow(rng)
    plan = random_plan(rng, workflow)
    file = io.BytesIO()
    run = simulate(workflow, plan, load_platform(preset), seed=seed, event_log=file, check=True)
    assert run.status == "complete", run.failure
    file.seek(0)
    assert replay(file) is None


@pytest.mark.parametrize("planner", PLANNERS)
def test_real_workflows_replay_under_every_planner(planner: str) -> None:
    workflow = load_workflow("montage")
    platform = load_platform("aws-lambda-s3")
    file = io.BytesIO()
    run = simulate(
        workflow, make_planner(planner).plan(workflow, platform), platform, seed=1, event_log=file, check=True
    )
    assert run.status == "complete"
    file.seek(0)
    header, frames = read_log(file)
    assert len(header.view.parents) == workflow.n_tasks
    assert sum(1 for _ in frames) > workflow.n_tasks
    file.seek(0)
    assert replay(file) is None


def test_killed_and_delivered_again_replays_too() -> None:
    """A limit of 3 s kills the worker of a chain on its way; its later epochs are machines of their own."""
    workflow = load_workflow("gen:chain,depth=4")
    platform = load_platform("aws-lambda-s3", {"limits.max_duration_s": 3})
    file = io.BytesIO()
    run = simulate(workflow, make_planner("all-on-one").plan(workflow, platform), platform, seed=1, event_log=file)
    assert run.status == "failed"
    assert set(run.invocations["epoch"].tolist()) == {1, 2, 3}
    file.seek(0)
    assert replay(file) is None
