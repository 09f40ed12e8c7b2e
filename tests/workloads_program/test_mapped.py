"""Mapping a function over what a task returns."""

from __future__ import annotations

import pytest

from workloads import Between, Counts, InvalidInput
from workloads.program import map as mapped
from workloads.program import program_of, task


@task(expected_s=0.1, output_bytes=10)
def split(n: int) -> list[int]:
    return list(range(n))


@task
def plus(item: int, more: int) -> int:
    return item + more


@task
def double(item: int) -> int:
    return 2 * item


@task
def total(items: list[int], whole: object = None) -> tuple[int, object]:
    return sum(items), whole


@pytest.mark.parametrize("n", [0, 1, 3])
def test_what_lanes_return_is_a_list(n: int) -> None:
    added = mapped(plus, split(n), 10, most=3)
    program = program_of([total(mapped(double, added)), {"added": added}])
    values = [item + 10 for item in range(n)]
    assert program.straight() == [(2 * sum(values), None), {"added": values}]


def test_others_may_be_nodes_and_the_list_is_there_as_a_whole_if_it_is_read() -> None:
    parts = split(3)
    program = program_of(total(mapped(plus, parts, double(5), most=4), parts))
    assert program.straight() == (3 + 30, [0, 1, 2])
    [node] = program.workflow.maps
    names = program.workflow.task_names
    assert (node.name, names[node.splitter], node.most) == ("plus-0", "split-0", 4)
    assert [names[task] for lane in node.lanes for task in lane] == [f"plus-0[{i}]" for i in range(4)]
    assert program.workflow.task("split-0").outputs == ("split-0.out", *(f"split-0[{i}]" for i in range(4)))


def test_a_width_is_told_or_assumed() -> None:
    told = program_of(total(mapped(double, split(3), most=5, width="2/3"))).workflow
    assert told.maps[0].width == Counts([2, 3])
    assert not any("items" in each for each in told.assumptions)
    assert program_of(total(mapped(double, split(3), width=3))).workflow.maps[0].width == Counts([3])
    assumed = program_of(total(mapped(double, split(3), most=5))).workflow
    assert assumed.maps[0].width == Between(0, 5)
    assert "the items that split-0 returns taken as 0 to 5, each as likely" in assumed.assumptions


def test_a_list_that_is_too_long_is_refused_with_both_numbers() -> None:
    with pytest.raises(ValueError, match="its list has 4 items, 3 at most fit its map node, whose most can be raised"):
        program_of(total(mapped(double, split(4), most=3))).straight()
    with pytest.raises(ValueError, match="a int is mapped; expected a list"):
        program_of(total(mapped(double, double(4), most=3))).straight()


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda: mapped(double, [1, 2]), "map(double): items is [1, 2]; expected what a call of a task returned"),
        (lambda: mapped(double, split(1), most=0), "map(double): most is 0; expected a whole number from 1"),
        (lambda: mapped(double, split(1), most=3, width=4), "map(double): width is '4'; expected at most 3"),
        (lambda: mapped(double, split(1), width="x"), "map(double): width is 'x'; expected a width"),
        (lambda: mapped(double, mapped(double, split(1)), most=3), "map(double): most is 3; expected nothing"),
        (
            lambda: program_of([mapped(double, parts := split(1)), mapped(plus, parts, 1)]),
            "items is 'split'; expected a list that is mapped once",
        ),
    ],
)
def test_what_cannot_be_mapped_is_refused(call: object, fault: str) -> None:
    assert callable(call)
    with pytest.raises(InvalidInput) as refused:
        call()
    assert fault in str(refused.value)
