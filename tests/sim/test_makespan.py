"""Makespans by hand, to the nanosecond: on constant figures every step of a run is a term of a sum.

The platform: call .1 s, provisioning .3, initialization .2, warm start .04, get .03, put .05, 1 MB/s, a ledger
request .01, a notification .005; one vCPU and one slot a worker; four transfers at a time, one call at a time;
no keep-alive.
Every task takes 1 s, every data object is 1 MB unless said otherwise. So, in ms:

    up = 50 + 1,000      down = 30 + 1,000      commit = 10      call = 100      cold = 300 + 200
"""

from __future__ import annotations

import msgspec
import pytest

from executor.records.run import Run
from planners.plan import Plan, Prewarm
from sim import simulate
from tests.sim.figures import CALL, COLD, COMMIT, DOWN, MS, NOTIFY, READ, RUN, UP, WARM, figures
from tests.sim.small import chain, fork_join, in_tree, independent_tasks, pair, plan_of
from workloads import Workflow


def completed(workflow: Workflow, plan: Plan, **overrides: object) -> Run:
    run = simulate(workflow, plan, figures(**overrides), seed=0)
    assert (run.status, run.failure) == ("complete", None)
    return run


def makespan_ms(run: Run) -> float:
    assert run.makespan_ns is not None
    return run.makespan_ns / MS


def starts_ms(run: Run) -> dict[str, float]:
    """When each task began to run."""
    return {task: round(s * 1000, 6) for task, s in zip(run.tasks["task"], run.tasks["start_s"], strict=True)}


# chain: in → a → b → c → out -------------------------------------------------------------------------------


def test_chain_on_one_worker() -> None:
    """The client's call, one cold start, the input comes, all run, the result goes: one commit for the three."""
    run = completed(chain(3), plan_of(chain(3), [0, 0, 0]))
    assert makespan_ms(run) == CALL + COLD + DOWN + 3 * RUN + UP + COMMIT == 5690
    assert run.bill["ledger requests"].quantity == 1
    assert (run.cold_starts, run.bytes_fetched, run.bytes_uploaded) == (1, 1_000_000, 1_000_000)


def test_chain_with_a_worker_for_each_task() -> None:
    """Each worker fetches, runs, uploads, commits, and calls the next one's."""
    run = completed(chain(3), plan_of(chain(3), [0, 1, 2]))
    assert makespan_ms(run) == 3 * (CALL + COLD + DOWN + RUN + UP + COMMIT) == 11_070
    assert run.cold_starts == 3


def test_chain_with_a_worker_for_each_task_and_idle_instances() -> None:
    """A worker calls the next one before it leaves, but the call takes .1 s: its instance serves again, warm."""
    plan = plan_of(chain(3), [0, 1, 2])
    run = completed(chain(3), plan, keep_alive_s=60)
    stage = CALL + DOWN + RUN + UP + COMMIT
    # The caller waits for its call's answer, and so is still busy when the platform routes the call: w1 is cold,
    # but w2's call finds the instance of w0, which left when w1's call was answered.
    assert makespan_ms(run) == 3 * stage + 2 * COLD + WARM == 10_610
    assert (run.cold_starts, run.warm_starts) == (2, 1)


def test_chain_of_flexible_workers() -> None:
    """Whoever makes the only child ready continues with it: as on one worker."""
    run = completed(chain(3), plan_of(chain(3), [None] * 3))
    assert makespan_ms(run) == CALL + COLD + DOWN + 3 * RUN + UP + COMMIT
    assert run.n_workers == 1


def test_chain_back_to_a_worker_that_holds() -> None:
    """A and c on w0, b on w1: w0 waits, and is told.

    ::

        w0  call cold down a up commit          · · ·  notify down c up commit
        w1                            call cold down b up commit
    """
    run = completed(chain(3), plan_of(chain(3), [0, 1, 0]))
    there = CALL + COLD + DOWN + RUN + UP + COMMIT
    back = NOTIFY + DOWN + RUN + UP + COMMIT
    assert makespan_ms(run) == 2 * there + back == 10_475
    assert run.cold_starts == 2


def test_chain_back_to_a_worker_that_released() -> None:
    """The same, but w0 leaves after a, and is called again for c: warm, for its instance is idle.

    Its second delivery first declares itself live and asks what is left of its work: one ledger request.
    """
    run = completed(chain(3), plan_of(chain(3), [0, 1, 0], hold=False), keep_alive_s=60)
    there = CALL + COLD + DOWN + RUN + UP + COMMIT
    back = CALL + WARM + READ + DOWN + RUN + UP + COMMIT
    assert makespan_ms(run) == 2 * there + back == 10_620
    assert (run.cold_starts, run.warm_starts, run.n_workers) == (2, 1, 2)


# fork-join: f → w0 … w2 → j ---------------------------------------------------------------------------------


def test_fork_join_on_one_worker() -> None:
    """One slot: five tasks one after the other, nothing moves but the result."""
    run = completed(fork_join(3), plan_of(fork_join(3), [0] * 5))
    assert makespan_ms(run) == CALL + COLD + 5 * RUN + UP + COMMIT == 6660


def test_fork_join_with_a_worker_for_each_task() -> None:
    """F calls one after the other; the last one's commit completes j, whose three inputs come side by side.

    ::

        f   call cold run up commit
        w0                         call cold down run up commit
        w1                         call call cold down run up commit
        w2                         call call call cold down run up commit
        j                                                              call cold down run up commit
    """
    run = completed(fork_join(3), plan_of(fork_join(3), range(5)))
    fork = CALL + COLD + RUN + UP + COMMIT
    work = 3 * CALL + COLD + DOWN + RUN + UP + COMMIT
    join = CALL + COLD + DOWN + RUN + UP + COMMIT
    assert makespan_ms(run) == fork + work + join == 10_240
    first = fork + CALL + COLD + DOWN
    assert starts_ms(run) == {"f": 600, "w0": first, "w1": first + 100, "w2": first + 200, "j": makespan_ms(run) - 2060}


def test_fork_join_with_two_callers_and_two_transfers() -> None:
    """F makes two calls at a time, so w2's ends at 2 · call; j gets two inputs, then the third."""
    run = completed(fork_join(3), plan_of(fork_join(3), range(5)), callers=2, parallel_transfers=2)
    fork = CALL + COLD + RUN + UP + COMMIT
    work = 2 * CALL + COLD + DOWN + RUN + UP + COMMIT
    join = CALL + COLD + 2 * DOWN + RUN + UP + COMMIT
    assert makespan_ms(run) == fork + work + join == 11_170


def test_fork_join_of_flexible_workers() -> None:
    """F's worker goes on with w0 while f's output goes up; then it is free, goes on with w1 and calls a worker for w2.

    ::

        f's   call cold f |  w0  read up commit
                          |up commit |  w1  read up commit
                                     |call
        w2's                              cold down w2 read | down j up commit

    At the fan-in each reads j's set first. w0 and w1 are not the last and send what they made; w2 is, keeps its
    output, and fetches the other two side by side.
    """
    run = completed(fork_join(3), plan_of(fork_join(3), [None] * 5))
    fork = CALL + COLD + RUN + UP + COMMIT
    last = CALL + COLD + DOWN + RUN + READ
    assert makespan_ms(run) == fork + last + DOWN + RUN + UP + COMMIT == 8390
    assert run.n_workers == 2
    assert "w2.out" not in run.transfers["object"]


def test_flexible_workers_that_are_busy_call_others() -> None:
    """As above, but with objects of no bytes: f's output is up while w0 runs, so w1 and w2 get workers, a call apart.

    up = 50, down = 30, and a call takes 1 s: w1 is through a second before w2 reads, is the last, and keeps its output.
    """
    workflow = fork_join(3, n_bytes=0)
    run = completed(workflow, plan_of(workflow, [None] * 5), call_s=1.0)
    fork = 1000 + COLD + RUN + 50 + COMMIT
    last = 2 * 1000 + COLD + 30 + RUN + READ
    assert makespan_ms(run) == fork + last + 30 + RUN + 50 + COMMIT == 7190
    assert run.n_workers == 3
    assert "w2.out" not in run.transfers["object"]


def test_a_flexible_fan_in_with_upload() -> None:
    """Both roots end together: neither sees the other's mark, both send their outputs, and the second commit owns j.

    ::

        a's  call cold a read up commit
        b's  call cold b read up commit  down j up commit       (two callers: both called at once)

    Both commits arrive at one instant; a's counts first. b's worker has b's output and fetches a's.
    """
    workflow = pair()
    run = completed(workflow, plan_of(workflow, [None] * 3), client_callers=2)
    assert makespan_ms(run) == CALL + COLD + RUN + READ + UP + COMMIT + DOWN + RUN + UP + COMMIT == 5760
    assert run.transfers["object"].tolist() == ["a.out", "b.out", "a.out", "j.out"]


# in-tree: l0, l1 → m0; l2, l3 → m1; m0, m1 → r -------------------------------------------------------------


def test_in_tree_on_two_workers() -> None:
    """Each half on its own worker, the root on the first: the second is called .1 s later and sends its half.

    ::

        w0   call cold l0 l1 m0 · · ·               notify down r up commit
        w1        call cold l2 l3 m1 up commit
    """
    workflow = in_tree(4)
    run = completed(workflow, plan_of(workflow, [0, 0, 1, 1, 0, 1, 0]))
    half = 2 * CALL + COLD + 3 * RUN + UP + COMMIT
    assert makespan_ms(run) == half + NOTIFY + DOWN + RUN + UP + COMMIT == 7855
    assert (run.bytes_fetched, run.bytes_uploaded) == (1_000_000, 2_000_000)


def test_in_tree_with_a_worker_for_each_task() -> None:
    """Leaves are called one after the other; l3 is the last, and everything on its way to the root waits for it."""
    workflow = in_tree(4)
    run = completed(workflow, plan_of(workflow, range(7)))
    leaf = 4 * CALL + COLD + RUN + UP + COMMIT
    inner = CALL + COLD + DOWN + RUN + UP + COMMIT
    assert makespan_ms(run) == leaf + 2 * inner == 10_340


@pytest.mark.parametrize("n_leaves", [2, 4, 8, 16])
def test_in_tree_on_one_worker(n_leaves: int) -> None:
    """2n − 1 tasks in a row, with whatever order."""
    workflow = in_tree(n_leaves)
    run = completed(workflow, plan_of(workflow, [0] * (2 * n_leaves - 1)))
    assert makespan_ms(run) == CALL + COLD + (2 * n_leaves - 1) * RUN + UP + COMMIT


# what else a makespan is made of ---------------------------------------------------------------------------


def test_a_prewarmed_instance_saves_the_cold_start() -> None:
    """A prewarm at 0 s: its call comes first, its cold start ends at .6 s, before a's worker calls b's.

    ::

        client   call(a) call(prewarm)          the client makes one call at a time; a's was first
        a's           cold down a up commit
        prewarm               cold
        b's                                 call warm down b up commit
    """
    workflow = chain(2)
    plan = msgspec.structs.replace(plan_of(workflow, [0, 1]), prewarms=(Prewarm(1769, 0.0),))
    run = completed(workflow, plan, keep_alive_s=60)
    stage = CALL + DOWN + RUN + UP + COMMIT
    assert makespan_ms(run) == 2 * stage + COLD + WARM == 6920
    assert (run.cold_starts, run.warm_starts) == (1, 1)
    assert run.bill["prewarm invocations"].quantity == 1


def test_a_prewarm_that_meets_an_idle_instance_is_redundant() -> None:
    """At 5 s a's worker has left its instance idle, and b's is still fetching."""
    workflow = chain(2)
    plan = msgspec.structs.replace(plan_of(workflow, [0, 1]), prewarms=(Prewarm(1769, 5.0),))
    run = completed(workflow, plan, keep_alive_s=60)
    assert run.invocations["start"].tolist() == ["cold", "cold", "redundant prewarm"]


def test_waiting_for_admission() -> None:
    """One instance at a time, two roots: the second waits until the first has left, and starts warm."""
    workflow = independent_tasks([(0.0, 1.0, 1.0)] * 2)
    run = completed(workflow, plan_of(workflow, [0, 1]), concurrency=1)
    assert makespan_ms(run) == CALL + COLD + RUN + COMMIT + WARM + RUN + COMMIT == 2660
    assert sorted(run.invocations["admission_ns"].tolist()) == [0, (COLD + RUN + COMMIT - CALL) * MS]
