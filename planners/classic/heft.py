"""HEFT, Heterogeneous Earliest Finish Time: Topcuoglu, Hariri, Wu, TPDS 2002."""

from __future__ import annotations

from planners.classic.choices import earliest_finish
from planners.classic.cost_graph import CostGraph
from planners.classic.list_scheduling import by_rank, place_in_order
from planners.classic.partial import Partial
from planners.classic.ranks import upward_ranks
from planners.classic.schedule import Schedule


def heft(graph: CostGraph) -> Schedule:
    """Highest upward rank first, each task where it finishes earliest, gaps included. O(e·p), dense O(v²·p)."""
    partial = Partial(graph)
    place_in_order(partial, by_rank(graph.parents, graph.children, upward_ranks(graph)), earliest_finish)
    return partial.schedule()
