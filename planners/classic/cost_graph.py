"""`CostGraph`: what a task costs on each processor, and an edge between two different ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Edges: TypeAlias = list[list[tuple[int, float]]]
"""Per task, its neighbours on one side, ascending, each with the cost of the edge."""


class CostGraph:
    """Tasks 0…n−1 on processors 0…p−1, in whatever unit of time the paper uses.

    `costs` is the matrix W of shape (n, p); `edges` maps (parent, child) to its cost between different
    processors (on the same one it is free). Raises ValueError for anything that is not such a graph, and
    `graphlib.CycleError`, a ValueError naming the tasks, for a cycle.

    Schedulers read `rows`, `inbound` and `outbound`: the same in plain lists, which small steps read faster.
    """

    def __init__(self, costs: ArrayLike, edges: Mapping[tuple[int, int], float]) -> None:
        self.costs: NDArray[np.float64] = np.array(costs, dtype=np.float64)
        self.edges: dict[tuple[int, int], float] = {edge: float(cost) for edge, cost in sorted(edges.items())}
        _refuse_costs(self.costs)
        _refuse_edges(self.edges, len(self.costs))
        self.costs.flags.writeable = False
        self.n_tasks, self.n_processors = self.costs.shape
        self.rows: list[list[float]] = self.costs.tolist()
        self.inbound, self.outbound = _by_task(self.n_tasks, self.edges)
        self.parents = _neighbours(self.inbound)
        self.children = _neighbours(self.outbound)
        self.topological_order: tuple[int, ...] = tuple(TopologicalSorter(dict(enumerate(self.parents))).static_order())

    @classmethod
    def identical(
        cls, times: Sequence[float], edges: Mapping[tuple[int, int], float], n_processors: int | None = None
    ) -> CostGraph:
        """Tasks that take the same everywhere; as many processors as tasks if not said, so never too few."""
        columns = len(times) if n_processors is None else n_processors
        return cls(np.repeat(np.array(times, dtype=np.float64)[:, None], columns, axis=1), edges)


def _by_task(n_tasks: int, edges: Mapping[tuple[int, int], float]) -> tuple[Edges, Edges]:
    inbound: Edges = [[] for _ in range(n_tasks)]
    outbound: Edges = [[] for _ in range(n_tasks)]
    for (parent, child), cost in edges.items():  # ascending, so that rows are
        inbound[child].append((parent, cost))
        outbound[parent].append((child, cost))
    return inbound, outbound


def _neighbours(edges: Edges) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(neighbour for neighbour, _ in row) for row in edges)


def _refuse_costs(costs: NDArray[np.float64]) -> None:
    if costs.ndim != 2 or 0 in costs.shape:
        raise ValueError(f"costs must be a matrix of tasks × processors, not of shape {costs.shape}")
    if not (np.isfinite(costs) & (costs >= 0)).all():
        raise ValueError("costs must be finite and at least 0")


def _refuse_edges(edges: Mapping[tuple[int, int], float], n_tasks: int) -> None:
    for (parent, child), cost in edges.items():
        if not (0 <= parent < n_tasks and 0 <= child < n_tasks):
            raise ValueError(f"edge {parent}→{child} leaves the tasks 0…{n_tasks - 1}")
        if not (np.isfinite(cost) and cost >= 0):
            raise ValueError(f"edge {parent}→{child} costs {cost}; expected a finite number ≥ 0")
