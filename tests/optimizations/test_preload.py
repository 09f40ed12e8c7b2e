"""Preload: what is there is fetched, results are used, tasks start earlier; nothing else changes."""

from __future__ import annotations

import msgspec
import pytest

from optimizations.preload import Preload
from planners.check import check_plan
from planners.orders import Orders, Stream
from planners.plan import Plan
from planners.registry import make_planner
from platforms import load_platform
from sim import simulate
from tests.planners.examples import round_platform
from tests.sim.small import plan_of
from workloads import Workflow, WorkflowBuilder, load_workflow


def meeting() -> Workflow:
    """A long and a short parent, each handing over 1 MB.

    short (1 s) ──1 MB──┐
    long  (5 s) ──1 MB──┴─→ join (1 s)
    """
    builder = WorkflowBuilder("meeting")
    for name, cpu_s in (("short", 1.0), ("long", 5.0)):
        builder.add_object(f"of-{name}", 1_000_000)
        builder.add_task(name, cpu_s=cpu_s, outputs=[f"of-{name}"])
    builder.add_task("join", cpu_s=1.0, inputs=["of-short", "of-long"])
    return builder.build()


def preloading(plan: Plan, *tasks: int) -> Plan:
    return msgspec.structs.replace(plan, orders=Orders(preload=tasks))


def test_the_first_input_is_fetched_while_the_second_is_made() -> None:
    """`join` sits with `long`: without preload it fetches `of-short` (1.03 s) when `long` is done, with it before.

    Its worker is up at .1 (second call of the client) + .1 + .5; `long` ends at 5.7, `of-short` was there long ago.
    So all of the fetch is saved.
    """
    workflow, platform = meeting(), round_platform()
    plan = plan_of(workflow, (0, 1, 1))
    usual, early = (simulate(workflow, p, platform, seed=1) for p in (plan, preloading(plan, 2)))
    assert usual.makespan_s == pytest.approx(5.7 + 1.03 + 1.0 + 0.01)
    assert early.makespan_s == pytest.approx(5.7 + 1.0 + 0.01)
    account = Preload().account(early)
    assert (account.planned, account.applied, account.used, account.wasted) == (1, 1, 1, 0)
    assert early.bytes_fetched == usual.bytes_fetched


def test_objects_that_were_always_there_are_fetched_at_once() -> None:
    """`late` needs 2 MB from the store and a word from `before` (3 s) on its own worker: 2.03 s are saved."""
    builder = WorkflowBuilder("late")
    builder.add_object("given", 2_000_000)
    builder.add_task("before", cpu_s=3.0)
    builder.add_task("late", cpu_s=1.0, inputs=["given"], after=["before"])
    workflow, platform = builder.build(), round_platform()
    plan = plan_of(workflow, (0, 0))
    usual, early = (simulate(workflow, p, platform, seed=1) for p in (plan, preloading(plan, 1)))
    assert usual.makespan_s is not None
    assert early.makespan_s == pytest.approx(usual.makespan_s - 2.03)


def test_who_subscribes_late_is_told_what_is_there() -> None:
    """`join` has a worker of its own, called when `long` is done: then everything is there, and nothing is early."""
    workflow, platform = meeting(), round_platform()
    plan = plan_of(workflow, (0, 1, 2))
    usual, early = (simulate(workflow, p, platform, seed=1) for p in (plan, preloading(plan, 2)))
    assert early.makespan_s == usual.makespan_s
    assert Preload().account(early).applied == 0


@pytest.mark.parametrize("seed", range(3))
def test_gemm_starts_its_last_task_earlier(seed: int) -> None:
    workflow, platform = load_workflow("gemm"), load_platform("aws-lambda-s3")
    plan = make_planner("uniform").plan(workflow, platform)
    join = int(workflow.parents.counts.argmax())
    usual, early = (simulate(workflow, p, platform, seed=seed) for p in (plan, preloading(plan, join)))
    name = workflow.task_names[join]
    starts = [float(run.tasks["start_s"][run.tasks["task"] == name][0]) for run in (usual, early)]
    assert starts[1] < starts[0] - 0.01
    account = Preload().account(early)
    assert account.used == account.applied > 0
    assert early.makespan_s is not None
    assert usual.makespan_s is not None
    assert early.makespan_s < usual.makespan_s


def test_luck_is_common() -> None:
    """Nothing but fetches moves: the same run times, starts and latencies, each by its own name."""
    workflow, aws = load_workflow("gemm"), load_platform("aws-lambda-s3")
    plan = make_planner("heft").plan(workflow, aws)
    join = int(workflow.parents.counts.argmax())
    usual, early = (simulate(workflow, p, aws, seed=7) for p in (plan, preloading(plan, join)))
    for column in ("task", "alone_s"):
        assert sorted(usual.tasks[column].tolist()) == sorted(early.tasks[column].tolist())
    durations = [sorted((run.transfers["alone_s"]).round(9).tolist()) for run in (usual, early)]
    assert durations[0] == durations[1]


def test_refused_for_flexible_tasks_and_beside_streaming() -> None:
    workflow, platform = meeting(), round_platform()
    flexible = preloading(plan_of(workflow, (0, 1, None)), 2)
    assert [fault.field for fault in check_plan(flexible, workflow, platform)] == ["orders.preload['join']"]
    both = plan_of(workflow, (0, 1, 2))
    both = msgspec.structs.replace(both, orders=Orders(preload=(2,), stream=(Stream(0, 2, 4),)))
    told = " ".join(map(str, Preload().faults(both, workflow, platform)))
    assert "preload" in told
    assert "stream" in told
    assert "join" in told


def test_off_is_as_it_was() -> None:
    plan = plan_of(meeting(), (0, 1, 1))
    assert Preload().off(preloading(plan, 2)) == plan
    assert Preload().is_on(preloading(plan, 2))
    assert not Preload().is_on(plan)
