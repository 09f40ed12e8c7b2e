"""PEFT, Predict Earliest Finish Time: Arabnejad, Barbosa, TPDS 2014."""

from __future__ import annotations

from planners.classic.choices import with_tail
from planners.classic.cost_graph import CostGraph
from planners.classic.list_scheduling import by_rank, place_in_order
from planners.classic.partial import Partial
from planners.classic.ranks import optimistic_costs
from planners.classic.schedule import Schedule


def peft(graph: CostGraph) -> Schedule:
    """Highest mean optimistic cost first, each task where its finish plus its optimistic cost is least. O(e·p)."""
    table = optimistic_costs(graph)
    partial = Partial(graph)
    ranks = [sum(row) / graph.n_processors for row in table]
    place_in_order(partial, by_rank(graph.parents, graph.children, ranks), with_tail(table))
    return partial.schedule()
