"""Delayed I/O by hand: the largest stays where it is; patience is kept; WUKONG's way, to sleep and look.

On the round figures of `tests.sim.figures`, all tasks flexible. In ms: call 100, cold start 500, an object of 1 MB up
1,050 and down 1,030, of nothing 50 and 30; a request to the ledger 10, a message 5. The client calls one root after
the other, so the k-th is up 100·k + 500 after the beginning.
"""

from __future__ import annotations

import msgspec
import pytest

from executor.records.run import Run
from optimizations.delay_io import DelayIo
from planners.check import check_plan, plan_warnings
from planners.orders import DelayIO, Orders
from planners.plan import Plan
from sim import simulate
from sim.evaluator import SimulatedEvaluator
from tests.sim.figures import CALL, COLD, COMMIT, DOWN, MS, NOTIFY, READ, RUN, UP, WARM, figures
from tests.sim.small import chain, plan_of
from workloads import Workflow, WorkflowBuilder

MB = 1_000_000
GET, PUT = 30, 50


def join_of(**parents: tuple[float, int]) -> Workflow:
    """Roots, each with its seconds and the bytes it makes; `join` (1 s) reads them all and makes nothing."""
    builder = WorkflowBuilder("join")
    for name, (cpu_s, size) in parents.items():
        builder.add_object(f"{name}.out", size)
        builder.add_task(name, cpu_s=cpu_s, outputs=[f"{name}.out"])
    builder.add_object("join.out", 0)
    builder.add_task("join", cpu_s=1.0, inputs=[f"{name}.out" for name in parents], outputs=["join.out"])
    return builder.build()


def delayed(workflow: Workflow, order: DelayIO | None) -> Plan:
    plan = plan_of(workflow, [None] * workflow.n_tasks)
    return msgspec.structs.replace(plan, orders=Orders(delay_io=order))


def run_of(workflow: Workflow, order: DelayIO | None, **overrides: object) -> Run:
    run = simulate(workflow, delayed(workflow, order), figures(**overrides), seed=1, check=True)
    assert run.status == "complete", run.failure
    return run


def ms(run: Run) -> float:
    assert run.makespan_ns is not None
    return run.makespan_ns / MS


def where(run: Run) -> str:
    """Whose worker ran the join."""
    of_join = run.tasks["task"] == "join"
    return str(run.tasks["worker"][of_join][0]).removeprefix("flexible:")


def uploaded(run: Run) -> list[str]:
    put = run.transfers["direction"] == "put"
    return sorted(run.transfers["object"][put].tolist())


LARGE_AND_SMALL = join_of(large=(1.0, MB), small=(2.0, 0))


def test_what_is_large_stays() -> None:
    """`small` comes last. By default it goes on and fetches the large object; now that stays, and `small` moves.

    ::

        usual   small (2 s) ── read ─────────────────────────────── down (large) ── join ── put, commit
        held    small (2 s) ── read ── put (small), commit, notify ── get (small) ── join ── put, commit
    """
    usual, held = run_of(LARGE_AND_SMALL, None), run_of(LARGE_AND_SMALL, DelayIO(MB, 10.0))
    small = 2 * CALL + COLD + 2 * RUN + READ
    assert ms(usual) == small + DOWN + RUN + PUT + COMMIT == 4800
    assert ms(held) == small + PUT + COMMIT + NOTIFY + GET + RUN + PUT + COMMIT == 3865
    assert (usual.bytes_uploaded, usual.bytes_fetched) == (MB, MB)
    assert (held.bytes_uploaded, held.bytes_fetched) == (0, 0)
    assert (where(usual), where(held)) == ("small", "large")
    account = DelayIo().account(held)
    assert (account.planned, account.applied, account.used, account.wasted) == (1, 1, 1, 0)


def test_of_two_that_hold_the_larger_stays() -> None:
    """`a` holds 1 MB until `b` holds 2: then it is told to upload. When `c` is committed, too, `b` owns the join."""
    run = run_of(join_of(a=(1.0, MB), b=(1.0, 2 * MB), c=(3.0, 0)), DelayIO(MB, 20.0))
    c = 3 * CALL + COLD + 3 * RUN + READ + PUT + COMMIT
    assert ms(run) == c + NOTIFY + DOWN + RUN + PUT + COMMIT == 5965
    put = run.transfers["start_s"][run.transfers["object"] == "a.out"][0]
    assert round(1000 * put) == 2 * CALL + COLD + RUN + READ + COMMIT + NOTIFY
    assert where(run) == "b"
    assert uploaded(run) == ["a.out", "c.out", "join.out"]
    account = DelayIo().account(run)
    assert (account.planned, account.applied, account.used, account.wasted) == (2, 2, 1, 1)


def test_of_equals_the_earlier_task_stays() -> None:
    run = run_of(join_of(a=(1.0, MB), b=(1.0, MB), c=(3.0, 0)), DelayIO(MB, 20.0))
    assert where(run) == "a"
    assert uploaded(run) == ["b.out", "c.out", "join.out"]


def test_who_holds_less_than_another_is_told_at_once() -> None:
    """Nobody is small: the answer to `b`'s held mark says that `a` holds more."""
    run = run_of(join_of(a=(1.0, 2 * MB), b=(2.0, MB)), DelayIO(MB, 20.0))
    b = 2 * CALL + COLD + 2 * RUN + READ + COMMIT
    assert ms(run) == b + UP + COMMIT + NOTIFY + DOWN + RUN + PUT + COMMIT
    assert where(run) == "a"
    assert uploaded(run) == ["b.out", "join.out"]


def test_patience_comes_to_an_end() -> None:
    """`large` holds for half a second, looks (10), and begins to upload, in vain, for `small` commits during that.

    Until the upload is committed its mark says that it holds; so the join is its own as soon as `small` is committed.
    """
    run = run_of(LARGE_AND_SMALL, DelayIO(MB, 0.5))
    assert ms(run) == ms(run_of(LARGE_AND_SMALL, DelayIO(MB, 10.0)))
    assert (where(run), run.bytes_uploaded) == ("large", MB)
    account = DelayIo().account(run)
    assert (account.planned, account.applied, account.used, account.wasted) == (1, 1, 0, 1)


def test_to_sleep_and_look() -> None:
    """It sleeps .3, .6 and .9 s, and looks each time (10); after the third it sees that the join waits for it alone."""
    run = run_of(LARGE_AND_SMALL, DelayIO(MB, 10.0, 0.3))
    looks = 300 + READ + 600 + READ + 900 + READ
    assert ms(run) == CALL + COLD + RUN + READ + looks + GET + RUN + PUT + COMMIT == 4530
    assert (run.bytes_uploaded, where(run)) == (0, "large")
    assert DelayIo().account(run).used == 1


def test_nobody_sleeps_for_more_than_ten_seconds() -> None:
    """WUKONG's bound: `large` sleeps 4, 8 and 10 s; the third nap would be of 12, the fourth of 16 s."""
    workflow = join_of(large=(1.0, MB), small=(30.0, 0))
    run = run_of(workflow, DelayIO(1, 60.0, 4.0))
    looks = 4_000 + READ + 8_000 + READ + 10_000 + READ + 10_000 + READ
    assert ms(run) == CALL + COLD + RUN + READ + looks + GET + RUN + PUT + COMMIT
    assert where(run) == "large"


def test_two_that_sleep_wait_in_vain() -> None:
    """Nobody tells anybody: both upload when patience ends, .5 s after the later one has read the join's set."""
    run = run_of(join_of(a=(1.0, MB), b=(1.0, MB)), DelayIO(MB, 0.5, 0.5))
    b = 2 * CALL + COLD + RUN + READ + 500 + READ + UP + COMMIT
    assert ms(run) == b + DOWN + RUN + PUT + COMMIT
    assert uploaded(run) == ["a.out", "b.out", "join.out"]


def test_nobody_is_kept_from_starting_for_good() -> None:
    """One instance at a time: `small` can start only when `large` is out of patience and has uploaded."""
    limited = {"limits.concurrency": 1}
    plan = delayed(LARGE_AND_SMALL, DelayIO(MB, 0.5))
    assert check_plan(plan, LARGE_AND_SMALL, figures(**limited)) == ()
    assert plan_warnings(plan, LARGE_AND_SMALL, figures(**limited)) == ()
    run = run_of(LARGE_AND_SMALL, DelayIO(MB, 0.5), **limited)
    large = CALL + COLD + RUN + READ + 500 + READ + UP + COMMIT
    assert ms(run) == large + WARM + 2 * RUN + READ + DOWN + RUN + PUT + COMMIT


def test_what_is_needed_elsewhere_anyway_is_not_held() -> None:
    """`large` has a child besides the join, to which it goes on; and one more, for which it must upload."""
    builder = WorkflowBuilder("needed anyway")
    for name, size in (("large", MB), ("small", 0)):
        builder.add_object(f"{name}.out", size)
        builder.add_task(name, cpu_s=1.0 if size else 3.0, outputs=[f"{name}.out"])
    builder.add_task("join", cpu_s=1.0, inputs=["large.out", "small.out"])
    for name in "xy":
        builder.add_task(name, cpu_s=1.0, inputs=["large.out"])
    workflow = builder.build()
    runs = [simulate(workflow, delayed(workflow, order), figures(), seed=1) for order in (None, DelayIO(MB, 10.0))]
    assert runs[0].makespan_ns == runs[1].makespan_ns
    assert DelayIo().account(runs[1]).applied == 0


def test_what_is_proposed_is_as_patient_as_need_be() -> None:
    """As long as `small` came after `large` by default, a quarter more, and what is saved; or just what is saved.

    `large` ended at 1.6 s, `small` was committed at 4.8; 1 MB up and down again takes 2.08 s: 4 + 2.08, in tenths.
    """
    plan = delayed(LARGE_AND_SMALL, None)
    evaluator = SimulatedEvaluator(LARGE_AND_SMALL, figures(), 1)
    proposed = list(DelayIo().proposals(plan, LARGE_AND_SMALL, figures(), evaluator.observe(plan, runs=2)))
    assert proposed
    assert all(not check_plan(each, LARGE_AND_SMALL, figures()) for each in proposed)
    orders = [each.orders.delay_io for each in proposed]
    assert orders == [DelayIO(MB, 6.1), DelayIO(MB, 2.1)]
    best = min(proposed, key=lambda each: float(evaluator.evaluate(each).makespans_s.mean()))
    assert evaluator.evaluate(best).makespans_s.mean() == pytest.approx(3.865)


@pytest.mark.parametrize(
    ("order", "field"),
    [
        (DelayIO(-1, 1.0), "threshold_bytes"),
        (DelayIO(1, 0.0), "patience_s"),
        (DelayIO(1, float("nan")), "patience_s"),
        (DelayIO(1, 60.0), "patience_s"),
        (DelayIO(1, 1.0, 0.0), "retry_s"),
        (DelayIO(1, 1.0, float("inf")), "retry_s"),
    ],
)
def test_orders_that_make_no_sense_are_refused(order: DelayIO, field: str) -> None:
    platform = figures(**{"limits.max_duration_s": 60.0})
    faults = [str(fault) for fault in check_plan(delayed(LARGE_AND_SMALL, order), LARGE_AND_SMALL, platform)]
    assert len(faults) == 1
    assert f"orders.delay_io.{field}" in faults[0]


def test_nobody_else_holds_back() -> None:
    workflow = chain(3)
    plan = msgspec.structs.replace(plan_of(workflow, [0, 0, 0]), orders=Orders(delay_io=DelayIO(1, 1.0)))
    assert ["flexible" in str(fault) for fault in check_plan(plan, workflow, figures())] == [True]
