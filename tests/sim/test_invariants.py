"""What holds of every run: random workflows, plans, platforms and seeds against all rules."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, given, settings

from executor.records.run import Run
from planners.check import check_plan
from planners.plan import Plan
from platforms import Platform
from sim import simulate
from tests.sim import accounts, invariants
from tests.sim.strategies import limits, settings_of_runs, whole_durations
from workloads import Workflow

RULES: tuple[invariants.Rule, ...] = (
    invariants.each_task_is_committed_once,
    invariants.no_task_runs_again_without_need,
    invariants.inputs_are_there_before_they_are_read,
    invariants.cpus_are_not_exceeded,
    invariants.networks_are_not_exceeded,
    invariants.an_instance_serves_one_at_a_time,
    invariants.starts_are_cold_without_idle_instances_alone,
    invariants.instances_are_accounted_for,
    invariants.limits_are_kept,
    invariants.waits_are_the_fault_of_limits,
    invariants.invocations_go_through_life_in_order,
    accounts.the_bill_adds_up,
    accounts.no_run_beats_its_bound,
    accounts.operations_begin_when_their_cause_ends,
    accounts.the_critical_path_explains_the_makespan,
    accounts.a_failure_has_a_reason,
)


def check(run: Run) -> None:
    """All rules."""
    for rule in RULES:
        rule(run)


Setting = tuple[Workflow, Plan, Platform, int]
random_runs = settings(
    max_examples=6 * settings().max_examples,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


@random_runs
@given(settings_of_runs())
def test_without_limits_every_run_completes(setting: Setting) -> None:
    workflow, plan, platform, seed = setting
    run = simulate(workflow, plan, platform, seed=seed)
    check(run)
    assert run.status == "complete", run.failure


@random_runs
@given(settings_of_runs(limits))
def test_with_limits_a_run_completes_or_says_why_not(setting: Setting) -> None:
    workflow, plan, platform, seed = setting
    assume(not check_plan(plan, workflow, platform))
    check(simulate(workflow, plan, platform, seed=seed))


@random_runs
@given(settings_of_runs(limits, whole_durations))
def test_where_much_happens_at_once(setting: Setting) -> None:
    workflow, plan, platform, seed = setting
    assume(not check_plan(plan, workflow, platform))
    check(simulate(workflow, plan, platform, seed=seed))
