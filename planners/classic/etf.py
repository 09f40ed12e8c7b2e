"""ETF, Earliest Time First: Hwang, Chow, Anger, Lee, SIAM Journal on Computing 1989."""

from __future__ import annotations

from planners.classic.choices import earliest_start
from planners.classic.cost_graph import CostGraph
from planners.classic.list_scheduling import place_by_urgency
from planners.classic.partial import Partial
from planners.classic.ranks import static_levels
from planners.classic.schedule import Schedule
from planners.ties import levels


def etf(graph: CostGraph) -> Schedule:
    """Of ready tasks and processors the pair that starts first; ties by the higher static level. O(v²·p)."""
    partial = Partial(graph, insertion=False)
    level = levels(static_levels(graph))
    place_by_urgency(partial, graph.parents, graph.children, earliest_start, lambda _, best, __: best, level)
    return partial.schedule()
