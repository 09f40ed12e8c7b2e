"""CPOP, Critical Path On a Processor: Topcuoglu, Hariri, Wu, TPDS 2002."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import add

from planners.classic.choices import Prefer, earliest_finish, least
from planners.classic.cost_graph import CostGraph, Edges
from planners.classic.list_scheduling import by_rank, place_in_order
from planners.classic.partial import Partial
from planners.classic.ranks import downward_ranks, upward_ranks
from planners.classic.schedule import Schedule


def cpop(graph: CostGraph) -> Schedule:
    """Longest path through a task first; the critical path all on the processor that runs it fastest. O(e·p)."""
    upward = upward_ranks(graph)
    ranks = list(map(add, upward, downward_ranks(graph)))
    path = critical_path(graph.inbound, graph.outbound, upward)
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


def critical_path(inbound: Edges, outbound: Edges, upward: Sequence[float]) -> tuple[int, ...]:
    """One longest path, given the upward ranks; ties to the lower task number.

    Not just any child on some longest path comes next, as the paper has it: the edge to it must be on one, too.
    """
    path: list[int] = []
    nexts = [(task, 0.0) for task, row in enumerate(inbound) if not row]
    while nexts:
        following = least([-(edge + upward[task]) for task, edge in nexts])
        path.append(nexts[following][0])
        nexts = outbound[path[-1]]
    return tuple(path)
