"""What ends, ends whole: nothing goes on, nothing is billed twice or too long, nobody is forgotten."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.records.operations import Kind
from planners.plan import Plan, PlannedWorker
from platforms import Platform, load_platform
from sim import Setting, at, simulate, simulate_arrivals
from sim.draws import Cause, uniforms
from workloads import Workflow, WorkflowBuilder


def ideal(**overrides: object) -> Platform:
    """One vCPU a GB, nothing costs time."""
    given_ = {key.replace("__", "."): value for key, value in overrides.items()}
    return load_platform("ideal", {"sizes.mb_per_vcpu": 1024} | given_)


def tasks(*cpu_s: float, io_s: float = 0.0, after: dict[int, int] | None = None) -> Workflow:
    """Tasks without data; ``after`` names a parent."""
    builder = WorkflowBuilder("tasks")
    for i, seconds in enumerate(cpu_s):
        parents = [f"t{after[i]}"] if after and i in after else []
        builder.add_task(f"t{i}", cpu_s=seconds, io_s=io_s, parallelism=2, after=parents)
    return builder.build()


def on_own_workers(workflow: Workflow, memory_mb: int = 1024) -> Plan:
    n = workflow.n_tasks
    return Plan(
        planner="by hand",
        workflow=workflow.fingerprint,
        workers=tuple(PlannedWorker(f"w{i}", memory_mb) for i in range(n)),
        assignment=tuple(range(n)),
        flexible_mb=None,
        priority=tuple(range(n)),
    )


def test_a_run_given_up_leaves_nothing_on_its_instances() -> None:
    """t0 is killed at 10 s, the run fails, and t2 (20 s, begun at 5) stops; at 10.5 s its instance serves another."""
    platform = ideal(limits__max_duration_s=10, keep_alive_s=1000, cpu__slots=2)
    bad, good = tasks(20.0, 5.0, 20.0, after={2: 1}), tasks(4.0)
    settings = [Setting(w, on_own_workers(w), platform) for w in (bad, good)]
    result = simulate_arrivals(settings, iter([(0.0, 0), (10.5, 1)]), seed=1)
    assert result.requests["status"].tolist() == ["failed", "complete"]
    assert result.requests["warm_starts"].tolist() == [0, 1]
    assert result.requests["latency_s"][1] == 4.0


@given(st.integers(0, 60), st.integers(1, 60))
def test_times_in_hundredths_are_billed_to_the_millisecond(io: int, cpu: int) -> None:
    """With floats, .1 + .2 s would be billed as 301 ms."""
    platform = ideal(prices__billing_step_s=0.001, prices__usd_per_gb_s=1.0)
    workflow = tasks(cpu / 100, io_s=io / 100)
    run = simulate(workflow, on_own_workers(workflow), platform, seed=1)
    assert run.invocations["billed_s"].tolist() == [(io + cpu) / 100]


def test_the_first_of_many_requests_may_start_warm_and_its_bound_knows() -> None:
    call_s = {"kind": "exponential", "mean_s": 5.0}
    platform = ideal(invocation__call_s=call_s, start__provisioning_s=3.0, keep_alive_s=1000)
    workflow = tasks(0.1)
    ready = Setting(workflow, on_own_workers(workflow), platform)
    first_was_warm = 0
    for seed in range(20):
        runs = simulate_arrivals([ready], at([0.0, 0.0]), seed=seed, keep_runs=True).runs
        assert all(run.makespan_s is not None and run.makespan_s >= run.lower_bound_s for run in runs)
        first_was_warm += runs[0].warm_starts
    assert first_was_warm, "the case was not met"


def test_no_more_calls_at_once_than_callers_however_often_refused() -> None:
    back_off = {"initial_s": 10.0, "factor": 1.0, "maximum_s": 10.0, "attempts": 1000}
    platform = ideal(
        limits__concurrency=2,
        limits__over_limit="refuse",
        invocation__call_s=1.0,
        invocation__client_callers=1,
        **{f"limits__backoff__{name}": value for name, value in back_off.items()},
    )
    workflow = tasks(*[100.0] * 12)
    run = simulate(workflow, on_own_workers(workflow), platform, seed=1)
    assert run.status == "complete"
    calls = run.operations["kind"] == Kind.INVOKE
    begins, ends = run.operations["begin_ns"][calls], run.operations["end_ns"][calls]
    order = np.argsort(begins, kind="stable")
    assert len(order) > 12
    assert (begins[order][1:] >= ends[order][:-1]).all()


def test_a_refused_redelivery_is_tried_again() -> None:
    """Killed at 10 s; the ramp lets a new instance through only at 100 s; the second attempt takes 5 s."""
    platform = ideal(
        limits__max_duration_s=10.0,
        limits__max_attempts=3,
        limits__ramp_per_s=0.01,
        limits__ramp_burst=1,
        limits__over_limit="refuse",
        limits__backoff={"initial_s": 10.0, "factor": 1.0, "maximum_s": 1000.0, "attempts": 100},
        noise__straggler_probability=0.5,
        noise__straggler_factor=10.0,
    )
    workflow = tasks(5.0)
    runs = [simulate(workflow, on_own_workers(workflow), platform, seed=seed) for seed in range(12)]
    twice = [run for run in runs if run.invocations["status"].tolist() == ["killed", "done"]]
    assert twice, "the case was not met"
    for run in twice:
        assert run.invocations["started_s"].tolist() == [0.0, 100.0]
        assert run.makespan_s == 105.0
        assert sum(segment.length_ns for segment in run.critical_path()) == run.makespan_ns


def test_a_run_that_cannot_move_names_the_cycle_and_bills_what_was_held() -> None:
    """w0 holds for t2, whose parent t1 is w1's, which waits for the only place. Billed until the run is given up."""
    workflow = tasks(1.0, 1.0, 1.0, after={1: 0, 2: 1})
    plan = Plan(
        planner="by hand",
        workflow=workflow.fingerprint,
        workers=(PlannedWorker("w0", 1024), PlannedWorker("w1", 1024)),
        assignment=(0, 1, 0),
        flexible_mb=None,
        priority=(0, 1, 2),
    )
    run = simulate(workflow, plan, ideal(limits__concurrency=1), seed=1)
    assert run.status == "failed"
    assert run.failure == (
        "deadlock: w1 waits for an instance (at most 1, held by w0); w0 holds one and waits for t1 of w1"
    )
    assert run.invocations["billed_s"].tolist() == [1.0, 0.0]


@pytest.mark.parametrize(("one", "other"), [((7,), (7, 0)), ((7, 1), (7, 1, 0)), ((0,), (0, 0))])
def test_seeds_of_different_length_share_no_stream(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    streams = [uniforms(seed, cause, 3).tolist() for seed in (one, other) for cause in Cause]
    assert len({tuple(stream) for stream in streams}) == 2 * len(Cause)


def test_a_deadline_gives_a_run_up_and_stops_its_workers() -> None:
    """Two tasks of 10 s on workers of their own; the client waits 4 s, and for nothing once all is in."""
    workflow = tasks(10.0, 10.0)
    plan, platform = on_own_workers(workflow), ideal()
    late = simulate(workflow, plan, platform, seed=1, deadline_s=4.0, check=True)
    assert (late.status, late.failure) == ("failed", "the deadline passed")
    assert late.invocations["status"].tolist() == ["stopped", "stopped"]
    assert late.invocations["billed_s"].tolist() == [4.0, 4.0]
    early = simulate(workflow, plan, platform, seed=1, deadline_s=10.5)
    assert early.makespan_s == 10.0
