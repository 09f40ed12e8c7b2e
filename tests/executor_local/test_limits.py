"""Each limit of the description, seen to hold on real instances."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from planners.plan import Plan, PlannedWorker, Prewarm
from tests.executor_local.programs import (
    SIZE_MB,
    fan,
    ground,
    most_at_once,
    nap,
    pid_after,
    platform_with,
    square,
)

NS_PER_S = 1_000_000_000


@pytest.mark.parametrize("limit", ["concurrency", "concurrency_per_size"])
def test_no_more_instances_than_allowed_are_busy_and_the_others_wait_their_turn(tmp_path: Path, limit: str) -> None:
    with ground(tmp_path, platform_with(**{limit: 2}, client_callers=8)) as here:
        run = here.run(fan(nap, 6, 0.05))
    invocations = run.account.invocations
    assert run.result() == list(range(6))
    assert most_at_once(invocations) == 2
    waited = [getattr(each.waited, "size_" * (limit != "concurrency") + "concurrency_ns") for each in invocations]
    assert sum(ns > 0 for ns in waited) == 4
    assert [each.admitted_ns for each in invocations] == sorted(each.admitted_ns for each in invocations)


def test_over_the_limit_calls_are_refused_and_made_again(tmp_path: Path) -> None:
    backoff = {"initial_s": 0.02, "factor": 1.5, "maximum_s": 0.2, "attempts": 50}
    platform = platform_with(concurrency=1, over_limit="refuse", client_callers=8, limits={"backoff": backoff})
    with ground(tmp_path, platform) as here:
        run = here.run(fan(nap, 3, 0.03))
    assert run.result() == [0, 1, 2]
    assert run.account.refusals > 0
    assert most_at_once(run.account.invocations) == 1
    assert all(not any((each.waited.concurrency_ns, each.waited.ramp_ns)) for each in run.account.invocations)


def test_who_is_refused_to_the_end_fails_the_run(tmp_path: Path) -> None:
    with ground(tmp_path, platform_with(concurrency=1, over_limit="refuse", client_callers=8)) as here:
        run = here.run(fan(nap, 2, 0.1))
    assert run.failure is not None
    assert "over the platform's limit" in run.failure


def test_new_instances_come_no_faster_than_the_ramp(tmp_path: Path) -> None:
    platform = platform_with(client_callers=8, limits={"ramp_per_s": 10.0, "ramp_burst": 1})
    with ground(tmp_path, platform) as here:
        run = here.run(fan(nap, 3, 0.5))
    born_ns = sorted(each.created_ns for each in run.account.instances)
    gaps_s = [(later - earlier) / NS_PER_S for earlier, later in pairwise(born_ns)]
    assert len(born_ns) == 3
    assert all(gap_s >= 0.099 for gap_s in gaps_s)
    assert sum(each.waited.ramp_ns > 0 for each in run.account.invocations) == 2


def test_who_runs_for_too_long_is_killed(tmp_path: Path) -> None:
    platform = platform_with(max_duration_s=0.3, max_attempts=2)
    with ground(tmp_path, platform) as here:
        run = here.run(fan(nap, 1, 30.0))
    assert run.failure is not None
    assert "attempt 2 of 2: killed at the maximum duration of 0.3 s" in run.failure
    assert [each.status for each in run.account.invocations] == ["killed", "killed"]
    for each in run.account.invocations:
        assert each.ended_ns - each.started_ns >= 0.3 * NS_PER_S


def test_an_idle_instance_is_reclaimed_when_its_time_has_passed(tmp_path: Path) -> None:
    with ground(tmp_path, platform_with(keep_alive_s=0.3)) as here:
        first = here.run(fan(square, 1))
        warm = here.run(fan(square, 1))
        time.sleep(0.6)
        assert not here.local.pids
        cold = here.run(fan(square, 1))
    assert [run.account.invocations[0].cold for run in (first, warm, cold)] == [True, False, True]
    [ended] = first.account.instances
    [again] = cold.account.instances
    assert ended.pid != again.pid


@pytest.mark.parametrize(("routing", "expected"), [("newest", 2), ("oldest", 0)])
def test_the_idle_instance_that_serves_is_the_one_that_the_routing_names(
    tmp_path: Path, routing: str, expected: int
) -> None:
    with ground(tmp_path, platform_with(routing=routing, client_callers=8)) as here:
        here.run(fan(pid_after, 3, 0.3))
        run = here.run(fan(square, 1))
    assert run.account.invocations[0].instance == expected


def test_a_prewarm_turns_a_cold_start_into_a_warm_one_and_a_needless_one_is_told(tmp_path: Path) -> None:
    program = fan(square, 1)
    plan = Plan(
        planner="by hand",
        workflow=program.workflow.fingerprint,
        workers=(PlannedWorker("w", SIZE_MB),),
        assignment=(0,),
        flexible_mb=None,
        priority=(0,),
        prewarms=(Prewarm(SIZE_MB, 0.0),),
    )
    with ground(tmp_path, platform_with()) as here:
        warmed = here.local.run(program, plan, store=f"files:{tmp_path / 'store'}", out=tmp_path / "a", seed=1)
        needless = here.local.run(program, plan, store=f"files:{tmp_path / 'store'}", out=tmp_path / "b", seed=1)
    assert [each.cold for each in warmed.account.prewarms] + [each.cold for each in needless.account.prewarms] == [
        True,
        False,
    ]
    assert not needless.account.invocations[0].cold


def test_declared_times_are_floors(tmp_path: Path) -> None:
    platform = platform_with(call_s=0.05, provisioning_s=0.3, init_s=0.2, warm_s=0.1)
    with ground(tmp_path, platform) as here:
        cold, warm = (here.run(fan(square, 1)).account for _ in range(2))
    [first], [second] = cold.invocations, warm.invocations
    assert first.requested_ns - cold.submitted_ns >= 0.05 * NS_PER_S
    assert first.provisioned_ns - first.admitted_ns >= 0.3 * NS_PER_S
    assert first.started_ns - first.provisioned_ns >= 0.2 * NS_PER_S
    assert second.started_ns - second.admitted_ns >= 0.1 * NS_PER_S


def test_instances_that_are_there_from_the_beginning_are_warm(tmp_path: Path) -> None:
    initial: Any = [{"memory_mb": SIZE_MB, "count": 2}]
    with ground(tmp_path, platform_with(initial=initial)) as here:
        assert len(here.local.pids) == 2
        run = here.run(fan(square, 2))
    assert not any(each.cold for each in run.account.invocations)
    assert {each.origin for each in run.account.instances} == {"initial"}
