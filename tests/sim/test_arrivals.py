"""Many runs on one pool: who comes second finds warm instances, and every run keeps its own luck."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from planners.plan import Prewarm
from planners.registry import make_planner
from platforms import Platform, load_platform
from sim import Arrivals, Setting, at, every, poisson, simulate, simulate_arrivals
from tests.sim.small import chain, plan_of
from workloads import load_workflow

CONSTANT = {
    "start.provisioning_s": 0.3,
    "start.init_s": 0.1,
    "start.warm_s": 0.01,
    "invocation.call_s": 0.05,
    "store.get_latency_s": 0.02,
    "store.put_latency_s": 0.03,
    "ledger.request_s": 0.005,
    "ledger.notify_s": 0.004,
    "noise.sigma": 0,
    "network.instance": "none",
    "network.connection_bytes_per_s": "none",
}


def lambda_s3(**overrides: object) -> Platform:
    return load_platform("aws-lambda-s3", CONSTANT | {k.replace("__", "."): v for k, v in overrides.items()})


def setting(platform: Platform, spec: str = "gen:chain,depth=1", planner: str = "one-per-task") -> Setting:
    workflow = load_workflow(spec)
    return Setting(workflow, make_planner(planner).plan(workflow, platform), platform)


def latencies(result: Arrivals) -> list[float]:
    return [round(float(value), 9) for value in result.requests["latency_s"]]


def test_the_second_request_is_warm_until_the_instance_expires() -> None:
    """One task of 1 s: call .05, start .4 or .01, fetch .02, 1 s, put .03, commit .005.

    Requests at 0, 10 (warm: idle since ~1.5) and 100 (keep-alive 60 s: idle since ~11.1, so cold).
    """
    ready = setting(lambda_s3(keep_alive_s=60))
    result = simulate_arrivals([ready], at([0, 10, 100]), seed=1)
    assert latencies(result) == [1.505, 1.115, 1.505]
    assert result.requests["cold_starts"].tolist() == [1, 0, 1]
    assert result.instances.n_rows == 2
    assert result.instances["ended_s"].tolist() == pytest.approx([11.115 + 60, 101.505 + 60])


def test_two_workflows_share_a_pool_of_one_size() -> None:
    platform = lambda_s3()
    first, second = setting(platform), setting(platform, "gen:chain,depth=2", "all-on-one")
    result = simulate_arrivals([first, second], iter([(0.0, 0), (5.0, 1), (10.0, 0)]), seed=1)
    assert result.requests["workflow"].tolist() == [0, 1, 0]
    assert result.requests["cold_starts"].tolist() == [1, 0, 0]


def test_requests_at_one_instant_each_get_an_instance() -> None:
    result = simulate_arrivals([setting(lambda_s3())], at([0.0] * 5), seed=1)
    assert result.instances.n_rows == 5
    assert latencies(result) == [1.505] * 5


def test_a_limit_makes_them_wait_in_turn() -> None:
    """Two at a time; each holds its instance 1.055 s (warm start included) after the first cold ones."""
    result = simulate_arrivals([setting(lambda_s3(limits__concurrency=2))], at([0.0] * 4), seed=1)
    assert result.instances.n_rows == 2
    first, later = 1.505, 1.505 + 0.01 + 0.02 + 1 + 0.03 + 0.005
    assert latencies(result) == [first, first, round(later, 9), round(later, 9)]


def test_refused_requests_without_a_second_try_are_lost() -> None:
    platform = lambda_s3(limits__concurrency=1, limits__over_limit="refuse", limits__backoff__attempts=1)
    result = simulate_arrivals([setting(platform)], at([0.0, 0.5, 5.0]), seed=1)
    assert result.requests["status"].tolist() == ["complete", "failed", "complete"]
    assert "over the platform's limit" in result.requests["failure"][1]


def test_a_refused_request_comes_again_after_its_back_off() -> None:
    """Refused at .55; again after 1 s (call .05): refused no more at 1.6, for the first left at 1.505."""
    back_off = {"initial_s": 1.0, "factor": 2.0, "maximum_s": 60.0, "attempts": 5}
    overrides = {f"limits__backoff__{name}": value for name, value in back_off.items()}
    platform = lambda_s3(limits__concurrency=1, limits__over_limit="refuse", **overrides)
    result = simulate_arrivals([setting(platform)], at([0.0, 0.5]), seed=1)
    assert latencies(result) == [1.505, round(0.05 + 1 + 0.05 + 0.01 + 0.02 + 1 + 0.03 + 0.005, 9)]


def test_a_poisson_process_has_its_rate_and_its_seed() -> None:
    times = np.array([time_s for time_s, _ in poisson(5.0, 20_000, seed=3)])
    gaps = np.diff(times)
    assert gaps.mean() == pytest.approx(0.2, rel=4 / np.sqrt(20_000))
    assert gaps.std() == pytest.approx(0.2, rel=0.05)
    assert times.tolist() == [time_s for time_s, _ in poisson(5.0, 20_000, seed=3)]
    assert times[0] != next(poisson(5.0, 1, seed=4))[0]


def test_every_comes_at_even_intervals() -> None:
    assert list(every(2.5, 3, workflow=1)) == [(0.0, 1), (2.5, 1), (5.0, 1)]


def test_kept_runs_say_the_same_as_the_requests() -> None:
    platform = load_platform("aws-lambda-s3")
    ready = setting(platform, "gen:forkjoin,width=3", "wukong")
    result = simulate_arrivals([ready], poisson(0.5, 20, seed=1), seed=5, keep_runs=True)
    assert [run.makespan_s for run in result.runs] == result.requests["latency_s"].tolist()
    assert [run.cold_starts for run in result.runs] == result.requests["cold_starts"].tolist()
    for run in result.runs:
        assert sum(segment.length_ns for segment in run.critical_path()) == run.makespan_ns


def test_one_request_alone_is_the_run_of_the_workflow() -> None:
    """With nothing left to chance, an arrival at 7 s is the plain simulation, seven seconds later."""
    ready = setting(lambda_s3(), "gen:layered,width=4,depth=3", "heft")
    alone = simulate(ready.workflow, ready.plan, ready.platform, seed=1)
    result = simulate_arrivals([ready], at([7.0]), seed=1, keep_runs=True)
    assert result.runs[0].makespan_ns == alone.makespan_ns
    assert result.runs[0].tasks["start_s"].tolist() == pytest.approx(alone.tasks["start_s"].tolist())


def test_requests_do_not_share_their_luck() -> None:
    ready = setting(load_platform("aws-lambda-s3"))
    result = simulate_arrivals([ready], every(1000.0, 600), seed=1)
    assert len(set(latencies(result))) > 590


def test_arrivals_must_come_in_order() -> None:
    with pytest.raises(ValueError, match="before the one before it"):
        simulate_arrivals([setting(lambda_s3())], at([5.0, 1.0]), seed=1)


def test_faults_befall_requests_each_by_itself() -> None:
    """A run fails with probability ¼ at each of three attempts: 1 in 64 requests fails."""
    platform = lambda_s3(**{"faults.rates.task_error": 0.25, "limits.max_attempts": 1})
    result = simulate_arrivals([setting(platform)], every(5.0, 1500), seed=1)
    failed = (result.requests["status"] == "failed").mean()
    assert abs(failed - 1 / 64) < 3.5 * np.sqrt(1 / 64 / 1500)
    assert len(set(latencies(result))) > 300


def test_a_storm_ends() -> None:
    """Crashes, lost and doubled messages, lost requests: every request ends, complete or with its reason."""
    rates = {"crash_per_s": 0.1, "message_loss": 0.1, "message_duplication": 0.1, "request_loss": 0.05}
    stormy = {f"faults.rates.{name}": rate for name, rate in rates.items()}
    platform = lambda_s3(**stormy, **{"faults.poll_s": 2, "limits.max_attempts": 3})
    ready = [setting(platform, "gen:forkjoin,width=3", planner) for planner in ("wukong", "heft")]
    arrivals = [(float(k), k % 2) for k in range(200)]
    result = simulate_arrivals(ready, arrivals, seed=1)
    complete = result.requests["status"] == "complete"
    assert 0.3 < complete.mean() < 1
    assert all(result.requests["failure"][~complete])


def test_deadlocked_requests_are_all_given_up() -> None:
    """Each has w0 hold the only instance and wait for w1, and a prewarm queue behind it: one after the other fails."""
    platform = lambda_s3(limits__concurrency=1, limits__max_duration_s="none")
    workflow = chain(3)
    held = plan_of(workflow, [0, 1, 0], hold=True)
    plan = msgspec.structs.replace(held, prewarms=(Prewarm(held.workers[0].memory_mb, 0.2, 1),))
    result = simulate_arrivals([Setting(workflow, plan, platform)], at([0.0, 0.0, 0.0]), seed=1)
    assert result.requests["status"].tolist() == ["failed"] * 3
    assert all("deadlock" in failure for failure in result.requests["failure"])
