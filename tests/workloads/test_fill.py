"""Unknown figures: refused, or filled by a rule that is told."""

from __future__ import annotations

import pytest

from tests.workloads.described import TaskTold, Told
from workloads import FillRules, InvalidInput, PowerLaw


def unknowns() -> Told:
    """Times 1, 3, 100, two unknown and one a curve; sizes 10, 21 and one unknown."""
    tasks = [TaskTold(f"t{i}", cpu_s=cpu_s) for i, cpu_s in enumerate((1.0, None, 3.0, None, 100.0))]
    tasks.append(TaskTold("curved", cpu_s=None, curve=PowerLaw(7)))
    return Told({"a": 10, "b": None, "c": 21}, tasks)


def test_a_constant_fills_and_is_told() -> None:
    workflow = unknowns().builder(FillRules(cpu_s=2.5, bytes=0)).build()
    assert workflow.cpu_s.tolist()[:5] == [1, 2.5, 3, 2.5, 100]
    assert workflow.object_bytes.tolist() == [10, 0, 21]
    assert workflow.assumptions == (
        "bytes taken as 0 where unknown: 1, b",
        "cpu_s taken as 2.5 where unknown: 2, t1, t3",
    )


def test_the_median_is_that_of_the_known_figures_alone() -> None:
    workflow = unknowns().builder(FillRules(cpu_s="median", bytes="median")).build()
    assert workflow.cpu_s.tolist()[:5] == [1, 3, 3, 3, 100]
    assert workflow.object_bytes.tolist() == [10, round(15.5), 21]
    assert workflow.assumptions[1] == "cpu_s taken as 3 (the median of the known) where unknown: 2, t1, t3"


def test_a_rule_that_is_not_needed_is_not_told() -> None:
    told = Told({"a": 1}, [TaskTold("t", io_s=2.0, cpu_s=None)])
    workflow = told.builder(FillRules(cpu_s=9.0, bytes=9)).build()
    assert workflow.assumptions == ()
    assert workflow.cpu_s.tolist() == [0]


def test_a_median_of_nothing_fills_nothing() -> None:
    told = Told({}, [TaskTold("t", cpu_s=None)])
    with pytest.raises(InvalidInput, match="a rule to fill it"):
        told.builder(FillRules(cpu_s="median")).build()


def test_rules_are_checked() -> None:
    with pytest.raises(InvalidInput) as raised:
        FillRules(cpu_s=-1, bytes=0.5)
    assert [fault.field for fault in raised.value.faults] == ["cpu_s", "bytes"]
