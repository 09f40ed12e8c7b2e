"""HEFT, Heterogeneous Earliest Finish Time: Topcuoglu, Hariri, Wu, TPDS 2002."""

from __future__ import annotations

from planners.classic.cost_graph import CostGraph
from planners.classic.list_scheduling import Offers, least, schedule_by_rank
from planners.classic.ranks import upward_ranks
from planners.classic.schedule import Placement, Schedule


def heft(graph: CostGraph) -> Schedule:
    """Highest upward rank first, each task where it finishes earliest, gaps included."""
    return schedule_by_rank(graph, upward_ranks(graph).tolist(), earliest_finish)


def earliest_finish(task: int, offers: Offers) -> Placement:
    """The offer that finishes first."""
    return least(offers, lambda offer: offer.finish)
