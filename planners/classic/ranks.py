"""Ranks: how far a task is from the ends of its graph, on mean costs.

Upward and downward ranks: Topcuoglu, Hariri, Wu, TPDS 2002, equations 5–8. Optimistic cost table: Arabnejad,
Barbosa, TPDS 2014, equation 6.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planners.classic.cost_graph import CostGraph


def upward_ranks(graph: CostGraph) -> NDArray[np.float64]:
    """Per task, the longest path from its beginning to the end of the graph, edges included."""
    ranks = graph.mean_costs
    for task in reversed(graph.topological_order):
        ranks[task] += max((graph.edges[task, child] + ranks[child] for child in graph.children[task]), default=0.0)
    return ranks


def downward_ranks(graph: CostGraph) -> NDArray[np.float64]:
    """Per task, the longest path from the beginning of the graph to its beginning."""
    costs, ranks = graph.mean_costs, np.zeros(graph.n_tasks)
    for task in graph.topological_order:
        ranks[task] = max(
            (ranks[parent] + costs[parent] + graph.edges[parent, task] for parent in graph.parents[task]),
            default=0.0,
        )
    return ranks


def optimistic_costs(graph: CostGraph) -> NDArray[np.float64]:
    """Shape (n, p): from the end of a task on a processor to the end of the graph, at best.

    Optimistic: each child runs where that suits it and its descendants best, as if that processor were idle.
    """
    table = np.zeros_like(graph.costs)
    elsewhere = 1.0 - np.eye(graph.n_processors)
    for task in reversed(graph.topological_order):
        for child in graph.children[task]:
            onward = table[child] + graph.costs[child] + graph.edges[task, child] * elsewhere
            table[task] = np.maximum(table[task], onward.min(axis=1))
    return table
