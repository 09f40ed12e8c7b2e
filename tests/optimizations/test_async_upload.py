"""Asynchronous upload: a worker's start overlaps with the upload and commit of its inputs, and saves the shorter."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.records.run import Run
from optimizations.async_upload import AsyncUpload
from planners.bounds import lower_bound
from planners.check import check_plan, plan_warnings
from planners.orders import EarlyCall, Orders
from planners.plan import Plan
from planners.registry import make_planner
from platforms import Platform, load_platform
from sim import simulate
from sim.evaluator import SimulatedEvaluator
from tests.sim.figures import CALL, COLD, COMMIT, DOWN, MS, NOTIFY, READ, RUN, UP, figures
from tests.sim.small import chain, fork_join, independent_tasks, pair, plan_of
from workloads import Workflow, load_workflow


def calling(plan: Plan, *calls: EarlyCall) -> Plan:
    return msgspec.structs.replace(plan, orders=Orders(call_early=calls))


def both(workflow: Workflow, plan: Plan, *calls: EarlyCall, **overrides: object) -> tuple[Run, Run]:
    """The runs without and with early calls."""
    runs = tuple(simulate(workflow, p, figures(**overrides), seed=1) for p in (plan, calling(plan, *calls)))
    assert [run.status for run in runs] == ["complete", "complete"]
    return runs[0], runs[1]


def ms(run: Run) -> float:
    assert run.makespan_ns is not None
    return run.makespan_ns / MS


def test_a_start_shorter_than_the_upload_is_saved() -> None:
    """Edge a (w0) ─1 MB→ b (w1): the start takes .6 s, upload and commit 1.06; a word to the live worker .005.

    ::

        w0  call cold down a  up · · · · · commit
        w1                    call cold read      notify down b up commit
    """
    usual, early = both(chain(2), plan_of(chain(2), [0, 1]), EarlyCall(0, 1))
    assert ms(early) == CALL + COLD + DOWN + RUN + UP + COMMIT + NOTIFY + DOWN + RUN + UP + COMMIT
    assert ms(usual) - ms(early) == CALL + COLD - NOTIFY
    account = AsyncUpload().account(early)
    assert (account.planned, account.applied, account.used, account.wasted, account.redundant) == (1, 1, 1, 0, 0)
    assert AsyncUpload().account(usual).applied == 0


def test_an_upload_shorter_than_the_start_is_saved() -> None:
    """Edge a (w0) ─0 B→ b (w1): up .05, commit .01; the start .6, after which b's worker reads its set, .01."""
    workflow = chain(2, n_bytes=0)
    usual, early = both(workflow, plan_of(workflow, [0, 1]), EarlyCall(0, 1))
    assert ms(usual) - ms(early) == 50 + COMMIT - READ == 50


def test_as_late_as_it_can() -> None:
    """As above, called .55 s before a ends: the start is over, and the set read, the instant b is told of it.

    ::

        w0  call cold fetch a · · · up commit
        w1                call cold read  fetch b up commit
    """
    workflow = chain(2, n_bytes=0)
    usual, early = both(workflow, plan_of(workflow, [0, 1]), EarlyCall(0, 1, after_s=0.45))
    assert ms(usual) - ms(early) == CALL + COLD
    at_once = both(workflow, plan_of(workflow, [0, 1]), EarlyCall(0, 1, after_s=0.0))[1]
    assert ms(at_once) == ms(early) + NOTIFY
    assert at_once.bill["compute"].quantity > early.bill["compute"].quantity


def test_several_parents_may_call_and_one_call_counts() -> None:
    """Tasks a (w0) and b (w1) end .1 s apart, and both call j's worker."""
    workflow = pair()
    plan = plan_of(workflow, [0, 1, 2])
    usual, early = both(workflow, plan, EarlyCall(0, 2), EarlyCall(1, 2))
    assert ms(usual) - ms(early) == CALL + COLD - NOTIFY
    account = AsyncUpload().account(early)
    assert (account.planned, account.applied, account.used, account.redundant) == (2, 2, 1, 1)
    assert early.n_workers == 3


def test_a_call_given_up_is_made_again_when_its_task_is_ready() -> None:
    """One instance in all, calls over the limit are refused, three tries 10 ms apart: the early one never gets through.

    Nor does the one in its place while a's worker, who makes it, has the instance: the run fails as it does without.
    """
    workflow = chain(2)
    plan, platform = (
        plan_of(workflow, [0, 1]),
        figures(concurrency=1, over_limit="refuse", backoff={"attempts": 3, "initial_s": 0.01, "maximum_s": 0.01}),
    )
    runs = [simulate(workflow, p, platform, seed=1) for p in (plan, calling(plan, EarlyCall(0, 1)))]
    assert [run.failure for run in runs] == [runs[0].failure] * 2
    assert "it could not be called" in str(runs[0].failure)


def test_what_cannot_be_called_early() -> None:
    workflow = pair()
    plan = calling(
        plan_of(workflow, [0, 1, 2]), EarlyCall(0, 0), EarlyCall(0, 2, -1.0), EarlyCall(2, 1), EarlyCall(2, 1)
    )
    told = [str(fault) for fault in check_plan(plan, workflow, figures())]
    assert len(told) == 7
    assert told[0] == "plan: orders.call_early['a', 'w0'] is 'w0'; expected a worker other than the task's own"
    for after_s in (1e300, 1.1e9, float("inf"), float("nan")):
        (late,) = map(
            str, check_plan(calling(plan_of(workflow, [0, 2, 1]), EarlyCall(0, 1, after_s)), workflow, figures())
        )
        assert late.endswith(f"after_s is {after_s}; expected seconds from 0 to 1e+09, or none")
    longest = calling(plan_of(workflow, [0, 2, 1]), EarlyCall(0, 1, 1e9))
    assert not check_plan(longest, workflow, figures())
    released = calling(plan_of(workflow, [0, 1, 2], hold=False), EarlyCall(0, 2))
    assert "a worker that holds" in str(check_plan(released, workflow, figures())[0])


def test_a_worker_that_is_called_early_may_keep_others_from_starting() -> None:
    """Edge a (w0) → b (w1): w1 waits from the end of a on; with one instance, w0's next task would wait for it.

    a (w0) → b (w1), and a' (w2), of which b is told last: under two instances w0 is gone before w1 waits for a'.
    """
    workflow = chain(3)
    usual = plan_of(workflow, [0, 1, 2])
    early = calling(usual, EarlyCall(0, 2))
    platform = figures(concurrency=1)
    assert not check_plan(usual, workflow, platform)
    assert not plan_warnings(usual, workflow, platform)
    assert "expected fewer than 1" in str(plan_warnings(early, workflow, platform)[0])
    run = simulate(workflow, early, platform, seed=1)  # b's worker never starts: c's waits for it, with the instance
    assert run.status == "failed"
    assert "deadlock" in str(run.failure)
    assert not plan_warnings(calling(usual, EarlyCall(0, 1)), workflow, figures(concurrency=2))


@given(
    st.integers(1, 4).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.integers(0, n), min_size=n, max_size=n))),
    st.sampled_from([None, 0.0, 0.3, 5.0]),
    st.integers(0, 1_000_000),
)
def test_the_lower_bound_holds(shape: tuple[int, list[int]], after_s: float | None, n_bytes: int) -> None:
    """On constant figures no run undercuts it, whoever calls whom."""
    n, where = shape
    workflow = fork_join(n, n_bytes=n_bytes)
    full = [0, *where, n][: n + 2]
    used = sorted(set(full))
    assignment = [used.index(worker) for worker in full]
    plan = plan_of(workflow, assignment)
    calls = [EarlyCall(0, worker, after_s) for worker in range(1, max(assignment) + 1)]
    plan = calling(plan, *calls)
    run = simulate(workflow, plan, figures(), seed=1)
    assert run.makespan_s is not None
    assert lower_bound(workflow, plan, figures()).makespan_s <= run.makespan_s + 1e-9
    assert run.lower_bound_s <= run.makespan_s


@pytest.mark.parametrize("name", ["gemm", "montage"])
def test_it_is_proposed_and_helps(name: str) -> None:
    workflow, platform = load_workflow(name), load_platform("aws-lambda-s3")
    plan = make_planner("one-per-task").plan(workflow, platform)
    evaluator = SimulatedEvaluator(workflow, platform, seed=1)
    observed = evaluator.observe(plan)
    proposals = list(AsyncUpload().proposals(plan, workflow, platform, observed))
    assert proposals
    for proposed in proposals:
        assert not check_plan(proposed, workflow, platform)
        assert AsyncUpload().off(proposed) == plan
    best = min(evaluator.evaluate(proposed).makespans_s.mean() for proposed in proposals)
    assert best < observed.evaluation.makespans_s.mean()


def test_nothing_is_proposed_where_nobody_is_called_for_what_others_make() -> None:
    workflow = independent_tasks([(0.0, 1.0, 1.0)] * 3)
    platform: Platform = figures()
    plan = plan_of(workflow, [0, 1, 2])
    observed = SimulatedEvaluator(workflow, platform, seed=1).observe(plan)
    assert not list(AsyncUpload().proposals(plan, workflow, platform, observed))
