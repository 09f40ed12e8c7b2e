"""Min-min, max-min and sufferage: a choice among all that is ready.

Min-min and max-min: Ibarra, Kim, JACM 1977, as compared by Braun et al., JPDC 2001. Sufferage: Maheswaran et al.,
JPDC 1999. Stated for independent tasks; here for those that are ready. All O(v²·p).
"""

from __future__ import annotations

from planners.classic.choices import earliest_finish
from planners.classic.cost_graph import CostGraph
from planners.classic.list_scheduling import Urgency, place_by_urgency
from planners.classic.partial import Partial
from planners.classic.schedule import Schedule


def min_min(graph: CostGraph) -> Schedule:
    """Of the ready tasks the one that can finish first, where it does."""
    return _batch(graph, soonest)


def max_min(graph: CostGraph) -> Schedule:
    """Of the ready tasks the one whose earliest finish is latest, where it has that."""
    return _batch(graph, latest)


def sufferage(graph: CostGraph) -> Schedule:
    """Of the ready tasks the one that would lose most by its second-best processor, on the best."""
    return _batch(graph, least_loss)


def soonest(task: int, best: float, second: float) -> float:
    """The smaller its best finish, the sooner."""
    return best


def latest(task: int, best: float, second: float) -> float:
    """The larger its best finish, the sooner."""
    return -best


def least_loss(task: int, best: float, second: float) -> float:
    """The more the second-best offer is worse, the sooner."""
    return best - second


def _batch(graph: CostGraph, urgency: Urgency) -> Schedule:
    partial = Partial(graph, insertion=False)
    place_by_urgency(partial, graph.parents, graph.children, earliest_finish, urgency)
    return partial.schedule()
