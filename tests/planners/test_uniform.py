"""octoflows' assignment rules, each on a small graph by hand."""

from __future__ import annotations

import pytest

from planners.plan import Plan
from planners.registry import make_planner
from tests.planners.examples import chain, roots, round_platform, star
from workloads import Workflow, WorkflowBuilder


def plan_of(workflow: Workflow, spec: str = "uniform") -> Plan:
    return make_planner(spec).plan(workflow, round_platform())


def groups(workflow: Workflow, spec: str = "uniform") -> list[tuple[str, ...]]:
    """The names of each worker's tasks, by index."""
    tasks = (sorted(each) for each in plan_of(workflow, spec).tasks_by_worker())
    return [tuple(workflow.task_names[task] for task in each) for each in tasks]


def test_a_chain_stays() -> None:
    assert groups(chain(3.0, 1.0, 2.0)) == [("t0", "t1", "t2")]


def test_a_fan_out() -> None:
    """Median 4: the longest three of the four short ones stay; 7 takes the fourth along; 6 and 5 are on their own."""
    assert groups(star(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)) == [
        ("root", "t1", "t2", "t3"),
        ("t0", "t6"),
        ("t5",),
        ("t4",),
    ]


def test_roots_have_no_worker_to_stay_on() -> None:
    assert groups(roots(7.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)) == [("t0", "t3", "t4"), ("t1", "t2", "t6"), ("t5",)]


def test_equal_times_are_all_short() -> None:
    assert groups(roots(*[1.0] * 5)) == [("t0", "t1", "t2"), ("t3", "t4")]


def test_of_short_ones_the_largest_outputs_stay() -> None:
    builder = WorkflowBuilder("outputs")
    builder.add_object("seed", 1)
    builder.add_task("root", cpu_s=1.0, outputs=["seed"])
    for i, size in enumerate([1, 5, 5, 3, 9]):
        builder.add_object(f"d{i}", size)
        builder.add_task(f"t{i}", cpu_s=1.0, inputs=["seed"], outputs=[f"d{i}"])
    assert groups(builder.build()) == [("root", "t1", "t2", "t4"), ("t0", "t3")]


@pytest.mark.parametrize(("group", "expected"), [(1, 7), (2, 4), (4, 2), (7, 1)])
def test_the_size_of_a_group(group: int, expected: int) -> None:
    """Seven equal children: `group` of them stay, the rest in groups of as many."""
    assert len(groups(star(*[1.0] * 7), f"uniform[group={group}]")) == expected


def test_long_ones_left_over_are_in_groups_of_half() -> None:
    """Of five children with median 1 two are long; all three short ones stay, so the long ones are left over."""
    workflow = star(1.0, 1.0, 1.0, 5.0, 5.0)
    assert groups(workflow) == [("root", "t0", "t1", "t2"), ("t3",), ("t4",)]
    assert groups(workflow, "uniform[group=4]") == [("root", "t0", "t1", "t2"), ("t3", "t4")]


@pytest.mark.parametrize(
    ("sizes", "home"),
    [((1, 2, 4), "c"), ((3, 2, 4), "c"), ((4, 2, 4), "a"), ((0, 0, 0), "a")],
)
def test_a_fan_in_goes_where_most_of_its_data_are(sizes: tuple[int, ...], home: str) -> None:
    """Tasks a, b, c alone on their workers (longs), joined by d; ties go to the first parent."""
    builder = WorkflowBuilder("fan-in")
    for name, size in zip("abc", sizes, strict=True):
        builder.add_object(f"d{name}", size)
        builder.add_task(name, cpu_s=1.0, outputs=[f"d{name}"])
    builder.add_task("d", cpu_s=1.0, inputs=["da", "db", "dc"])
    together = next(names for names in groups(builder.build(), "uniform[group=1]") if "d" in names)
    assert together == (home, "d")


def test_of_workers_that_hold_as_much_that_of_the_longest_path_is_taken() -> None:
    builder = WorkflowBuilder("as much")
    for name, cpu_s in (("a", 1.0), ("b", 3.0), ("c", 2.0)):
        builder.add_object(f"d{name}", 7)
        builder.add_task(name, cpu_s=cpu_s, outputs=[f"d{name}"])
    builder.add_task("d", cpu_s=1.0, inputs=["da", "db", "dc"])
    assert ("b", "d") in groups(builder.build(), "uniform[group=1]")


def test_fan_outs_come_before_joins() -> None:
    """Of a → c, a → d, b → d: though d is longer it waits for c's group, where it is the long one, on its own."""
    builder = WorkflowBuilder("siblings")
    builder.add_task("a", cpu_s=1.0)
    builder.add_task("b", cpu_s=2.0)
    builder.add_task("c", cpu_s=1.0, after=["a"])
    builder.add_task("d", cpu_s=9.0, after=["a", "b"])
    assert groups(builder.build(), "uniform[group=1]") == [("b",), ("a", "c"), ("d",)]


def test_data_are_summed_by_worker() -> None:
    """Short a and b stay with their parent and hold 3 each; c, the largest single one, holds 4 on its own worker."""
    builder = WorkflowBuilder("sums")
    builder.add_task("root", cpu_s=1.0)
    for name, size, cpu_s in [("a", 3, 1.0), ("b", 3, 1.0), ("c", 4, 2.0)]:
        builder.add_object(f"d{name}", size)
        builder.add_task(name, cpu_s=cpu_s, after=["root"], outputs=[f"d{name}"])
    builder.add_task("d", cpu_s=1.0, inputs=["da", "db", "dc"])
    assert groups(builder.build()) == [("root", "a", "b", "d"), ("c",)]


def test_a_fan_out_takes_along_a_sibling_with_another_parent() -> None:
    """Of a → c, a → d, b → d: the group of a's children is assigned as a whole, when c comes up."""
    builder = WorkflowBuilder("siblings")
    builder.add_task("a", cpu_s=1.0)
    builder.add_task("b", cpu_s=2.0)
    builder.add_task("c", cpu_s=1.0, after=["a"])
    builder.add_task("d", cpu_s=1.0, after=["a", "b"])
    workflow = builder.build()
    assert groups(workflow, "uniform[group=1]") == [("b",), ("a", "c"), ("d",)]


def test_the_longest_path_runs_first() -> None:
    plan = plan_of(star(1.0, 2.0, 2.0))
    assert plan.priority == (0, 3, 1, 2)
