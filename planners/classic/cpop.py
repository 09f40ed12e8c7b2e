"""CPOP, Critical Path On a Processor: Topcuoglu, Hariri, Wu, TPDS 2002."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import add

from planners.classic.choices import Prefer, earliest_finish
from planners.classic.cost_graph import CostGraph
from planners.classic.list_scheduling import Families, by_rank, place_in_order
from planners.classic.partial import Partial
from planners.classic.ranks import downward_ranks, upward_ranks
from planners.classic.schedule import Schedule
from planners.ties import levels


def cpop(graph: CostGraph) -> Schedule:
    """Longest path through a task first; the critical path all on the processor that runs it fastest. O(e·p)."""
    ranks = list(map(add, upward_ranks(graph), downward_ranks(graph)))
    path = critical_path(graph.parents, graph.children, ranks)
    fastest = int(graph.costs[list(path)].sum(axis=0).argmin())
    partial = Partial(graph)
    place_in_order(partial, by_rank(graph.parents, graph.children, ranks), path_on(frozenset(path), fastest))
    return partial.schedule()


def path_on(path: frozenset[int], processor: int) -> Prefer:
    """Tasks of `path` on one processor, the others where they finish earliest."""

    def prefer(task: int, starts: list[float], costs: list[float], kinds: Sequence[int]) -> list[float]:
        if task in path:
            return [0.0 if kind == processor else math.inf for kind in kinds]
        return earliest_finish(task, starts, costs, kinds)

    return prefer


def critical_path(parents: Families, children: Families, ranks: Sequence[float]) -> tuple[int, ...]:
    """One longest path, given per task the longest through it; ties to the lower task number."""
    level = levels(ranks)
    nexts: Sequence[int] = [task for task, row in enumerate(parents) if not row]
    path: list[int] = []
    while nexts:
        path.append(min(nexts, key=lambda task: (level[task], task)))
        nexts = children[path[-1]]
    return tuple(path)
