"""Cost graphs of papers and other tools, and strategies for random ones."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import strategies as st

from planners.classic import CostGraph


def graph_of(costs: str, edges: str) -> CostGraph:
    """Rows separated by `/`; edges as `1-2:18`, tasks from 1 as in the papers."""
    rows = [[float(cost) for cost in row.split()] for row in costs.split("/")]
    pairs = [edge.replace(":", "-").split("-") for edge in edges.split()]
    return CostGraph(rows, {(int(a) - 1, int(b) - 1): float(cost) for a, b, cost in pairs})


TOPCUOGLU = graph_of(
    "14 16 9/13 19 18/11 13 19/13 8 17/12 13 10/13 16 9/7 15 11/5 11 14/18 12 20/21 7 16",
    "1-2:18 1-3:12 1-4:9 1-5:11 1-6:14 2-8:19 2-9:16 3-7:23 4-8:27 4-9:23 5-9:13 6-8:15 7-10:17 8-10:11 9-10:13",
)
ARABNEJAD = graph_of(
    "22 21 36/22 18 18/32 27 43/7 10 4/29 27 35/26 17 24/14 25 30/29 23 36/15 21 8/13 16 33",
    "1-2:17 1-3:31 1-4:29 1-5:13 1-6:7 2-8:3 2-9:30 3-7:16 4-8:11 4-9:7 5-9:57 6-8:5 7-10:9 8-10:42 9-10:7",
)
OPTIMA = [(TOPCUOGLU, 73), (ARABNEJAD, 113)]
"""Proven, without duplication."""

DSLAB = CostGraph(np.array([64, 76, 52, 32, 56, 64, 60, 44, 48, 28])[:, None] / np.array([1, 2, 4, 4]), TOPCUOGLU.edges)
ESTEE = CostGraph.identical(
    [2, 3, 2, 1, 1, 6, 1, 1],
    {(0, 2): 1, (2, 4): 1, (1, 4): 3, (3, 4): 6, (3, 5): 6, (2, 7): 1, (4, 7): 1, (5, 7): 1, (6, 7): 2},
    2,
)

costs = st.integers(0, 20).map(float)


@st.composite
def cost_graphs(draw: st.DrawFn, max_tasks: int = 12, max_processors: int = 4) -> CostGraph:
    """Whole numbers, zeros and ties among them; the number of a task says nothing about its place."""
    n_tasks, n_processors = draw(st.integers(1, max_tasks)), draw(st.integers(1, max_processors))
    rows = draw(
        st.lists(st.lists(costs, min_size=n_processors, max_size=n_processors), min_size=n_tasks, max_size=n_tasks)
    )
    names = draw(st.permutations(range(n_tasks)))
    pairs = [(a, b) for b in range(n_tasks) for a in range(b)]
    edges = {(names[a], names[b]): draw(costs) for a, b in pairs if draw(st.booleans())}
    return CostGraph(rows, edges)


def random_graph(seed: int, n_tasks: int, n_processors: int, edges_each: int = 4) -> CostGraph:
    """Up to so many parents a task, costs that do not tie."""
    draw = random.Random(seed)
    edges = {
        (parent, task): draw.uniform(0, 10)
        for task in range(1, n_tasks)
        for parent in draw.sample(range(task), min(task, draw.randint(1, edges_each)))
    }
    rows = [[draw.uniform(1, 20) for _ in range(n_processors)] for _ in range(n_tasks)]
    return CostGraph(rows, edges)


def renamed(graph: CostGraph, names: list[int]) -> CostGraph:
    """The same graph, task `t` called `names[t]`."""
    rows = graph.costs[np.argsort(names)]
    return CostGraph(rows, {(names[a], names[b]): cost for (a, b), cost in graph.edges.items()})


def identical(graph: CostGraph) -> CostGraph:
    """Its first column on as many processors as tasks."""
    return CostGraph.identical(graph.costs[:, 0].tolist(), graph.edges)


def shortest_possible(graph: CostGraph) -> float:
    """The longest path of least costs, edges free: duplication or not, nothing is faster."""
    least = graph.costs.min(axis=1)
    path = np.zeros(graph.n_tasks)
    for task in graph.topological_order:
        path[task] = least[task] + max((path[parent] for parent in graph.parents[task]), default=0)
    return float(path.max())
