"""Task clustering by hand: what is large stays where it is, and how much sooner that makes a run.

On the round figures of `tests.sim.figures`, all tasks flexible, one slot a worker. In ms: call 100, cold start 500, an
object of 1 MB up 1,050 and down 1,030, a request to the ledger 10.
"""

from __future__ import annotations

import msgspec
import pytest

from executor.records.run import Run
from optimizations.cluster_fan_in import ClusterFanIn
from optimizations.cluster_fan_out import ClusterFanOut
from planners.check import check_plan
from planners.orders import Orders
from planners.plan import Plan
from sim import simulate
from sim.evaluator import SimulatedEvaluator
from tests.sim.figures import CALL, COLD, COMMIT, DOWN, MS, READ, RUN, UP, figures
from tests.sim.small import chain, fork_join, plan_of
from workloads import Workflow, WorkflowBuilder

MB = 1_000_000


def flexible(workflow: Workflow, **orders: int) -> Plan:
    plan = plan_of(workflow, [None] * workflow.n_tasks)
    return msgspec.structs.replace(plan, orders=Orders(**orders))  # type: ignore[arg-type]


def run_of(workflow: Workflow, **orders: int) -> Run:
    run = simulate(workflow, flexible(workflow, **orders), figures(), seed=1, check=True)
    assert run.status == "complete"
    return run


def ms(run: Run) -> float:
    assert run.makespan_ns is not None
    return run.makespan_ns / MS


def test_children_of_a_large_object_need_not_move_it() -> None:
    """F makes 1 MB, which a, b and c read, who make nothing. What the end depends on, a and b being through before.

    ::

        usual      f ── up, commit ── b, and a call, cold, down ── c ── commit
        clustered  f a b c ── commit
    """
    builder = WorkflowBuilder("fan-out")
    builder.add_object("f.out", MB)
    builder.add_task("f", cpu_s=1.0, outputs=["f.out"])
    for name in "abc":
        builder.add_task(name, cpu_s=1.0, inputs=["f.out"])
    workflow = builder.build()
    usual, clustered = run_of(workflow), run_of(workflow, cluster_fan_out_bytes=MB)
    f = CALL + COLD + RUN
    assert ms(usual) == f + UP + COMMIT + CALL + COLD + DOWN + RUN + COMMIT == 5300
    assert ms(clustered) == f + 3 * RUN + COMMIT == 4610
    assert (usual.bytes_uploaded, usual.bytes_fetched) == (MB, MB)
    assert (clustered.bytes_uploaded, clustered.bytes_fetched) == (0, 0)
    assert clustered.bill["ledger requests"].quantity == 3


def test_all_children_of_a_large_object_run_where_it_is() -> None:
    """F makes 1 MB, which w0, w1, w2 read; j joins what they make, 1 MB each.

    ::

        usual      f ── up, commit ── w1, and a call, cold, down ── w2 ── read, down (w0, w1) ── j ── up, commit
        clustered  f w0 w1 w2 ── read, up, commit ── j ── up, commit          nothing of f is ever uploaded
    """
    usual, clustered = run_of(fork_join(3)), run_of(fork_join(3), cluster_fan_out_bytes=MB)
    moved = UP + COMMIT + CALL + COLD + DOWN
    assert ms(usual) == CALL + COLD + RUN + moved + RUN + READ + DOWN + RUN + UP + COMMIT == 8390
    assert ms(clustered) == CALL + COLD + RUN + 3 * RUN + READ + UP + COMMIT + RUN + UP + COMMIT == 7730
    assert (usual.bytes_fetched, clustered.bytes_fetched) == (3 * MB, 0)
    assert "f.out" not in clustered.transfers["object"].tolist()
    account = ClusterFanOut().account(clustered)
    assert (account.planned, account.applied, account.used, account.wasted) == (1, 1, 1, 0)


def test_what_is_not_large_enough_is_shared_out_as_ever() -> None:
    usual, clustered = run_of(fork_join(3)), run_of(fork_join(3), cluster_fan_out_bytes=MB + 1)
    assert ms(usual) == ms(clustered)
    assert ClusterFanOut().account(clustered).planned == 0


def busy_join(more_s: float) -> Workflow:
    """`large` (1 s, 1 MB) → `more`; `large` and `small` (1 s, nothing) → `join`."""
    builder = WorkflowBuilder("busy join")
    for name, size in (("large", MB), ("small", 0), ("more", 0), ("join", MB)):
        builder.add_object(f"{name}.out", size)
    builder.add_task("large", cpu_s=1.0, outputs=["large.out"])
    builder.add_task("small", cpu_s=1.0, outputs=["small.out"])
    builder.add_task("more", cpu_s=more_s, inputs=["large.out"], outputs=["more.out"])
    builder.add_task("join", cpu_s=1.0, inputs=["large.out", "small.out"], outputs=["join.out"])
    return builder.build()


@pytest.mark.parametrize("more_s", [1.5, 2.0, 2.5])
def test_a_complete_join_runs_where_its_input_is(more_s: float) -> None:
    """`large`'s worker goes on with `more`, uploads for `join`, and completes that while it is busy.

    It reads the join's set 10 after `large`, and has committed 1,060 later. By then a fresh worker would need a call, a
    cold start and the object; this one has to run `more` to its end, and has it. (What `small` makes takes 30 to get.)
    """
    usual, clustered = run_of(busy_join(more_s)), run_of(busy_join(more_s), cluster_fan_in_bytes=MB)
    begin = CALL + COLD + RUN + READ
    assert ms(usual) == begin + UP + COMMIT + CALL + COLD + DOWN + RUN + UP + COMMIT
    assert ms(clustered) == begin + 1000 * more_s + RUN + UP + COMMIT
    assert usual.bytes_fetched - clustered.bytes_fetched == MB
    account = ClusterFanIn().account(clustered)
    assert (account.planned, account.applied, account.used, account.wasted) == (1, 1, 1, 0)
    assert ClusterFanIn().account(usual).planned == 0


def test_a_join_that_waits_longer_than_a_fresh_worker_would_have_taken_is_wasted() -> None:
    usual, clustered = run_of(busy_join(5.0)), run_of(busy_join(5.0), cluster_fan_in_bytes=MB)
    assert ms(clustered) > ms(usual)
    account = ClusterFanIn().account(clustered)
    assert (account.applied, account.used, account.wasted) == (1, 0, 1)


def test_what_is_proposed() -> None:
    """Three thresholds at most: from what takes longer to move than a start, .6 s, the largest, and all there are."""
    workflow, plan = busy_join(1.0), flexible(busy_join(1.0))
    observation = SimulatedEvaluator(workflow, figures(), 1).observe(plan, runs=2)
    proposed = list(ClusterFanIn().proposals(plan, workflow, figures(), observation))
    assert [each.orders.cluster_fan_in_bytes for each in proposed] == [MB]
    sizes = (10_000, 300_000, MB, 5 * MB)
    builder = WorkflowBuilder("fan-outs")
    for k, size in enumerate(sizes):
        builder.add_object(f"o{k}", size)
        builder.add_task(f"t{k}", cpu_s=1.0, outputs=[f"o{k}"])
        for child in "ab":
            builder.add_task(f"t{k}.{child}", cpu_s=1.0, inputs=[f"o{k}"])
    several = builder.build()
    plan = flexible(several)
    observation = SimulatedEvaluator(several, figures(), 1).observe(plan, runs=2)
    proposed = list(ClusterFanOut().proposals(plan, several, figures(), observation))
    assert [each.orders.cluster_fan_out_bytes for each in proposed] == [300_000, 5 * MB, 10_000]
    assert all(not check_plan(each, several, figures()) for each in proposed)


@pytest.mark.parametrize(
    ("switch", "field"), [(ClusterFanOut(), "cluster_fan_out_bytes"), (ClusterFanIn(), "cluster_fan_in_bytes")]
)
def test_nothing_is_proposed_to_named_workers_and_orders_for_them_are_refused(
    switch: ClusterFanOut, field: str
) -> None:
    workflow = chain(3)
    plan = plan_of(workflow, [0, 0, 0])
    observation = SimulatedEvaluator(workflow, figures(), 1).observe(plan, runs=1)
    assert list(switch.proposals(plan, workflow, figures(), observation)) == []
    ordered = msgspec.structs.replace(plan, orders=Orders(**{field: -1}))  # type: ignore[arg-type]
    told = [str(fault) for fault in check_plan(ordered, workflow, figures())]
    assert len(told) == 2
    assert all(field in each for each in told)
    assert switch.is_on(ordered)
    assert switch.off(ordered) == plan
