"""Several processes: the same results, and plain words when one dies."""

from __future__ import annotations

import os

import pytest

from faascast.experiments.processes import Crew, WorkLostError
from workloads import Workflow, load_workflow


@pytest.fixture(scope="module")
def workflow() -> Workflow:
    return load_workflow("gen:chain,depth=3")


def scaled(workflow: Workflow, factor: int) -> tuple[int, int]:
    """Something that depends on workflow and item, and the process it was done in."""
    return workflow.n_tasks * factor, os.getpid()


def dies(workflow: Workflow, item: int) -> int:
    os._exit(3)


def fails(workflow: Workflow, item: int) -> int:
    if item == 2:
        raise KeyError("two")
    return item


@pytest.mark.parametrize("processes", [1, 2])
def test_results_come_in_the_order_of_the_items(workflow: Workflow, processes: int) -> None:
    told: list[int] = []
    with Crew(workflow, processes) as crew:
        results = crew.in_order(scaled, [5, 3, 8, 1], told.append)
    assert [number for number, _ in results] == [15, 9, 24, 3]
    assert sorted(told) == [0, 1, 2, 3]
    assert (os.getpid() in {pid for _, pid in results}) == (processes == 1)


def test_no_items_are_no_results(workflow: Workflow) -> None:
    for processes in (0, 1):
        with Crew(workflow, processes) as crew:
            assert crew.in_order(scaled, []) == []


def test_a_process_that_dies_is_said_so(workflow: Workflow) -> None:
    with Crew(workflow, 2) as crew, pytest.raises(WorkLostError, match="died with its work undone"):
        crew.in_order(dies, [1, 2, 3])


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_is_the_callers(workflow: Workflow, processes: int) -> None:
    with Crew(workflow, processes) as crew, pytest.raises(KeyError, match="two"):
        crew.in_order(fails, [1, 2, 3])
