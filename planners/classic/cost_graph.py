"""`CostGraph`: what a task costs on each processor, and an edge between two different ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter

import numpy as np
from numpy.typing import ArrayLike, NDArray


class CostGraph:
    """Tasks 0…n−1 on processors 0…p−1, in whatever unit of time the paper uses.

    `costs` is the matrix W of shape (n, p); `edges` maps (parent, child) to its cost between different
    processors (on the same one it is free). Raises ValueError for anything that is not such a graph, and
    `graphlib.CycleError`, a ValueError naming the tasks, for a cycle.
    """

    def __init__(self, costs: ArrayLike, edges: Mapping[tuple[int, int], float]) -> None:
        self.costs: NDArray[np.float64] = np.array(costs, dtype=np.float64)
        self.edges: dict[tuple[int, int], float] = dict(sorted(edges.items()))
        _refuse_costs(self.costs)
        _refuse_edges(self.edges, len(self.costs))
        self.costs.flags.writeable = False
        self.n_tasks, self.n_processors = self.costs.shape
        self.parents = _neighbours(self.n_tasks, [(child, parent) for parent, child in self.edges])
        self.children = _neighbours(self.n_tasks, list(self.edges))
        self.topological_order: tuple[int, ...] = tuple(TopologicalSorter(dict(enumerate(self.parents))).static_order())

    @property
    def mean_costs(self) -> NDArray[np.float64]:
        """Per task, its mean over the processors: w̄ of the papers."""
        return np.asarray(self.costs.mean(axis=1))


def _neighbours(n_tasks: int, pairs: Sequence[tuple[int, int]]) -> tuple[tuple[int, ...], ...]:
    rows: list[list[int]] = [[] for _ in range(n_tasks)]
    for task, neighbour in pairs:
        rows[task].append(neighbour)
    return tuple(tuple(sorted(row)) for row in rows)


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
