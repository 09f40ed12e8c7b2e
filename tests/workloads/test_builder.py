"""The builder: what it makes, and that it tells every fault at once."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workloads.described import TaskTold, Told, told
from tests.workloads.test_structure import smallest_first
from workloads import MISSING, Fault, InvalidInput, PowerLaw, WorkflowBuilder


def faults_of(description: Told | WorkflowBuilder) -> tuple[Fault, ...]:
    with pytest.raises(InvalidInput) as raised:
        description.build()
    return raised.value.faults


@given(told())
def test_it_makes_what_it_was_told(description: Told) -> None:
    workflow = description.build()
    assert list(workflow.task_names) == [task.name for task in description.tasks]
    assert {each.name: each.bytes for each in workflow.data_objects()} == description.objects
    for task, made in zip(description.tasks, workflow.tasks(), strict=True):
        assert made.function == (task.function or task.name)
        assert made.inputs == tuple(dict.fromkeys(task.inputs))
        assert made.outputs == tuple(task.outputs)
        assert made.memory_mb == task.memory_mb
        if task.curve is not None:
            assert made.demand == task.curve
        else:
            assert vars(task).items() >= {(k, getattr(made.demand, k)) for k in ("io_s", "cpu_s", "parallelism")}


@given(told())
def test_edges_follow_from_objects_and_control(description: Told) -> None:
    workflow = description.build()
    names = list(workflow.task_names)
    parents = {task.name: set(task.parents) for task in workflow.tasks()}
    assert parents == description.parents()
    assert workflow.n_edges == sum(map(len, parents.values()))
    for rows in (workflow.parents, workflow.children, workflow.consumers):
        assert all(list(row) == sorted(set(row)) for row in rows.tuples())
    assert workflow.children == workflow.parents.transposed(workflow.n_tasks)
    assert workflow.roots.tolist() == [i for i, name in enumerate(names) if not parents[name]]
    assert workflow.sinks.tolist() == [i for i, name in enumerate(names) if name not in set().union(*parents.values())]


@given(told())
def test_objects_know_their_producer_and_consumers(description: Told) -> None:
    workflow = description.build()
    for each in workflow.data_objects():
        made_by = [task.name for task in description.tasks if each.name in task.outputs]
        read_by = [task.name for task in description.tasks if each.name in task.inputs]
        assert each.producer == (made_by[0] if made_by else None)
        assert list(each.consumers) == read_by
        assert workflow.is_result[each.index] == (bool(made_by) and not read_by)


@given(told())
def test_the_topological_order_takes_the_smallest_ready_task(description: Told) -> None:
    workflow = description.build()
    assert workflow.topological_order.tolist() == smallest_first([list(row) for row in workflow.parents.tuples()])


# Each fault by itself: what spoils a legal description, and the fields that have to be told.
SPOILERS: dict[str, tuple[Callable[[Told], None], list[str]]] = {
    "dangling parent": (lambda d: d.tasks[2].after.append("nobody"), ["tasks['c'].after[0]"]),
    "unknown input": (lambda d: d.tasks[2].inputs.append("nothing"), ["tasks['c'].inputs[1]"]),
    "unknown output": (lambda d: d.tasks[1].outputs.append("nothing"), ["tasks['b'].outputs[1]"]),
    "second producer": (lambda d: d.tasks[3].outputs.append("x"), ["tasks['d'].outputs[0]"]),
    "duplicate task": (lambda d: d.tasks.append(TaskTold("c")), ["tasks['c'].name"]),
    "empty name": (lambda d: d.tasks.append(TaskTold("", function="f")), ["tasks[''].name"]),
    "negative time": (lambda d: vars(d.tasks[0]).update(cpu_s=-1), ["tasks['a'].cpu_s"]),
    "infinite time": (lambda d: vars(d.tasks[0]).update(io_s=float("inf")), ["tasks['a'].io_s"]),
    "missing time": (lambda d: vars(d.tasks[2]).update(cpu_s=None), ["tasks['c'].cpu_s"]),
    "time not a number": (lambda d: vars(d.tasks[0]).update(cpu_s=float("nan")), ["tasks['a'].cpu_s"]),
    "time a word": (lambda d: vars(d.tasks[0]).update(cpu_s="1"), ["tasks['a'].cpu_s"]),
    "time a truth": (lambda d: vars(d.tasks[0]).update(cpu_s=True), ["tasks['a'].cpu_s"]),
    "time beyond floats": (lambda d: vars(d.tasks[0]).update(cpu_s=10**400), ["tasks['a'].cpu_s"]),
    "two demands": (lambda d: vars(d.tasks[0]).update(curve=PowerLaw(1)), ["tasks['a'].curve"]),
    "no curve": (lambda d: vars(d.tasks[0]).update(curve=3, cpu_s=None), ["tasks['a'].curve"]),
    "parallelism": (lambda d: vars(d.tasks[0]).update(parallelism=0.9), ["tasks['a'].parallelism"]),
    "memory": (lambda d: vars(d.tasks[0]).update(memory_mb=None), ["tasks['a'].memory_mb"]),
    "negative size": (lambda d: d.objects.update(x=-1), ["objects['x'].bytes"]),
    "missing size": (lambda d: d.objects.update(y=None), ["objects['y'].bytes"]),
    "fractional size": (lambda d: cast(Any, d.objects).update(y=0.5), ["objects['y'].bytes"]),
    "immense size": (lambda d: d.objects.update(y=2**63), ["objects['y'].bytes"]),
    "empty function": (lambda d: vars(d.tasks[3]).update(function=""), ["tasks['d'].function"]),
    "cycle": (lambda d: d.tasks[0].after.append("d"), ["tasks['a'].parents"]),
    "self-loop": (lambda d: d.tasks[1].inputs.append("y"), ["tasks['b'].parents"]),
}


def diamond() -> Told:
    """``a`` makes ``x`` for ``b`` and ``c``; ``d`` reads ``y`` of ``b`` and waits for ``c``."""
    return Told(
        {"x": 5, "y": 7},
        [
            TaskTold("a", outputs=["x"]),
            TaskTold("b", inputs=["x"], outputs=["y"]),
            TaskTold("c", inputs=["x"]),
            TaskTold("d", inputs=["y"], after=["c"]),
        ],
    )


@pytest.mark.parametrize("spoiler", SPOILERS)
def test_each_fault_is_found_alone_with_its_place(spoiler: str) -> None:
    description = diamond()
    spoil, fields = SPOILERS[spoiler]
    spoil(description)
    assert [fault.field for fault in faults_of(description)] == fields


@given(st.sets(st.sampled_from([*SPOILERS]), min_size=1).map(sorted))
def test_faults_do_not_hide_each_other(spoilers: list[str]) -> None:
    """Whatever is wrong together, the places of all are told.

    Left out are spoilers of one and the same figure, which overwrite each other.
    """
    description = diamond()
    expected: list[str] = []
    for spoiler in spoilers:
        spoil, fields = SPOILERS[spoiler]
        if spoiler in ("no curve", "two demands") or set(fields) & set(expected):
            continue
        spoil(description)
        expected += fields
    if expected:
        assert set(expected) <= {fault.field for fault in faults_of(description)}


def test_a_cycle_is_named_with_its_tasks_in_the_direction_of_its_edges() -> None:
    description = diamond()
    description.tasks[0].after.append("d")
    [fault] = faults_of(description)
    assert fault.value == "a → b → d → a"


def test_the_legal_description_is_legal_and_zero_is_too() -> None:
    description = diamond()
    description.objects["x"] = 0
    vars(description.tasks[0]).update(cpu_s=0, io_s=-0.0)
    workflow = description.build()
    assert workflow.task("a").demand.io_s == 0  # type: ignore[union-attr]
    assert workflow.assumptions == ()
    assert not np.signbit(workflow.io_s).any()


def test_a_workflow_has_a_name_and_a_task() -> None:
    assert [(fault.field, fault.value) for fault in faults_of(WorkflowBuilder(""))] == [
        ("name", ""),
        ("tasks", MISSING),
    ]


def test_building_does_not_change_the_draft() -> None:
    builder = diamond().builder()
    assert builder.build() == builder.build()
    builder.add_task("e", cpu_s=1, after=["d"])
    assert builder.build().task("e").parents == ("d",)


@given(told())
def test_telling_twice_gives_equal_workflows_telling_else_does_not(description: Told) -> None:
    workflow = description.build()
    assert workflow == copy.deepcopy(description).build()
    description.tasks[0].memory_mb += 1
    assert workflow != description.build()
