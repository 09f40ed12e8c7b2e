"""MCP, Modified Critical Path: Wu, Gajski, TPDS 1990 (Hypertool)."""

from __future__ import annotations

from collections.abc import Sequence

from planners.classic.choices import earliest_start
from planners.classic.cost_graph import CostGraph
from planners.classic.list_scheduling import Families, by_rank, place_in_order
from planners.classic.partial import Partial
from planners.classic.ranks import latest_starts
from planners.classic.schedule import Schedule
from planners.ties import levels


def mcp(graph: CostGraph) -> Schedule:
    """The task that must start soonest (ALAP) first, each where it starts earliest, gaps included. O(v² log v)."""
    partial = Partial(graph)
    ranks = urgency_ranks(graph.children, latest_starts(graph))
    place_in_order(partial, by_rank(graph.parents, graph.children, ranks), earliest_start)
    return partial.schedule()


def urgency_ranks(children: Families, latest: Sequence[float]) -> list[float]:
    """A rank per task, the highest for the earliest of its latest starts; ties by those of its children, ascending.

    The paper compares all descendants; children decide the same way one step at a time, in linear space.
    """
    level = levels([-start for start in latest])
    keys = [(level[task], *sorted(level[child] for child in row)) for task, row in enumerate(children)]
    place = {key: at for at, key in enumerate(sorted(set(keys)))}
    return [-float(place[key]) for key in keys]
