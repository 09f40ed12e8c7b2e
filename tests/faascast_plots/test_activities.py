"""What each instance did at every moment: no gap, no overlap, and by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.records.run import Run
from faascast.plots.instances import states_over_time
from faascast.timeline.activities import Activity, Span, last_exit_s, spans
from planners.registry import make_planner
from platforms import Platform
from sim import Setting, every, simulate, simulate_arrivals
from tests.faascast_explain.runs import run_of
from tests.planners.examples import chain, platforms, roots, round_platform, unaided_planners, workflows
from workloads import Workflow


def by_instance(run: Run) -> dict[int, list[Span]]:
    found: dict[int, list[Span]] = {}
    for span in spans(run):
        found.setdefault(span.instance, []).append(span)
    return found


def told(run: Run, instance: int) -> list[tuple[str, float]]:
    """Activities and their lengths in ms."""
    return [(str(span.activity), round(1000 * (span.end_s - span.begin_s), 6)) for span in by_instance(run)[instance]]


def test_a_chain_over_two_workers_by_hand() -> None:
    """The run of test_run in tests/faascast_explain: w0's instance waits 1.05 s for an upload, then calls w1."""
    run = run_of(chain(1.0, 2.0, size_bytes=1_000_000), "one-per-task", round_platform())
    assert told(run, 0) == [
        (Activity.PROVISIONING, 300),
        (Activity.INIT, 200),
        (Activity.COMPUTING, 1000),
        (Activity.UPLOAD, 1050),
        (Activity.DEPENDENCY, 10),
        (Activity.CALL, 100),
        (Activity.KEEP_ALIVE, 4590),
    ]
    assert told(run, 1) == [
        (Activity.PROVISIONING, 300),
        (Activity.INIT, 200),
        (Activity.FETCH, 1030),
        (Activity.COMPUTING, 2000),
        (Activity.UPLOAD, 1050),
        (Activity.DEPENDENCY, 10),
    ]


def test_a_warm_start_is_told_from_a_cold_one() -> None:
    run = run_of(roots(2.0, 1.0), "one-per-task", round_platform(concurrency=1))
    assert [activity for activity, _ in told(run, 0)] == [
        Activity.PROVISIONING,
        Activity.INIT,
        Activity.COMPUTING,
        Activity.DEPENDENCY,
        Activity.WARM_START,
        Activity.COMPUTING,
        Activity.DEPENDENCY,
    ]


@given(workflows(), platforms(), st.sampled_from(unaided_planners()), st.integers(0, 2**32 - 1))
def test_activities_leave_no_gap_and_do_not_overlap(
    workflow: Workflow, platform: Platform, planner: str, seed: int
) -> None:
    run = run_of(workflow, planner, platform, seed)
    served = run.invocations.where(run.invocations["start"] != "none")
    for serial, found in by_instance(run).items():
        assert all(span.end_s > span.begin_s for span in found)
        assert all(before.end_s == after.begin_s for before, after in pairwise(found))
        here = served.where(served["instance"] == serial)
        assert found[0].begin_s <= here["admitted_s"].min()
        assert found[-1].end_s == pytest.approx(last_exit_s(run)) or found[-1].end_s == here["ended_s"].max()
        idle_s = sum(span.end_s - span.begin_s for span in found if span.activity is Activity.KEEP_ALIVE)
        assert found[-1].end_s - found[0].begin_s - idle_s == pytest.approx(
            float((here["ended_s"] - here["admitted_s"]).sum())
        )


@given(workflows(), platforms(), st.sampled_from(unaided_planners()))
def test_every_instance_is_counted_in_one_state(workflow: Workflow, platform: Platform, planner: str) -> None:
    run = run_of(workflow, planner, platform)
    times_s, counts = states_over_time(run)
    total = sum(counts.values(), np.zeros(times_s.size, dtype=np.int64))
    assert all((count >= 0).all() for count in counts.values())
    created_s, ended_s = run.instances["created_s"], np.minimum(run.instances["ended_s"], last_exit_s(run))
    for time_s, n in zip(times_s.tolist(), total.tolist(), strict=True):
        assert n == np.count_nonzero((created_s <= time_s) & (time_s < ended_s))


def test_what_was_under_way_when_an_instance_was_killed_is_lost() -> None:
    """t0 (1 s) is done and t1 (5 s) is not when the instance has run for 3 s."""
    workflow = chain(1.0, 5.0)
    plan = make_planner("all-on-one").plan(workflow, round_platform())
    run = simulate(workflow, plan, round_platform(max_duration_s=3.0), seed=1)
    assert told(run, 0) == [
        (Activity.PROVISIONING, 300),
        (Activity.INIT, 200),
        (Activity.COMPUTING, 1000),
        (Activity.LOST, 2000),
    ]


def test_a_run_that_arrives_later_is_shown_from_its_own_submission() -> None:
    workflow, platform = chain(1.0, 2.0, size_bytes=1_000_000), round_platform()
    setting = Setting(workflow, make_planner("one-per-task").plan(workflow, platform), platform)
    _, second = simulate_arrivals([setting], every(20.0, 2), seed=1, keep_runs=True).runs
    served_first = second.invocations["instance"][0]
    assert told(second, served_first)[:4] == [
        (Activity.KEEP_ALIVE, 100),
        (Activity.WARM_START, 200),
        (Activity.COMPUTING, 1000),
        (Activity.UPLOAD, 1050),
    ]
