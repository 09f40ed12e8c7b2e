"""What an instance was doing when it was killed did not end: it is in no table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planners.registry import make_planner
from sim import simulate
from tests.planners.examples import chain, round_platform, unaided_planners, workflows
from workloads import Workflow


@pytest.mark.parametrize("slots", [1, 2])
def test_an_execution_that_was_killed_ends_there_and_does_not_count(slots: int) -> None:
    """t0 takes 5 s and an invocation 3 s at most: two attempts, each of which ends with its invocation."""
    platform = round_platform(max_duration_s=3.0, max_attempts=2, **{"cpu.slots": slots})
    workflow = chain(5.0)
    run = simulate(workflow, make_planner("one-per-task").plan(workflow, platform), platform, seed=1)
    assert run.status == "failed"
    assert run.invocations["status"].tolist() == ["killed", "killed"]
    assert run.tasks["outcome"].tolist() == ["killed", "killed"]
    assert not run.tasks["counts"].any()
    assert run.tasks["end_s"].tolist() == run.invocations["ended_s"].tolist()


@given(workflows(), st.sampled_from(unaided_planners()), st.sampled_from([1, 2]), st.integers(0, 2**32 - 1))
def test_nothing_ends_on_an_instance_after_it_died(workflow: Workflow, planner: str, slots: int, seed: int) -> None:
    figures: dict[str, object] = {"max_attempts": 3, "sigma": 0.5, "cpu.slots": slots}
    plan = make_planner(planner).plan(workflow, round_platform(**figures))
    run = simulate(workflow, plan, round_platform(max_duration_s=2.0, **figures), seed=seed)
    ended_s = run.invocations["ended_s"]
    for table in (run.tasks, run.transfers):
        assert (table["end_s"] <= np.where(np.isnan(ended_s), np.inf, ended_s)[table["invocation"]]).all()
