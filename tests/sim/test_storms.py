"""What holds of every run in bad weather: the rules of calm runs, with faults by rates, limits and store limits on."""

from __future__ import annotations

from io import BytesIO

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from executor.records.run import Run
from executor.worker.replay import replay
from planners.check import check_plan
from planners.plan import Plan
from platforms import Platform
from platforms.faults import Faults
from sim import simulate
from tests.sim import accounts, invariants
from tests.sim.strategies import limits, settings_of_runs, unlimited
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
)
often = st.sampled_from([0.0, 0.0, 0.05, 0.3])
weathers = st.fixed_dictionaries(
    {
        "rates": st.fixed_dictionaries(
            {
                "task_error": often,
                "crash_per_s": st.sampled_from([0.0, 0.0, 0.05, 0.5]),
                "false_alarm_per_s": st.sampled_from([0.0, 0.0, 0.0, 0.2]),
                "store_error": often,
                "request_loss": often,
                "message_loss": often,
                "message_delay": often,
                "message_duplication": often,
                "invocation_refusal": often,
            }
        ),
        "retry": st.fixed_dictionaries(
            {
                "initial_s": st.sampled_from([0.0, 0.1]),
                "factor": st.just(2.0),
                "maximum_s": st.just(1.0),
                "jitter": st.sampled_from([0.0, 1.0]),
                "attempts": st.sampled_from([1, 2, 20]),
            }
        ),
        "timeout_s": st.sampled_from([0.2, 2.0]),
        "late_s": st.sampled_from([0.0, 1.0]),
        "detection_s": st.sampled_from([0.0, 0.7]),
        "poll_s": st.sampled_from([0.5, 3.0]),
    }
)
store_rates = st.fixed_dictionaries(
    {name: st.sampled_from([None, None, 2.0, 20.0]) for name in ("get_requests_per_s", "put_requests_per_s")}
)
Setting = tuple[Workflow, Plan, Platform, int]
stormy = settings(
    max_examples=3 * settings().max_examples,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


def storm(platform: Platform, weather: dict[str, object], rates: dict[str, float | None]) -> Platform:
    faults = Faults.model_validate(weather)
    return platform.model_copy(update={"faults": faults, "store": platform.store.model_copy(update=rates)})


def check(run: Run) -> None:
    """All rules; and a run that fails says why."""
    for rule in RULES:
        rule(run)
    assert run.status == "complete" or run.failure


@stormy
@given(settings_of_runs(unlimited), weathers, store_rates)
def test_the_rules_hold_in_storms(setting: Setting, weather: dict[str, object], rates: dict[str, float | None]) -> None:
    workflow, plan, platform, seed = setting
    check(simulate(workflow, plan, storm(platform, weather, rates), seed=seed, check=True))


@stormy
@given(settings_of_runs(limits), weathers, store_rates)
def test_the_rules_hold_in_storms_under_limits(
    setting: Setting, weather: dict[str, object], rates: dict[str, float | None]
) -> None:
    workflow, plan, platform, seed = setting
    assume(not check_plan(plan, workflow, platform))
    log = BytesIO()
    check(simulate(workflow, plan, storm(platform, weather, rates), seed=seed, event_log=log))
    log.seek(0)
    assert replay(log) is None
