"""Critical path first: orders of a workflow's tasks by how far they are from its end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from planners.classic.list_scheduling import by_rank
from workloads import Workflow

Seconds = NDArray[np.float64]


def upward_ranks(workflow: Workflow, task_s: Seconds, edge_s: Seconds, result_s: Seconds) -> list[float]:
    """Per task, the longest path from its beginning to the workflow's end.

    `task_s` per task; `edge_s` per edge, in the order of `workflow.parents.indices`; `result_s` per task,
    from its end until its results are there.
    """
    ranks: list[float] = task_s.tolist()
    tails: list[float] = result_s.tolist()
    costs: list[float] = edge_s.tolist()
    bounds: list[int] = workflow.parents.indptr.tolist()
    parents: list[int] = workflow.parents.indices.tolist()
    for task in reversed(workflow.topological_order.tolist()):
        ranks[task] += tails[task]
        for edge in range(bounds[task], bounds[task + 1]):
            parent = parents[edge]
            tails[parent] = max(tails[parent], costs[edge] + ranks[task])
    return ranks


def order_by_rank(workflow: Workflow, ranks: Sequence[float]) -> list[int]:
    """The tasks, parents before children, of the ready ones the highest rank first; ties by task index."""
    return by_rank(workflow.parents.tuples(), workflow.children.tuples(), ranks)


def priorities(order: Iterable[int], n_tasks: int) -> tuple[int, ...]:
    """Per task its place in `order`: the `priority` of a plan."""
    places = [0] * n_tasks
    for place, task in enumerate(order):
        places[task] = place
    return tuple(places)
