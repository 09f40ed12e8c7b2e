"""A tree of calls by hand: 100 roots at 50 ms a call, one after the other or with those called helping."""

from __future__ import annotations

import msgspec
import pytest

from executor.faults import ScriptedFault
from executor.records.operations import Kind
from executor.records.run import Run
from optimizations.fan_out_helper import FanOutHelper
from planners.check import check_plan, plan_warnings
from planners.orders import Orders
from planners.plan import Plan
from sim import simulate
from sim.evaluator import SimulatedEvaluator
from tests.sim.figures import COLD, COMMIT, MS, RUN, figures
from tests.sim.small import fork_join, independent_tasks, plan_of
from workloads import Workflow, WorkflowBuilder

CALL = 50
HUNDRED = independent_tasks([(0.0, 1.0, 1.0)] * 100)


def helped(workflow: Workflow, helpers: int | None, assignment: list[int | None] | None = None) -> Plan:
    plan = plan_of(workflow, assignment or [None] * workflow.n_tasks)
    return msgspec.structs.replace(plan, orders=Orders(fan_out_helpers=helpers))


def run_of(workflow: Workflow, plan: Plan, *faults: ScriptedFault, **overrides: object) -> Run:
    run = simulate(workflow, plan, figures(**{"call_s": 0.05} | overrides), seed=1, faults=faults, check=True)
    assert run.status == "complete", run.failure
    assert sorted(run.tasks["task"][run.tasks["counts"]].tolist()) == sorted(workflow.task_names)
    return run


def ms(run: Run) -> float:
    assert run.makespan_ns is not None
    return run.makespan_ns / MS


@pytest.mark.parametrize("named", [False, True])
def test_a_hundred_roots(named: bool) -> None:
    """The client calls 14, and each of these makes a share of the other 86: the k-th (from 0) of 13 − k or 12 − k.

    It is called 50·(k + 1) after the beginning, is up 500 later, and makes its calls: the last of all is made at
    50·(1 + 13) + 500, instead of 50·100.
    """
    assignment: list[int | None] = [*range(100)] if named else [None] * 100
    usual = run_of(HUNDRED, helped(HUNDRED, None, assignment))
    run = run_of(HUNDRED, helped(HUNDRED, 14, assignment))
    assert ms(usual) == 100 * CALL + COLD + RUN + COMMIT == 6510
    assert ms(run) == (1 + 13) * CALL + COLD + COLD + RUN + COMMIT == 2710
    account = FanOutHelper().account(run)
    assert (account.planned, account.applied, account.used, account.wasted) == (86, 86, 86, 0)
    assert FanOutHelper().account(usual).planned == 0
    assert usual.bill["invocations"].quantity == run.bill["invocations"].quantity == 100


def test_a_deep_tree_grows_with_the_logarithm() -> None:
    """Two helpers each: every level takes two calls and a start, and there are at most seven of 100 calls."""
    run = run_of(HUNDRED, helped(HUNDRED, 2))
    assert ms(run) <= 7 * (2 * CALL + COLD) + RUN + COMMIT < 6510


def test_fan_outs_within_the_run_are_helped_too() -> None:
    """F's worker goes on with one of 40 children and calls the others, one by one or 6 of them.

    39 calls take 1,950. With helpers the last but one is the 8th of the first's share, which splits that in turn.
    """
    workflow = fork_join(40, n_bytes=0)
    usual, run = (run_of(workflow, helped(workflow, helpers)) for helpers in (None, 6))
    assert _last_call_ms(usual) - _last_call_ms(run) == 750
    assert ms(run) < ms(usual)
    assert FanOutHelper().account(run).used == 33


def _last_call_ms(run: Run) -> float:
    operations = run.operations
    return float(operations["end_ns"][operations["kind"] == Kind.INVOKE].max()) / MS


@pytest.mark.parametrize("part", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("during", ["start", "run"])
def test_who_dies_before_having_called_is_delivered_again_with_its_share(during: str, part: float) -> None:
    fault = ScriptedFault("t0", 1, "crash", during, part)
    run = run_of(HUNDRED, helped(HUNDRED, 14), fault, **{"limits.max_attempts": 2})
    assert run.invocations["epoch"].max() == 2


def test_a_share_for_one_who_was_started_by_another_is_kept_by_the_caller() -> None:
    """The roots of w0 and w1 are called in a tree of one; w1 runs already when the call with its share arrives.

    r0 (no time) makes c ready, on w1, before the client's tree has come there: w1 is started for c.
    """
    builder = WorkflowBuilder("two ways")
    builder.add_task("r0", cpu_s=0.0)
    builder.add_task("r1", cpu_s=0.0)
    builder.add_task("r2", cpu_s=0.0)
    builder.add_task("r3", cpu_s=0.0)
    builder.add_task("c", cpu_s=0.0, after=["r0"])
    workflow = builder.build()
    plan = msgspec.structs.replace(
        plan_of(workflow, [0, 1, 2, 3, 2], priority=[0, 1, 2, 3, 4]), orders=Orders(fan_out_helpers=1)
    )
    run_of(workflow, plan, **{"start.init_s": 0.0, "provisioning_s": 0.01})


def test_what_is_proposed() -> None:
    """By 100 calls: ten at a time, twenty, fifty; the best of them is no better than 14 by hand."""
    plan = helped(HUNDRED, None)
    platform = figures(call_s=0.05)
    evaluator = SimulatedEvaluator(HUNDRED, platform, 1)
    proposed = list(FanOutHelper().proposals(plan, HUNDRED, platform, evaluator.observe(plan, runs=1)))
    assert [each.orders.fan_out_helpers for each in proposed] == [10, 20, 50]
    spans_s = [float(evaluator.evaluate(each, runs=1).makespans_s.mean()) for each in proposed]
    assert min(spans_s) < 3.0
    two = independent_tasks([(0.0, 1.0, 1.0)] * 2)
    pair = helped(two, None)
    observation = SimulatedEvaluator(two, platform, 1).observe(pair, runs=1)
    assert list(FanOutHelper().proposals(pair, two, platform, observation)) == []


def test_nobody_cannot_help() -> None:
    assert ["fan_out_helpers" in str(fault) for fault in check_plan(helped(HUNDRED, 0), HUNDRED, figures())] == [True]


def test_where_calls_are_refused_everybody_may_be_stuck_calling() -> None:
    """Ten workers of one task each, none of which another needs: nobody calls, unless they help each other."""
    ten = independent_tasks([(0.0, 1.0, 1.0)] * 10)
    refusing = figures(**{"limits.concurrency": 8, "limits.over_limit": "refuse", "limits.backoff.attempts": 20})
    assert plan_warnings(helped(ten, None), ten, refusing) == ()
    assert ["wait or call" in str(fault) for fault in plan_warnings(helped(ten, 2), ten, refusing)] == [True]


def test_calls_by_helpers_are_caused_by_their_start() -> None:
    run = run_of(HUNDRED, helped(HUNDRED, 50))
    kinds = run.operations["kind"]
    calls = kinds == Kind.INVOKE
    assert set(kinds[run.operations["cause"][calls & (run.operations["invocation"] >= 0)]].tolist()) <= {
        Kind.START,
        Kind.INVOKE,
    }
