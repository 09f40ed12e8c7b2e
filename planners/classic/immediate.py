"""MCT, MET and OLB: tasks as they come, each placed at once.

Armstrong, Hensgen, Kidd, HCW 1998; compared by Braun et al., JPDC 2001. All O(v·p). A task comes when its parents
are placed; of those that are there the lowest number is first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from planners.classic.choices import Prefer, earliest_finish, least_cost
from planners.classic.cost_graph import CostGraph
from planners.classic.list_scheduling import by_rank, place_in_order
from planners.classic.partial import Partial
from planners.classic.schedule import Schedule


def mct(graph: CostGraph) -> Schedule:
    """Minimum completion time: where it finishes first."""
    return _as_they_come(graph, lambda _: earliest_finish)


def met(graph: CostGraph) -> Schedule:
    """Minimum execution time: where it takes least, however much is there already."""
    return _as_they_come(graph, lambda _: least_cost)


def olb(graph: CostGraph) -> Schedule:
    """Opportunistic load balancing: where nothing is left to do first, whatever the task takes there."""
    return _as_they_come(graph, _first_idle)


def _first_idle(partial: Partial) -> Prefer:
    def prefer(task: int, starts: list[float], costs: list[float], kinds: Sequence[int]) -> list[float]:
        return partial.idle_from()

    return prefer


def _as_they_come(graph: CostGraph, prefer: Callable[[Partial], Prefer]) -> Schedule:
    partial = Partial(graph, insertion=False)
    order = by_rank(graph.parents, graph.children, [0.0] * graph.n_tasks)
    place_in_order(partial, order, prefer(partial))
    return partial.schedule()
