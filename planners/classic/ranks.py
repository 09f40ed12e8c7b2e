"""Ranks: how far a task is from the ends of its graph, on mean costs.

Upward and downward ranks: Topcuoglu, Hariri, Wu, TPDS 2002, equations 5–8. Optimistic cost table: Arabnejad,
Barbosa, TPDS 2014, equation 6. Static levels: Hu, Operations Research 1961. All O(v + e), the table O(e·p).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from statistics import median

from planners.classic.cost_graph import CostGraph


def mean_costs(graph: CostGraph) -> list[float]:
    """Per task, its mean over the processors, summed in their order."""
    return [reduce(add, row) / graph.n_processors for row in graph.rows]


def median_costs(graph: CostGraph) -> list[float]:
    """Per task, its median over the processors: Sih and Lee's adjusted time."""
    return [median(row) for row in graph.rows]


def upward_ranks(graph: CostGraph, costs: Sequence[float] | None = None) -> list[float]:
    """Per task, the longest path from its beginning to the end of the graph, edges included.

    `costs` per task are its mean ones if not given.
    """
    ranks = list(mean_costs(graph) if costs is None else costs)
    for task in reversed(graph.topological_order):
        longest = 0.0
        for child, edge in graph.outbound[task]:
            length = edge + ranks[child]
            longest = length if length > longest else longest
        ranks[task] += longest
    return ranks


def downward_ranks(graph: CostGraph, costs: Sequence[float] | None = None) -> list[float]:
    """Per task, the longest path from the beginning of the graph to its beginning, edges included."""
    times = mean_costs(graph) if costs is None else costs
    ranks = [0.0] * graph.n_tasks
    for task in graph.topological_order:
        ranks[task] = max((ranks[parent] + times[parent] + edge for parent, edge in graph.inbound[task]), default=0.0)
    return ranks


def static_levels(graph: CostGraph, costs: Sequence[float] | None = None) -> list[float]:
    """Per task, the longest path from its beginning to the end of the graph, edges left out."""
    levels = list(mean_costs(graph) if costs is None else costs)
    for task in reversed(graph.topological_order):
        levels[task] += max((levels[child] for child in graph.children[task]), default=0.0)
    return levels


def latest_starts(graph: CostGraph) -> list[float]:
    """Per task, its latest start that does not lengthen the longest path: ALAP of Wu and Gajski, TPDS 1990."""
    ranks = upward_ranks(graph)
    longest = max(ranks)
    return [longest - rank for rank in ranks]


def optimistic_costs(graph: CostGraph) -> list[list[float]]:
    """Per task and processor: from its end there to the end of the graph, at best.

    Optimistic: each child runs where that suits it and its descendants best, as if that processor were idle.
    """
    table = [[0.0] * graph.n_processors for _ in range(graph.n_tasks)]
    for task in reversed(graph.topological_order):
        row = table[task]
        for child, edge in graph.outbound[task]:
            onward = list(map(add, table[child], graph.rows[child]))
            elsewhere = min(onward) + edge
            row = [max(longest, min(here, elsewhere)) for longest, here in zip(row, onward, strict=True)]
        table[task] = row
    return table
