"""The fast lane gives what the general way gives: every column of every request, to the nanosecond.

Requests whose records are kept take the general way, so `keep_runs` tells which of the two a simulation takes.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planners.plan import Prewarm
from planners.registry import make_planner
from platforms import Platform, change_platform, load_platform
from sim import Arrivals, Setting, poisson, simulate_arrivals
from sim.rehearsal import rehearse
from tests.sim.small import plan_of
from tests.sim.strategies import (
    durations,
    limits,
    plans,
    platforms,
    whole_durations,
    workflows,
)
from workloads import WorkflowBuilder, load_workflow

NOTHING_SHARED = {"host.cores": "none", "network.instance": "none", "cpu.slots": 1}
BUCKET = {"burst_bytes": 1e6, "burst_bytes_per_s": 1e8, "sustained_bytes_per_s": 1e7, "refill_s": 1}


def both_ways(ready: list[Setting], arrivals: list[tuple[float, int]], seed: int) -> tuple[Arrivals, Arrivals]:
    """The same requests with and without the lane."""
    return (
        simulate_arrivals(ready, iter(arrivals), seed=seed),
        simulate_arrivals(ready, iter(arrivals), seed=seed, keep_runs=True),
    )


def assert_alike(fast: Arrivals, general: Arrivals) -> None:
    for name in ("requests", "stays", "instances"):
        one, other = getattr(fast, name), getattr(general, name)
        assert list(one) == list(other)
        for column in one:
            np.testing.assert_array_equal(one[column], other[column], err_msg=f"{name}.{column}")
    assert fast.end_s == general.end_s


# random settings ------------------------------------------------------------------------------------------


@st.composite
def streams(draw: st.DrawFn, n_settings: int) -> list[tuple[float, int]]:
    """Up to 40 arrivals, many at the same instant, or at the instant at which something else happens."""
    gaps = st.sampled_from([0.0, 0.0, 0.1, 0.5, 1.0]) | st.floats(0, 3)
    at_s, arrivals = 0.0, []
    for gap_s in draw(st.lists(gaps, min_size=1, max_size=40)):
        at_s += gap_s
        arrivals.append((at_s, draw(st.integers(0, n_settings - 1))))
    return arrivals


@st.composite
def platforms_with_a_lane(draw: st.DrawFn) -> Platform:
    """All that the pool may be asked for, and nothing that requests share but the pool."""
    figures = draw(st.sampled_from([durations, whole_durations]))
    return change_platform(draw(platforms(limits, figures)), NOTHING_SHARED)


@st.composite
def crowds(draw: st.DrawFn) -> tuple[list[Setting], list[tuple[float, int]], int]:
    """One to three settings of one task, perhaps with a DAG among them, and arrivals of all of them."""
    platform = draw(platforms_with_a_lane())
    ready = [draw(one_task(platform)) for _ in range(draw(st.integers(1, 3)))]
    if draw(st.booleans()):
        dag = draw(workflows(most_tasks=4))
        ready.append(Setting(dag, draw(plans(dag)), platform))
    return ready, draw(streams(len(ready))), draw(st.integers(0, 2**32 - 1))


@st.composite
def one_task(draw: st.DrawFn, platform: Platform) -> Setting:
    workflow = draw(workflows(most_tasks=1))
    return Setting(workflow, draw(plans(workflow, prewarms=False)), platform)


@given(crowds())
@settings(deadline=None)
def test_the_lane_changes_nothing(crowd: tuple[list[Setting], list[tuple[float, int]], int]) -> None:
    ready, arrivals, seed = crowd
    assert_alike(*both_ways(ready, arrivals, seed))


# what the random settings must not miss -------------------------------------------------------------------


def setting(workflow: str = "gen:chain,depth=1,bytes=0", planner: str = "one-per-task", **overrides: Any) -> Setting:
    fields = {name.replace("__", "."): value for name, value in overrides.items()}
    platform = load_platform("aws-lambda-s3", NOTHING_SHARED | fields)
    found = load_workflow(workflow)
    return Setting(found, make_planner(planner).plan(found, platform), platform)


BUSY: dict[str, dict[str, object]] = {
    "plain": {},
    "noise": {"noise.sigma": 0.4, "noise.straggler_probability": 0.1, "noise.straggler_factor": 3},
    "queue": {"limits.concurrency": 12},
    "refuse": {"limits.concurrency": 12, "limits.over_limit": "refuse", "limits.backoff.attempts": 5},
    "lost": {"limits.concurrency": 8, "limits.over_limit": "refuse", "limits.backoff.attempts": 1},
    "ramp": {"limits.ramp_per_s": 1, "limits.ramp_burst": 3},
    "killed": {"limits.max_duration_s": 1.1, "limits.max_attempts": 2},
    "short-lived": {"keep_alive_s": 0.5},
    "half-life": {"keep_alive.kind": "half_life", "keep_alive.half_life_s": 1.0},
}


@pytest.mark.parametrize("routing", ["newest", "oldest", "most-recently-used", "least-recently-used", "random"])
@pytest.mark.parametrize("case", BUSY)
def test_a_busy_pool(case: str, routing: str) -> None:
    """200 requests at 15 a second, of about a second each, on a platform that hinders them in its way."""
    ready = setting(planner="wukong", routing=routing, **BUSY[case])
    assert rehearse(ready)
    fast, general = both_ways([ready], list(poisson(15.0, 200, seed=1)), seed=2)
    assert_alike(fast, general)
    seen = fast.requests
    hindered = {
        "queue": seen["wait_s"].any(),
        "refuse": seen["refusals"].any(),
        "lost": (seen["status"] == "failed").any(),
        "ramp": seen["wait_s"].any(),
        "killed": (seen["cold_starts"] + seen["warm_starts"] > 1).any(),
    }
    assert hindered.get(case, True)


def test_inputs_are_fetched_together() -> None:
    """Ten at a time, as many as there are: the longest fetch counts."""
    ready = setting("gen:chain,depth=1,bytes=5000000")
    assert_alike(*both_ways([ready], list(poisson(5.0, 100, seed=3)), seed=3))


# who may take it ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("overrides", "takes"),
    [
        ({}, True),
        ({"limits.concurrency": 1}, True),
        ({"sizes.default_mb": 3538, "cpu.slots": "none"}, True),  # two slots, but there is one task
        ({"host.cores": 4}, False),
        ({"faults.rates.store_error": 0.01}, False),
        ({"faults.poll_s": 5}, False),
        ({"store.get_requests_per_s": 100}, False),
        ({"network.instance": BUCKET}, False),
    ],
)
def test_who_shares_nothing_may_take_it(overrides: dict[str, object], takes: bool) -> None:
    assert bool(rehearse(setting("gen:chain,depth=1", **overrides))) is takes


def test_who_moves_nothing_shares_no_network() -> None:
    assert rehearse(setting(**{"network.instance": BUCKET}))


def test_more_than_one_task_goes_the_general_way() -> None:
    assert rehearse(setting("gen:chain,depth=2")) is None


def test_a_prewarm_goes_the_general_way() -> None:
    ready = setting()
    plan = msgspec.structs.replace(ready.plan, prewarms=(Prewarm(ready.plan.workers[0].memory_mb, 0.0, 1),))
    assert rehearse(Setting(ready.workflow, plan, ready.platform)) is None


def test_fetches_that_wait_for_each_other_go_the_general_way() -> None:
    """With two at a time, the third of three begins when either of the first has ended."""
    builder = WorkflowBuilder("three inputs")
    inputs = [builder.add_object(f"in{i}", 1000) for i in range(3)]
    builder.add_task("t", cpu_s=1.0, inputs=inputs)
    workflow = builder.build()
    for at_a_time, takes in ((3, True), (2, False)):
        platform = load_platform("aws-lambda-s3", NOTHING_SHARED | {"network.parallel_transfers": at_a_time})
        assert bool(rehearse(Setting(workflow, plan_of(workflow, [0]), platform))) is takes


def test_the_books_agree_with_the_runs() -> None:
    """Costs and waits as the runs' own tables have them; the bill's standing cost is no request's."""
    ready = setting("gen:forkjoin,width=3", **BUSY["queue"])
    result = simulate_arrivals([ready], poisson(4.0, 60, seed=1), seed=2, keep_runs=True)
    for run, cost_usd, wait_s in zip(result.runs, result.requests["cost_usd"], result.requests["wait_s"], strict=True):
        assert cost_usd == pytest.approx(sum(item.usd for item in run.bill.items if item.name != "store standing"))
        assert wait_s == pytest.approx(run.invocations["admission_ns"].sum() / 1e9)
    assert result.requests["wait_s"].any()


def test_stays_are_the_invocations() -> None:
    result = simulate_arrivals([setting()], poisson(5.0, 200, seed=1), seed=1)
    assert (np.diff(result.stays["begin_s"]) >= 0).all()
    uses = np.bincount(result.stays["instance"], minlength=result.instances.n_rows)
    assert uses.tolist() == result.instances["uses"].tolist()
