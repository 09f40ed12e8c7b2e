"""Streams: a consumer runs on what its producer has made so far, and ends when the pipeline does, to the nanosecond."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.faults import ScriptedFault
from executor.records.run import Run
from optimizations.stream import Stream
from planners.bounds import lower_bound
from planners.check import check_plan
from planners.orders import Backup, Duplicate, EarlyCall, Orders
from planners.orders import Stream as Order
from planners.pipeline import Pipeline
from planners.plan import Plan
from planners.registry import make_planner
from sim import simulate
from sim.evaluator import SimulatedEvaluator
from tests.sim import accounts, invariants
from tests.sim.figures import CALL, COLD, COMMIT, DOWN, MS, NOTIFY, RUN, UP, figures
from tests.sim.small import chain, fork_join, pair, plan_of
from tests.sim.test_every_fault import faults_of
from workloads import Workflow, WorkflowBuilder

AT_ONCE = EarlyCall(0, 1, after_s=0.0)
RULES = (
    invariants.each_task_is_committed_once,
    invariants.an_instance_serves_one_at_a_time,
    invariants.invocations_go_through_life_in_order,
    accounts.operations_begin_when_their_cause_ends,
    accounts.the_critical_path_explains_the_makespan,
)


def streaming(plan: Plan, *orders: Order, calls: tuple[EarlyCall, ...] = ()) -> Plan:
    return msgspec.structs.replace(plan, orders=Orders(stream=orders, call_early=calls))


def completed(workflow: Workflow, plan: Plan, *faults: ScriptedFault, **overrides: object) -> Run:
    run = simulate(workflow, plan, figures(**overrides), seed=1, check=True, faults=faults)
    assert (run.status, run.failure) == ("complete", None)
    for rule in RULES:
        rule(run)
    return run


def ms(run: Run) -> float:
    assert run.makespan_ns is not None
    return run.makespan_ns / MS


# hand-computed ----------------------------------------------------------------------------------------------


def test_a_chain_in_four_chunks() -> None:
    """Edge a (w0) ─1 MB→ b (w1), a chunk of 250 kB each .25 s: made, put (.05 + .25), got (.03 + .25), worked on .25 s.

    Puts are slower than making: the last ends .25 + 4 · .3 s after a began, .45 after a ended. Gets and work keep up.

    ::

        w0  call cold down a · · · · up(.45) commit
        w1                 call cold b · · · ·  get(.28) work(.25) up commit
    """
    plan = plan_of(chain(2), [0, 1])
    run = completed(chain(2), streaming(plan, Order(0, 1, 4), calls=(AT_ONCE,)))
    assert ms(run) == CALL + COLD + DOWN + (250 + 4 * 300) + 280 + 250 + UP + COMMIT == 4670
    assert lower_bound(chain(2), run.plan, figures()).makespan_s * 1000 == pytest.approx(4670)
    usual = completed(chain(2), plan)
    assert ms(usual) == 2 * (CALL + COLD + DOWN + RUN + UP + COMMIT) == 7380
    account = Stream().account(run)
    assert (account.planned, account.applied, account.used, account.wasted) == (1, 1, 1, 0)
    assert run.bill["store puts"].quantity == 4 + 1
    assert run.bill["store gets"].quantity == 1 + 4
    assert run.bytes_fetched == usual.bytes_fetched


def test_a_fast_network_leaves_the_last_chunk() -> None:
    """At 100 MB/s a chunk takes .0025 s to move: put and got in .0525 and .0325 s, long before the next one is made.

    Starts take no time, so that b's worker has read the first chunk, and is idle, before a makes the second.
    """
    plan = streaming(plan_of(chain(2), [0, 1]), Order(0, 1, 4), calls=(AT_ONCE,))
    run = completed(chain(2), plan, connection_bytes_per_s=1e8, provisioning_s=0.0, **{"start.init_s": 0.0})
    assert ms(run) == CALL + (30 + 10) + RUN + 52.5 + 32.5 + 250 + (50 + 10) + COMMIT


def test_a_slow_consumer_is_what_counts() -> None:
    """B works for 4 s: it begins with the first chunk, .25 + .3 + .28 s after a began, and is never idle again.

    Its worker is up .6 s after a began, has asked and was offered at .61: the first chunk, put at .55, comes at .89.
    """
    builder = WorkflowBuilder("slow")
    for name in ("in", "between", "out"):
        builder.add_object(name, 1_000_000)
    builder.add_task("a", cpu_s=1.0, inputs=["in"], outputs=["between"])
    builder.add_task("b", cpu_s=4.0, inputs=["between"], outputs=["out"])
    workflow = builder.build()
    plan = streaming(plan_of(workflow, [0, 1]), Order(0, 1, 4), calls=(AT_ONCE,))
    run = completed(workflow, plan)
    listens = CALL + COLD + 2 * NOTIFY
    assert ms(run) == CALL + COLD + DOWN + listens + 280 + 4 * RUN + UP + COMMIT


def test_a_slow_get_is_what_counts() -> None:
    """Gets have a latency of .4 s: four of .65 s each, from the offer on."""
    plan = streaming(plan_of(chain(2), [0, 1]), Order(0, 1, 4), calls=(AT_ONCE,))
    run = completed(chain(2), plan, get_latency_s=0.4)
    listens = CALL + COLD + 2 * NOTIFY
    assert ms(run) == CALL + COLD + (400 + 1000) + listens + 4 * 650 + 250 + UP + COMMIT


def test_who_is_not_there_reads_as_usual() -> None:
    """Without an early call b's worker is called when a is committed: only uploading has overlapped with a's run."""
    plan = plan_of(chain(2), [0, 1])
    usual, run = (completed(chain(2), each) for each in (plan, streaming(plan, Order(0, 1, 4))))
    assert ms(usual) - ms(run) == UP - 450
    assert Stream().account(run).applied == 0


def test_other_inputs_come_first() -> None:
    """Tasks a (w0), b (w1) → j (w2): a is streamed, b committed long before; j begins when both are known of."""
    workflow = pair()
    calls = (EarlyCall(0, 2, 0.0),)
    plan = streaming(plan_of(workflow, [0, 1, 2]), Order(0, 2, 2), calls=calls)
    run = completed(workflow, plan)
    starts = dict(zip(run.tasks["task"], run.tasks["start_s"], strict=True))
    ends = dict(zip(run.tasks["task"], run.tasks["end_s"], strict=True))
    assert ms(run) < ms(completed(workflow, plan_of(workflow, [0, 1, 2])))
    assert starts["j"] > ends["b"]


def test_two_streams_meet() -> None:
    """Both parents are streamed, and j runs on both."""
    workflow = pair()
    plan = plan_of(workflow, [0, 1, 2])
    both = streaming(plan, Order(0, 2, 4), Order(1, 2, 4), calls=(EarlyCall(0, 2, 0.0),))
    run = completed(workflow, both)
    account = Stream().account(run)
    assert (account.planned, account.used) == (2, 2)
    # b begins .1 s after a (the client's second call), and its pipeline ends that much later
    assert ms(run) == 2 * CALL + COLD + (250 + 4 * 300) + 280 + 250 + UP + COMMIT


# what the pipeline's closed form is worth ---------------------------------------------------------------------

times = st.integers(0, 50).map(lambda n: n / 10)


@given(st.integers(2, 16), times, times, times, times, times, times)
def test_the_closed_form_is_the_recurrence(
    n: int, run_s: float, put_s: float, get_s: float, listens_s: float, begin_s: float, works_s: float
) -> None:
    put = got = work = 0.0
    first = None
    for chunk in range(1, n + 1):
        put = max(run_s * chunk / n, put) + put_s
        got = max(put, got, listens_s) + get_s
        first = got if first is None else first
        work = max(got, work, begin_s) + works_s / n
    pipe = Pipeline(n, put_s, get_s)
    arrivals_s = pipe.arrivals_s(0.0, run_s, listens_s)
    assert arrivals_s == pytest.approx((first, got))
    assert pipe.end_s(arrivals_s, begin_s, works_s) == pytest.approx(work)


@pytest.mark.parametrize("chunks", [2, 3, 7, 16])
@pytest.mark.parametrize("rate", [1e6, 3e5])
def test_one_by_one_on_a_wide_network_is_the_same(chunks: int, rate: float) -> None:
    """A shared network that slows nobody down moves chunks one by one, and comes to the same (but for rounding)."""
    plan = streaming(plan_of(chain(2), [0, 1]), Order(0, 1, chunks), calls=(AT_ONCE,))
    alone = completed(chain(2), plan, connection_bytes_per_s=rate)
    wide = {"burst_bytes": 0.0, "burst_bytes_per_s": 1e9, "sustained_bytes_per_s": 1e9, "refill_s": 1.0}
    shared = completed(chain(2), plan, connection_bytes_per_s=rate, **{"network.instance": wide})
    assert ms(shared) == pytest.approx(ms(alone), abs=1e-2)
    assert Stream().account(shared).used == 1


def test_a_task_that_shares_its_cpu() -> None:
    """Two slots: beside nobody the run ahead comes to the same as alone; beside others it shares, and takes longer."""
    workflow = chain(2)
    plan = streaming(plan_of(workflow, [0, 1]), Order(0, 1, 4), calls=(AT_ONCE,))
    alone = completed(workflow, plan)
    slots = completed(workflow, plan, **{"cpu.slots": 2})
    hosted = completed(workflow, plan, **{"host.cores": 8.0})
    assert ms(slots) == pytest.approx(ms(alone), abs=1e-4)
    assert ms(hosted) == pytest.approx(ms(alone), abs=1e-4)


# bounds, faults, replay ---------------------------------------------------------------------------------------


@given(
    st.integers(1, 4),
    st.sampled_from([2, 4, 16]),
    st.sampled_from([0.0, 0.4, 3.0]),
    st.sampled_from([0, 1000, 1_000_000, 5_000_000]),
    st.floats(0.0, 3.0),
    st.sampled_from([{}, {"parallel_transfers": 1}, {"cpu.slots": 2}, {"host.cores": 1.0}, {"put_latency_s": 0.6}]),
)
def test_no_run_undercuts_its_bounds(
    width: int, chunks: int, after_s: float, n_bytes: int, cpu_s: float, overrides: dict[str, Any]
) -> None:
    workflow = fork_join(width, n_bytes=n_bytes, cpu_s=cpu_s)
    plan = plan_of(workflow, range(width + 2))
    orders = [Order(0, task, chunks) for task in range(1, width + 1)]
    orders += [Order(task, width + 1, chunks) for task in range(1, width + 1)]
    calls = [EarlyCall(0, worker, after_s) for worker in range(1, width + 1)] + [EarlyCall(1, width + 1, after_s)]
    plan = streaming(plan, *orders, calls=tuple(calls))
    assert not check_plan(plan, workflow, figures(**overrides))
    run = completed(workflow, plan, **overrides)
    assert run.makespan_s is not None
    assert run.lower_bound_s <= run.makespan_s
    assert lower_bound(workflow, plan, figures(**overrides)).makespan_s <= run.makespan_s + 1e-9


FAULTY: dict[str, object] = {
    "faults.poll_s": 2.0,
    "faults.timeout_s": 0.5,
    "faults.retry": {"attempts": 3, "initial_s": 0.1, "maximum_s": 60.0},
    "limits.max_attempts": 4,
    "limits.backoff": {"attempts": 4, "initial_s": 0.1, "maximum_s": 60.0},
    "noise.straggler_factor": 3.0,
}


@pytest.mark.parametrize("network", [False, True])
def test_every_single_fault(network: bool) -> None:
    """Whatever befalls one operation of a streamed chain of three, the run is complete, each task committed once."""
    workflow = chain(3, n_bytes=300_000)
    calls = (EarlyCall(0, 1, 0.0), EarlyCall(1, 2, 0.0))
    plan = streaming(plan_of(workflow, [0, 1, 2]), Order(0, 1, 4), Order(1, 2, 4), calls=calls)
    overrides = dict(FAULTY)
    if network:
        wide = {"burst_bytes": 0.0, "burst_bytes_per_s": 1e6, "sustained_bytes_per_s": 1e6, "refill_s": 1.0}
        overrides["network.instance"] = wide
    calm = completed(workflow, plan, **overrides)
    assert Stream().account(calm).used == 2
    n = wasted = 0
    for fault in faults_of(calm):
        for detection_s in (0.0, 0.7) if fault.fault == "crash" else (0.0,):
            run = completed(workflow, plan, fault, **overrides, **{"faults.detection_s": detection_s})
            wasted += Stream().account(run).wasted
            n += 1
    assert n > 100
    assert wasted > 20


def test_a_producer_that_dies_makes_what_was_read_void() -> None:
    """A's instance dies half through its run: b's run ahead fails, and b runs again on what a's next epoch makes."""
    plan = streaming(plan_of(chain(2), [0, 1]), Order(0, 1, 4), calls=(AT_ONCE,))
    run = completed(chain(2), plan, ScriptedFault("a", 1, "crash", "run", 0.9), **FAULTY)
    rows = [row for row in run.tasks.rows() if row["task"] == "b"]
    assert [row["counts"] for row in rows] == [False, True]
    assert Stream().account(run).wasted == 1
    assert run.waste.n_runs == 2


def test_what_cannot_be_streamed() -> None:
    workflow = pair()
    named = plan_of(workflow, [0, 1, 2])
    plan = streaming(named, Order(0, 1, 4), Order(0, 2, 1), Order(1, 2, 4), Order(1, 2, 4))
    told = [str(fault) for fault in check_plan(plan, workflow, figures())]
    assert "plan: orders.stream['a', 'b'] is None; expected an object that the consumer reads of the producer's" in told
    assert any("chunks" in each and "a whole number from 2" in each for each in told)
    assert any("one order" in each for each in told)
    on_one = streaming(plan_of(workflow, [0, 0, 0]), Order(0, 2, 4))
    assert "tasks of two workers" in str(check_plan(on_one, workflow, figures())[0])
    flexible = streaming(plan_of(workflow, [None, None, None]), Order(0, 2, 4))
    assert "tasks of named workers" in str(check_plan(flexible, workflow, figures())[0])
    released = streaming(plan_of(workflow, [0, 1, 2], hold=False), Order(0, 2, 4))
    assert "a consumer whose worker holds" in str(check_plan(released, workflow, figures())[0])


@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        (Orders(preload=(2,)), "preload or stream for the task"),
        (Orders(duplicate=(Duplicate(0, 2),)), "duplicate or stream for 'a'"),
        (Orders(duplicate=(Duplicate(1, 2),)), "stream or duplicate for 'j'"),
        (Orders(backup=(Backup(0, 1.0),)), "backup or stream for 'a'"),
        (Orders(backup=(Backup(2, 1.0),)), "backup or stream for 'j'"),
    ],
)
def test_conflicts_name_both_and_the_task(orders: Orders, expected: str) -> None:
    workflow = pair()
    plan = msgspec.structs.replace(
        plan_of(workflow, [0, 1, 2]), orders=msgspec.structs.replace(orders, stream=(Order(0, 2, 4),))
    )
    told = [str(fault) for fault in check_plan(plan, workflow, figures())]
    assert any(f"optimization {expected}, not both" in each for each in told)


def test_it_is_proposed_and_helps() -> None:
    """Four workers in a row, 2 MB at 1 MB/s between them: more than a fifth of the makespan is saved."""
    workflow, platform = chain(4, n_bytes=2_000_000), figures()
    plan = make_planner("one-per-task").plan(workflow, platform)
    evaluator = SimulatedEvaluator(workflow, platform, seed=1)
    observed = evaluator.observe(plan)
    proposals = list(Stream().proposals(plan, workflow, platform, observed))
    assert proposals
    assert not any(check_plan(proposed, workflow, platform) for proposed in proposals)
    best = min(evaluator.evaluate(proposed).makespans_s.mean() for proposed in proposals)
    assert best < 0.8 * observed.evaluation.makespans_s.mean()
    assert Stream().off(proposals[0]).orders.stream == ()


def test_a_price_on_requests_makes_chunks_fewer() -> None:
    """With free requests as many as overlap most; at a dollar each they are not worth it, and nothing is proposed."""
    workflow = chain(4, n_bytes=2_000_000)
    plan = plan_of(workflow, range(4))
    chunks: list[set[int]] = []
    for usd in (0.0, 1e-6, 1.0):
        prices = {"prices.usd_per_get": usd, "prices.usd_per_put": usd, "prices.usd_per_gb_s": 1e-5}
        platform = figures(**prices)
        observed = SimulatedEvaluator(workflow, platform, seed=1).observe(plan)
        proposed = next(Stream().proposals(plan, workflow, platform, observed), plan)
        chunks.append({order.chunks for order in proposed.orders.stream})
    assert min(chunks[0]) > max(chunks[1])
    assert chunks[2] == set()
