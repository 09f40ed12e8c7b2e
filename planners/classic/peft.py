"""PEFT, Predict Earliest Finish Time: Arabnejad, Barbosa, TPDS 2014."""

from __future__ import annotations

from planners.classic.cost_graph import CostGraph
from planners.classic.list_scheduling import Offers, least, schedule_by_rank
from planners.classic.ranks import optimistic_costs
from planners.classic.schedule import Placement, Schedule


def peft(graph: CostGraph) -> Schedule:
    """Highest mean optimistic cost first, each task where its finish plus its optimistic cost is least."""
    table = optimistic_costs(graph)

    def choose(task: int, offers: Offers) -> Placement:
        return least(offers, lambda offer: offer.finish + table[task, offer.processor])

    return schedule_by_rank(graph, table.mean(axis=1).tolist(), choose)
