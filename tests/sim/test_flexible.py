"""Clustering, held outputs and trees of calls in simulated runs: all rules hold, logs replay, accounts add up."""

from __future__ import annotations

import io

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from executor.worker.replay import replay
from optimizations.cluster_fan_in import ClusterFanIn
from optimizations.cluster_fan_out import ClusterFanOut
from optimizations.delay_io import DelayIo
from optimizations.fan_out_helper import FanOutHelper
from optimizations.optimization import Optimization
from planners.bounds import lower_bound
from planners.check import check_plan
from planners.orders import DelayIO, Orders
from planners.plan import Plan
from platforms import Platform
from sim import simulate
from tests.sim.figures import figures
from tests.sim.strategies import limits, settings_of_runs
from tests.sim.test_invariants import check
from workloads import Workflow

SWITCHES: tuple[Optimization, ...] = (ClusterFanOut(), ClusterFanIn(), DelayIo(), FanOutHelper())
thresholds = st.sampled_from([None, 0, 1, 100_000, 10_000_000])
runs = settings(
    max_examples=max(25, settings().max_examples // 3),
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


@st.composite
def orders(draw: st.DrawFn) -> Orders:
    delay = st.builds(
        DelayIO,
        st.sampled_from([0, 1, 100_000]),
        st.sampled_from([0.01, 0.5, 20.0]),
        st.sampled_from([None, None, 0.05, 1.0]),
    )
    return Orders(
        cluster_fan_out_bytes=draw(thresholds),
        cluster_fan_in_bytes=draw(thresholds),
        delay_io=draw(st.none() | delay),
        fan_out_helpers=draw(st.sampled_from([None, 1, 2, 5])),
    )


def all_flexible(workflow: Workflow, plan: Plan, platform: Platform, asked: Orders) -> Plan:
    """The same workers' work, with nobody named for it."""
    size_mb = plan.flexible_mb or max(worker.memory_mb for worker in plan.workers)
    return msgspec.structs.replace(
        plan, workers=(), assignment=(None,) * workflow.n_tasks, flexible_mb=size_mb, prewarms=(), orders=asked
    )


@runs
@given(settings_of_runs(), orders())
def test_every_run_completes_and_keeps_the_rules(setting: tuple[Workflow, Plan, Platform, int], asked: Orders) -> None:
    workflow, plan, platform, seed = setting
    plan = all_flexible(workflow, plan, platform, asked)
    if check_plan(plan, workflow, platform):
        return
    log = io.BytesIO()
    run = simulate(workflow, plan, platform, seed=seed, event_log=log, check=True)
    assert run.status == "complete", run.failure
    check(run)
    log.seek(0)
    assert replay(log) is None
    for switch in SWITCHES:
        account = switch.account(run)
        assert account.planned >= account.applied == account.used + account.wasted
        assert account.redundant <= account.wasted
        assert switch.is_on(plan) or account.applied == 0
        assert not switch.is_on(switch.off(plan))


@runs
@given(settings_of_runs(limits), orders())
def test_with_limits_none_is_kept_from_starting(setting: tuple[Workflow, Plan, Platform, int], asked: Orders) -> None:
    """Where calls queue; one that is refused too often fails the run, as it does without."""
    workflow, plan, platform, seed = setting
    plan = all_flexible(workflow, plan, platform, asked)
    if check_plan(plan, workflow, platform):
        return
    run = simulate(workflow, plan, platform, seed=seed, check=True)
    check(run)
    if platform.limits.over_limit == "queue" and platform.limits.max_duration_s is None:
        assert run.status == "complete", run.failure


@runs
@given(settings_of_runs(), orders())
def test_no_run_undercuts_the_bound_of_its_plan(setting: tuple[Workflow, Plan, Platform, int], asked: Orders) -> None:
    workflow, plan, _, seed = setting
    platform = figures(**{"sizes.min_mb": 1, "sizes.max_mb": 100_000, "sizes.step_mb": 1})
    plan = all_flexible(workflow, plan, platform, asked)
    if check_plan(plan, workflow, platform):
        return
    run = simulate(workflow, plan, platform, seed=seed)
    assert run.makespan_s is not None
    assert run.makespan_s >= lower_bound(workflow, plan, platform).makespan_s * (1 - 1e-6)
