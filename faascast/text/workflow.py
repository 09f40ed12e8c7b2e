"""A workflow, for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from faascast.text.comparison import workflow_told
from faascast.text.figures import plural, seconds, size
from faascast.text.remarks import Remarks, remarks
from faascast.text.table import Cell, Paint, Row, plain, table
from workloads import Workflow

MOST_FUNCTIONS = 12


def workflow_lines(workflow: Workflow, width: int | None = None, paint: Paint = plain) -> Iterator[str]:
    """What a workflow is made of: how much of it, how deep, and which functions."""
    yield paint(workflow.name, "strong")
    yield f"{workflow_told(workflow)} in {plural(workflow.n_objects, 'object')}"
    widest, n_levels = _levels(workflow)
    yield f"{plural(n_levels, 'level')}, at most {plural(widest, 'task')} on one"
    yield ""
    yield from table(["function", "tasks", "s each, at one vCPU", "output each"], [*_functions(workflow)], width, paint)
    yield from remarks(Remarks(assumptions=workflow.assumptions), width, paint)


def _levels(workflow: Workflow) -> tuple[int, int]:
    """The most tasks of one level, and how many levels there are."""
    level = [0] * workflow.n_tasks
    parents = workflow.parents.tuples()
    for task in workflow.topological_order.tolist():
        level[task] = 1 + max((level[parent] for parent in parents[task]), default=0)
    counts = Counter(level)
    return max(counts.values(), default=0), len(counts)


def _functions(workflow: Workflow) -> Iterator[Row]:
    """The functions of the most tasks, with the median time and output."""
    durations_s = workflow.durations_s(1769.0, 1.0)
    made = np.zeros(workflow.n_tasks)
    np.add.at(made, workflow.outputs.keys, workflow.object_bytes[workflow.outputs.indices])
    counts = Counter(workflow.task_function.tolist())
    for function, n in counts.most_common(MOST_FUNCTIONS):
        of_it = workflow.task_function == function
        time, output = seconds(float(np.median(durations_s[of_it]))), size(float(np.median(made[of_it])))
        yield Row(workflow.functions[function], [Cell(f"{n:,}"), Cell(time), Cell(output)])
    if others := len(counts) - MOST_FUNCTIONS:
        yield from [Row(f"and {plural(others, 'other')}", [Cell("")] * 3)] if others > 0 else []
