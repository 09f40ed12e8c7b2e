"""Faults by hand: what a script asks for happens, and what happens has the consequences it should."""

from __future__ import annotations

from executor.faults import ScriptedFault
from executor.records.run import Run
from planners.plan import Plan, PlannedWorker
from platforms import load_platform
from sim import simulate
from workloads import Workflow, WorkflowBuilder


def chain(n_tasks: int) -> Workflow:
    """t0 → t1 → …, a second each."""
    builder = WorkflowBuilder("chain")
    for i in range(n_tasks):
        builder.add_object(f"o{i}", 10)
        builder.add_task(f"t{i}", inputs=[f"o{i - 1}"] if i else [], outputs=[f"o{i}"], cpu_s=1.0)
    return builder.build()


def run(workflow: Workflow, *faults: ScriptedFault, seed: int = 1, hold: bool = True, **overrides: object) -> Run:
    """Tasks dealt to two workers in turn."""
    n = workflow.n_tasks
    plan = Plan(
        planner="by hand",
        workflow=workflow.fingerprint,
        workers=(PlannedWorker("w0", 1769, hold), PlannedWorker("w1", 1769, hold)),
        assignment=tuple(task % 2 for task in range(n)),
        flexible_mb=None,
        priority=tuple(range(n)),
    )
    platform = load_platform("ideal", {"limits.max_attempts": 3, "limits.backoff.attempts": 3, **overrides})
    return simulate(workflow, plan, platform, seed=seed, faults=faults)


def test_a_crash_during_a_get_that_the_store_denies() -> None:
    overrides = {"store.get_requests_per_s": 1.0, "faults.retry": {"initial_s": 1.0, "maximum_s": 1.0, "attempts": 9}}
    faults = [ScriptedFault("t3", attempt, "crash", "get") for attempt in (1, 2)]
    stormy = run(chain(4), *faults, **overrides)
    assert stormy.status == "complete"
    assert stormy.invocations["status"].tolist().count("killed") == 2


def test_a_script_counts_what_the_rates_strike_and_goes_first() -> None:
    """Run 1 of t1 is slow, whatever the rates would have done to it."""
    for seed in range(20):
        faults = [ScriptedFault("t1", 1, "straggler")]
        overrides = {"faults.rates.task_error": 0.5, "faults.retry.attempts": 50, "noise.straggler_factor": 7.0}
        tasks = run(chain(2), *faults, seed=seed, **overrides).tasks
        first = next(row for row in tasks.rows() if row["task"] == "t1")
        assert (first["outcome"], round(first["end_s"] - first["start_s"], 9)) == ("done", 7.0)


def test_nobody_runs_on_after_a_run_was_given_up() -> None:
    """W0 was released but does not hear of it, and is called again; then t1 fails for good."""
    faults = [ScriptedFault("t2", 1, "read-unanswered"), *(ScriptedFault("t1", k, "task-error") for k in range(1, 10))]
    failed = run(chain(3), *faults, hold=False, **{"faults.timeout_s": 1000.0, "limits.max_attempts": 1})
    assert failed.status == "failed"
    assert max(failed.invocations["ended_s"]) < 100


def test_a_stuck_run_ends_although_somebody_may_die_in_years() -> None:
    """Two workers that need each other, one instance, everybody asks each second; a death is some years away."""
    workflow = chain(4)
    stuck = run(workflow, **{"limits.concurrency": 1, "faults.poll_s": 1.0, "faults.rates.crash_per_s": 1e-8})
    assert stuck.operations.n_rows < 1000


def test_who_is_taken_for_dead_and_lives_holds_an_instance_of_the_same_run() -> None:
    """Both epochs of w0 hold one of two instances, and wait for t1 of w1, which gets none."""
    overrides = {"limits.concurrency": 2, "invocation.call_s": 1.0}
    stuck = run(chain(3), ScriptedFault("t1", 1, "false-alarm", "call", 0.5), **overrides)
    assert stuck.failure == (
        "deadlock: w1 waits for an instance (at most 2, held by w0, an earlier epoch of w0); "
        "w0 holds one and waits for t1 of w1"
    )
