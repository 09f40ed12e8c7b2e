"""Copies of tasks in virtual time: by hand, under every single fault, in storms, and what they cost.

Figures of `tests.sim.figures`, all data without bytes: a get takes 30 ms, a put 50, a ledger request 10, a message 5, a
call 100, a cold start 500.
"""

from __future__ import annotations

from io import BytesIO
from random import Random

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.faults import ScriptedFault
from executor.records.run import Run
from executor.worker.replay import replay
from optimizations.backup import Backup as BackupSwitch
from optimizations.duplicate import Duplicate as DuplicateSwitch
from planners.bounds import lower_bound
from planners.check import check_plan
from planners.orders import Backup, Duplicate, Orders
from planners.plan import Plan
from platforms import Platform, load_platform
from sim import Setting, every, simulate, simulate_arrivals
from tests.executor.cases import random_plan, random_workflow
from tests.executor.copied import with_copies
from tests.sim import accounts, invariants
from tests.sim.figures import MS, figures
from tests.sim.small import independent_tasks, plan_of
from tests.sim.test_every_fault import PLATFORM, faults_of
from workloads import Workflow, WorkflowBuilder

RULES = (
    invariants.each_task_is_committed_once,
    invariants.inputs_are_there_before_they_are_read,
    invariants.an_instance_serves_one_at_a_time,
    invariants.invocations_go_through_life_in_order,
    accounts.the_bill_adds_up,
    accounts.no_run_beats_its_bound,
    accounts.operations_begin_when_their_cause_ends,
    accounts.the_critical_path_explains_the_makespan,
)


def late(long_s: float = 5.0, short_s: float = 1.0) -> Workflow:
    """Task u, short, stands behind `long` on its worker; c, on the other one, has b's output and waits for u's.

    ::

        w0   long · · · · ·  u ─┐
        w1   b ─────────────────┴─ c
    """
    builder = WorkflowBuilder("late")
    builder.add_object("in", 0)
    for name in ("long", "u", "b", "c"):
        builder.add_object(f"{name}.out", 0)
    builder.add_task("long", cpu_s=long_s, outputs=["long.out"])
    builder.add_task("u", cpu_s=short_s, inputs=["in"], outputs=["u.out"])
    builder.add_task("b", cpu_s=1.0, outputs=["b.out"])
    builder.add_task("c", cpu_s=1.0, inputs=["b.out", "u.out"], outputs=["c.out"])
    return builder.build()


def ordering(plan: Plan, **orders: object) -> Plan:
    return msgspec.structs.replace(plan, orders=Orders(**orders))  # type: ignore[arg-type]


def run_of(workflow: Workflow, plan: Plan, platform: Platform, *faults: ScriptedFault, seed: int = 1) -> Run:
    assert not check_plan(plan, workflow, platform)
    run = simulate(workflow, plan, platform, seed=seed, check=True, faults=faults)
    assert run.status == "complete", run.failure
    for rule in RULES:
        rule(run)
    return run


def committed_ms(run: Run, task: str) -> float:
    rows = run.tasks["task"] == task
    return round(float(run.tasks["committed_s"][rows][0]) * 1e3, 6)


# duplicates, by hand --------------------------------------------------------------------------------------


def test_a_duplicate_is_used_and_saves_what_it_should() -> None:
    """By hand, in ms. w0 is called by 100 and up at 600, w1 by 200 and up at 700.

    Usually: long until 5600, u until 6600, put 6650, commit 6660, message 6665, get 6695, c until 7695, put and commit
    7755. With the copy: b until 1700, 250 of patience, get 1980, u until 2980, put 3030, commit 3040, and c, which has
    what it needs, until 4040, put and commit 4100. w0 never runs u: it hears of the copy while it is busy.
    """
    workflow = late()
    usual = plan_of(workflow, [0, 0, 1, 1])
    copied = ordering(usual, duplicate=(Duplicate(1, 3, 0.25),))
    without, with_it = (run_of(workflow, plan, figures()) for plan in (usual, copied))
    assert committed_ms(without, "c") == 7755
    assert committed_ms(with_it, "c") == 4100
    assert committed_ms(with_it, "u") == 3040
    assert with_it.tasks["task"].tolist().count("u") == 1
    assert with_it.tasks["worker"][with_it.tasks["task"] == "u"].tolist() == ["w1"]
    assert with_it.makespan_ns == (600 + 5000 + 50 + 10) * MS  # now that of the long task
    account = DuplicateSwitch().account(with_it)
    assert (account.planned, account.applied, account.used, account.wasted, account.redundant) == (1, 1, 1, 0, 0)
    assert DuplicateSwitch().account(without).planned == 0


def test_patience_is_not_lost_where_the_owner_is_in_time() -> None:
    """As above, but w0 is done with `long` at 1100 and with u's commit at 2160, before 1700 + 500 of patience."""
    workflow = late(long_s=0.5)
    copied = ordering(plan_of(workflow, [0, 0, 1, 1]), duplicate=(Duplicate(1, 3, 0.5),))
    run = run_of(workflow, copied, figures())
    assert committed_ms(run, "u") == 2160
    account = DuplicateSwitch().account(run)
    assert (account.planned, account.applied) == (1, 0)
    assert run.waste.total_s == 0


def test_who_comes_second_stops_and_what_it_spent_is_waste() -> None:
    """The copy begins at 1700 with its get, and runs from 1730 to 2730; w0 runs u from 1600 to 2600, commits at 2660.

    w1 hears at 2665 that it is too late; c waits for the slot until 2730, having had u's output since 2695. So 1 s of
    running and the get, alone on its instance, are waste, at the instance's price; nothing is uploaded or committed.
    """
    workflow = late(long_s=1.0)
    copied = ordering(plan_of(workflow, [0, 0, 1, 1]), duplicate=(Duplicate(1, 3),))
    platform = figures(**{"prices.usd_per_gb_s": 1e-5, "prices.billing_step_s": 1e-9})
    run = run_of(workflow, copied, platform)
    assert committed_ms(run, "u") == 2660
    assert committed_ms(run, "c") == 2730 + 1000 + 60
    runs = run.tasks["task"] == "u"
    assert run.tasks["worker"][runs].tolist() == ["w0", "w1"]
    assert run.tasks["counts"][runs].tolist() == [True, False]
    assert set(run.transfers["task"][run.transfers["direction"] == "put"].tolist()) == {"long", "u", "b", "c"} - {"b"}
    overlap_s = 0.030  # c's own get, which shares the instance with the run that is void
    assert run.waste.runs_s == pytest.approx(1.0 - overlap_s / 2)
    assert run.waste.transfers_s == pytest.approx(0.030)
    assert run.waste.usd == pytest.approx((run.waste.runs_s + 0.030) * platform.prices.usd_per_s(1769))
    account = DuplicateSwitch().account(run)
    assert (account.applied, account.used, account.wasted, account.redundant) == (1, 0, 1, 0)


def test_nobody_waits_for_a_copy() -> None:
    """The copy's worker dies in the midst of it: the owner does the task, and the consumer's next epoch reads that."""
    workflow = late(long_s=1.0)
    copied = ordering(plan_of(workflow, [0, 0, 1, 1]), duplicate=(Duplicate(1, 3),))
    run = run_of(workflow, copied, figures(max_attempts=2), ScriptedFault("u", 2, "crash", "run", 0.5))
    assert committed_ms(run, "u") == 2660
    assert run.tasks["worker"][run.tasks["counts"] & (run.tasks["task"] == "u")].tolist() == ["w0"]


def test_luck_does_not_depend_on_who_comes_first() -> None:
    """The copy overtakes; the owner's own attempt, where it is made, has the luck it has without a copy."""
    workflow = late(long_s=1.2)
    platform = figures(**{"noise.sigma": 0.5})
    usual = plan_of(workflow, [0, 0, 1, 1])
    copied = ordering(usual, duplicate=(Duplicate(1, 3),))
    both = 0
    for seed in range(40):
        without, with_it = (run_of(workflow, plan, platform, seed=seed) for plan in (usual, copied))
        alone_s = {
            (task, worker): s
            for task, worker, s in zip(*(with_it.tasks[c] for c in ("task", "worker", "alone_s")), strict=True)
        }
        for task, worker, s in zip(*(without.tasks[c] for c in ("task", "worker", "alone_s")), strict=True):
            assert alone_s.get((task, worker), s) == s
        both += {("u", "w0"), ("u", "w1")} <= alone_s.keys()
        if ("u", "w1") in alone_s and ("u", "w0") in alone_s:
            assert alone_s["u", "w1"] != alone_s["u", "w0"]
    assert both > 5


# backups --------------------------------------------------------------------------------------------------


def join_of(n: int = 4) -> Workflow:
    """Tasks t0…, of a second each, on workers of their own, and a join."""
    builder = WorkflowBuilder("join")
    for i in range(n):
        builder.add_object(f"o{i}", 0)
        builder.add_task(f"t{i}", cpu_s=1.0, outputs=[f"o{i}"])
    builder.add_object("out", 0)
    builder.add_task("join", cpu_s=1.0, inputs=[f"o{i}" for i in range(n)], outputs=["out"])
    return builder.build()


def test_a_straggler_is_overtaken() -> None:
    """The join waits for t0, which straggles: 8 s, from 600 ms on.

    By hand, in ms: at 2100 its worker asks, 2110, and calls, 2210; the copy, up at 2710, asks, 2720, is done at 3720,
    stored and committed at 3780; it calls the join's worker, w2, by 3880, up at 4380. Then a get, the join, put and
    commit: 4380 + 30 + 1000 + 60. w0 hears at 3785, and runs to its end at 8600: 8 s of waste.
    """
    workflow = join_of(2)
    usual = plan_of(workflow, [0, 1, 2])
    copied = ordering(usual, backup=(Backup(0, 1.5),))
    slow = ScriptedFault("t0", 1, "straggler")
    platform = figures(**{"noise.straggler_factor": 8.0})
    without, with_it = (run_of(workflow, plan, platform, slow) for plan in (usual, copied))
    assert with_it.makespan_ns == 5470 * MS
    assert without.makespan_ns == (8600 + 60 + 100 + 500 + 30 + 1000 + 60) * MS
    assert with_it.waste.runs_s == pytest.approx(8.0)
    account = BackupSwitch().account(with_it)
    assert (account.planned, account.applied, account.used, account.wasted) == (1, 1, 1, 0)
    assert "copy:t0" in with_it.invocations["worker"].tolist()


def test_a_backup_that_comes_too_late_leaves_at_once() -> None:
    """The straggler ends at 2600, and is committed at 2660; the copy, called by 2210, is up at 2710, hears at 2720."""
    workflow = join_of(2)
    copied = ordering(plan_of(workflow, [0, 1, 2]), backup=(Backup(0, 1.5),))
    platform = figures(**{"noise.straggler_factor": 2.0})
    run = run_of(workflow, copied, platform, ScriptedFault("t0", 1, "straggler"))
    assert committed_ms(run, "t0") == 2660
    account = BackupSwitch().account(run)
    assert (account.applied, account.used, account.wasted, account.redundant) == (1, 0, 1, 1)
    assert run.waste.starts_s == pytest.approx(0.5)


@pytest.mark.parametrize("flexible", [False, True])
def test_backups_shorten_the_95th_percentile(flexible: bool) -> None:
    """Every tenth run takes six times as long: with copies after 1.2 s hardly any run is that long."""
    workflow = join_of(4)
    usual = plan_of(workflow, [None] * 5 if flexible else [0, 1, 2, 3, 4])
    copied = ordering(usual, backup=tuple(Backup(task, 1.2) for task in range(5)))
    platform = figures(**{"noise.straggler_probability": 0.1, "noise.straggler_factor": 6.0})
    seconds = [[run_of(workflow, p, platform, seed=seed).makespan_s for seed in range(100)] for p in (usual, copied)]
    before, after = (float(np.quantile(np.array(each, dtype=np.float64), 0.95)) for each in seconds)
    assert after < 0.75 * before
    assert np.mean(np.array(seconds[1]) > np.array(seconds[0]) + 1.0) < 0.05


def test_a_refused_backup_is_missed_by_nobody() -> None:
    """Two instances in all, and calls over the limit are refused: no copy, no failure."""
    workflow = join_of(2)
    copied = ordering(plan_of(workflow, [0, 1, 0]), backup=(Backup(0, 1.5),))
    platform = figures(concurrency=2, over_limit="refuse", **{"noise.straggler_factor": 8.0})
    run = run_of(workflow, copied, platform, ScriptedFault("t0", 1, "straggler"), ScriptedFault("t1", 1, "straggler"))
    assert BackupSwitch().account(run).applied == 0
    assert "throttled" in run.events["outcome"].tolist()


def test_requests_of_one_task_are_backed_up_too() -> None:
    """Many runs on one pool; such requests else go through a lane, without machines, which knows no copies."""
    workflow = independent_tasks([(0.0, 1.0, 1.0)])
    platform = figures(**{"noise.straggler_probability": 0.2, "noise.straggler_factor": 6.0, "keep_alive_s": 60.0})
    usual = plan_of(workflow, [None])
    p90_s = []
    for plan in (usual, ordering(usual, backup=(Backup(0, 1.1),))):
        result = simulate_arrivals([Setting(workflow, plan, platform)], every(0.5, 300), seed=1)
        p90_s.append(float(np.quantile(result.requests["latency_s"], 0.9)))
    assert p90_s[0] > 6
    assert p90_s[1] < 3.5


def test_what_may_run_twice_counts_for_nothing_in_the_bound_of_a_plan() -> None:
    """In s: w0 is up at .6 and has 5 and 1 to run; without u it has 5, and .06 to put and commit what came of that."""
    workflow = late()
    usual = plan_of(workflow, [0, 0, 1, 1])
    bounds_s = []
    for copies in ((), (Duplicate(1, 3),)):
        plan = ordering(usual, duplicate=copies)
        bounds_s.append(lower_bound(workflow, plan, figures()).makespan_s)
        assert bounds_s[-1] <= (run_of(workflow, plan, figures()).makespan_s or 0.0)
    assert bounds_s == pytest.approx([6.6, 5.66])


# faults ---------------------------------------------------------------------------------------------------

CASES: dict[str, tuple[Workflow, list[int | None], dict[str, object]]] = {
    "duplicated": (late(1.2), [0, 0, 1, 1], {"duplicate": (Duplicate(1, 3),)}),
    "overtaken": (late(4.0), [0, 0, 1, 1], {"duplicate": (Duplicate(1, 3),)}),
    "backed up": (join_of(2), [0, 1, 1], {"backup": (Backup(0, 0.5), Backup(1, 0.1))}),
    "backed up, flexible": (join_of(2), [None, None, None], {"backup": (Backup(0, 0.5), Backup(2, 0.2))}),
}


@pytest.mark.parametrize("case", CASES)
def test_every_single_fault(case: str) -> None:
    """Whatever befalls whichever operation of whom: every task is committed once, and the run is complete."""
    workflow, assignment, orders = CASES[case]
    plan = ordering(plan_of(workflow, assignment), **orders)
    faults = list(faults_of(run_of(workflow, plan, PLATFORM)))
    assert len(faults) > 50
    for fault in faults:
        try:
            run_of(workflow, plan, PLATFORM, fault)
        except AssertionError as error:
            raise AssertionError(f"{fault}: {error}") from error


STORM = {
    "noise.straggler_probability": 0.3,
    "noise.straggler_factor": 5.0,
    "noise.sigma": 0.4,
    "faults.rates.task_error": 0.05,
    "faults.rates.crash_per_s": 0.02,
    "faults.rates.false_alarm_per_s": 0.01,
    "faults.rates.store_error": 0.03,
    "faults.rates.request_loss": 0.03,
    "faults.rates.message_loss": 0.1,
    "faults.rates.message_duplication": 0.1,
    "faults.poll_s": 1.0,
    "faults.timeout_s": 0.5,
    "faults.retry.attempts": 12,
    "limits.backoff.attempts": 12,
    "limits.max_attempts": 12,
}


@given(st.integers(0, 2**32), st.sampled_from(["aws-lambda-s3", "ideal"]), st.booleans())
def test_random_plans_with_copies(seed: int, preset: str, stormy: bool) -> None:
    """Complete, by all rules, and its log replays without a difference."""
    rng = Random(seed)
    workflow = random_workflow(rng)
    plan = with_copies(rng, workflow, random_plan(rng, workflow))
    figures: dict[str, object] = {"sizes.mb_per_vcpu": 1024, **(STORM if stormy else {})}
    platform = load_platform(preset, figures)
    log = BytesIO()
    run = simulate(workflow, plan, platform, seed=seed, event_log=log, check=True)
    assert run.status == "complete", run.failure
    for rule in RULES:
        rule(run)
    log.seek(0)
    assert replay(log) is None
    if preset == "ideal" and not stormy:  # nothing there is left to luck
        assert run.makespan_s is not None
        assert lower_bound(workflow, plan, platform).makespan_s <= run.makespan_s + 1e-9
    for switch, orders in ((DuplicateSwitch(), plan.orders.duplicate), (BackupSwitch(), plan.orders.backup)):
        account = switch.account(run)
        assert account.planned == len(orders)
        assert account.applied == account.used + account.wasted
        assert account.redundant <= account.wasted
