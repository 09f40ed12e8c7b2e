"""DLS, Dynamic Level Scheduling: Sih, Lee, TPDS 1993."""

from __future__ import annotations

from collections.abc import Sequence

from planners.classic.choices import by_dynamic_level
from planners.classic.cost_graph import CostGraph
from planners.classic.list_scheduling import place_by_urgency
from planners.classic.partial import Partial
from planners.classic.ranks import median_costs, static_levels
from planners.classic.schedule import Schedule


def dls(graph: CostGraph, *, levels: Sequence[float] | None = None, insertion: bool = False) -> Schedule:
    """The pair of ready task and processor of highest dynamic level: static level − start + Δ. O(v²·p) offers.

    Δ is what the processor saves against the median one. `levels` replaces the static levels, on median costs
    without edges; `insertion` lets gaps be used.
    """
    usual = median_costs(graph)
    level = static_levels(graph, usual) if levels is None else levels
    partial = Partial(graph, insertion=insertion)
    place_by_urgency(
        partial, graph.parents, graph.children, by_dynamic_level(usual), lambda task, best, _: best - level[task]
    )
    return partial.schedule()
