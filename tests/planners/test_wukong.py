"""WUKONG: leaf schedules, depth first from every task without parents; and what is asked about big tasks."""

from __future__ import annotations

import pytest
from hypothesis import given

from planners.check import check_plan
from planners.orders import NO_ORDERS, DelayIO, Orders
from planners.registry import make_planner
from planners.wukong import leaf_schedules
from tests.planners.examples import round_platform, workflows
from workloads import InvalidInput, Workflow, WorkflowBuilder


def two_leaves() -> Workflow:
    """Leaves 0 and 1: 0 → 2 and 4, 2 → 5, and the fan-in of 1, 2 and 4 at 3."""
    builder = WorkflowBuilder("two leaves")
    after = {"t0": [], "t1": [], "t2": ["t0"], "t3": ["t1", "t2", "t4"], "t4": ["t0"], "t5": ["t2"]}
    for name, parents in after.items():
        builder.add_task(name, cpu_s=1.0, after=parents)
    return builder.build()


def test_each_leaf_names_all_it_reaches_depth_first() -> None:
    assert list(leaf_schedules(two_leaves())) == [(0, 2, 3, 5, 4), (1, 3)]


def test_priority_is_the_order_of_first_naming() -> None:
    plan = make_planner("wukong").plan(two_leaves(), round_platform())
    assert plan.priority == (0, 5, 1, 2, 4, 3)
    assert plan.workers == ()
    assert plan.assignment == (None,) * 6
    assert plan.flexible_mb == 1769


def recursive(workflow: Workflow, task: int, named: list[int]) -> list[int]:
    if task not in named:
        named.append(task)
        for child in workflow.children.row(task).tolist():
            recursive(workflow, child, named)
    return named


@given(workflows())
def test_both_agree_with_the_plain_recursion(workflow: Workflow) -> None:
    schedules = [recursive(workflow, leaf, []) for leaf in workflow.roots.tolist()]
    assert [list(schedule) for schedule in leaf_schedules(workflow)] == schedules
    first_named = list(dict.fromkeys(task for schedule in schedules for task in schedule))
    plan = make_planner("wukong").plan(workflow, round_platform())
    assert sorted(range(workflow.n_tasks), key=plan.priority.__getitem__) == first_named


def two_holders(large_bytes: int) -> Workflow:
    """Leaves a and b, of which a makes so much, and their join."""
    builder = WorkflowBuilder("two holders")
    for name, size in (("a", large_bytes), ("b", 1000)):
        builder.add_object(f"{name}.out", size)
        builder.add_task(name, cpu_s=1.0, outputs=[f"{name}.out"])
    builder.add_task("join", cpu_s=1.0, inputs=["a.out", "b.out"])
    return builder.build()


def orders(name: str, large_bytes: int = 200_000_000) -> Orders:
    workflow = two_holders(large_bytes)
    plan = make_planner(name).plan(workflow, round_platform())
    assert check_plan(plan, workflow, round_platform()) == ()
    return plan.orders


def test_big_tasks_are_clustered_and_held_back_as_its_code_has_it() -> None:
    """From 200,000,000 bytes on; nothing is asked where there are none, so that such plans are as they ever were."""
    assert orders("wukong") == Orders(
        cluster_fan_out_bytes=200_000_000,
        cluster_fan_in_bytes=200_000_000,
        delay_io=DelayIO(200_000_000, 10.0, None),
    )
    assert orders("wukong", 199_999_999) == NO_ORDERS


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("wukong[big_task_bytes=1000,cluster=false]", Orders(delay_io=DelayIO(1000, 10.0))),
        ("wukong[big_task_bytes=0,cluster=false,patience_s=3.0,retry_s=0.5]", Orders(delay_io=DelayIO(0, 3.0, 0.5))),
        ("wukong[delay_io=false]", Orders(cluster_fan_out_bytes=200_000_000, cluster_fan_in_bytes=200_000_000)),
        ("wukong[cluster=false,delay_io=false,max_task_fanout=10]", Orders(fan_out_helpers=10)),
        ("wukong[cluster=false,delay_io=false]", NO_ORDERS),
    ],
)
def test_each_of_them_by_name(name: str, expected: Orders) -> None:
    assert orders(name) == expected
    assert str(make_planner(name)) == name


@pytest.mark.parametrize("wrong", ["patience_s=0", "retry_s=0", "max_task_fanout=0", "big_task_bytes=-1", "cluster=2"])
def test_figures_that_make_no_sense_are_refused(wrong: str) -> None:
    with pytest.raises(InvalidInput, match=wrong.partition("=")[0]):
        make_planner(f"wukong[{wrong}]")
