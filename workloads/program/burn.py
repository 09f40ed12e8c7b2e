"""Any workflow as a program that burns its recorded times and moves its recorded bytes."""

from __future__ import annotations

import math

import numpy as np

from workloads.demand import Demand
from workloads.program.bodies import BurnBody, Filler, Reference
from workloads.program.program import Program
from workloads.workflow import Workflow


def burnt(workflow: Workflow) -> Program:
    """The program whose tasks sleep, use CPU time and make bytes as the workflow says; nothing else of it is looked at.

    Of a map node as many lanes run as are expected, to the nearest whole number.

    Programs and arguments that a file recorded are never run: they stay text in the workflow's metadata. The result is
    a dict of bytes by the names of the result objects.
    """
    producer = workflow.object_producer.tolist()
    sizes = workflow.object_bytes.tolist()
    results = {workflow.object_names[i]: Reference(i) for i in np.flatnonzero(workflow.is_result).tolist()}
    return Program(
        workflow,
        tuple([_burning(workflow, task, sizes) for task in range(workflow.n_tasks)]),
        {i: Filler(sizes[i]) for i, maker in enumerate(producer) if maker < 0},
        results,
        lambda found: _check(workflow, found),
    )


def _check(workflow: Workflow, found: object) -> None:
    """Of burnt results only the sizes can be right or wrong."""
    results = np.flatnonzero(workflow.is_result).tolist()
    expected = {workflow.object_names[i]: Filler(int(workflow.object_bytes[i])).length for i in results}
    assert isinstance(found, dict)
    if {name: len(value) for name, value in found.items()} != expected:
        raise AssertionError(f"the results of {workflow.name} have not the sizes that it says")


def _burning(workflow: Workflow, task: int, sizes: list[int]) -> BurnBody:
    outputs = tuple([(number, sizes[number]) for number in workflow.outputs.row(task).tolist()])
    stated, parallelism = workflow.stated(task), float(workflow.parallelism[task])
    width = None
    for node in workflow.maps:
        if node.splitter == task:
            width = math.floor(node.expected + 0.5)
            unmade = {found for items in node.items[width:] for found in items}
            outputs = tuple([(number, n_bytes) for number, n_bytes in outputs if number not in unmade])
    if isinstance(stated, Demand):
        return BurnBody(stated.io_s, stated.cpu_s, parallelism, outputs, width=width)
    return BurnBody(0.0, 0.0, parallelism, outputs, curve=stated, width=width)
