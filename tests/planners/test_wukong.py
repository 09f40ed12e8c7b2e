"""Leaf schedules: depth first from every task without parents."""

from __future__ import annotations

from hypothesis import given

from planners.registry import make_planner
from planners.wukong import leaf_schedules
from tests.planners.examples import round_platform, workflows
from workloads import Workflow, WorkflowBuilder


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
