"""CPOP, Critical Path On a Processor: Topcuoglu, Hariri, Wu, TPDS 2002."""

from __future__ import annotations

from collections.abc import Sequence

from planners.classic.cost_graph import CostGraph
from planners.classic.heft import earliest_finish
from planners.classic.list_scheduling import Offers, schedule_by_rank
from planners.classic.ranks import downward_ranks, upward_ranks
from planners.classic.schedule import Placement, Schedule
from planners.ties import levels


def cpop(graph: CostGraph) -> Schedule:
    """Longest path through a task first; the critical path all on the processor that runs it fastest."""
    ranks = (upward_ranks(graph) + downward_ranks(graph)).tolist()
    path = critical_path(graph, ranks)
    fastest = int(graph.costs[list(path)].sum(axis=0).argmin())

    def choose(task: int, offers: Offers) -> Placement:
        return offers[fastest] if task in path else earliest_finish(task, offers)

    return schedule_by_rank(graph, ranks, choose)


def critical_path(graph: CostGraph, ranks: Sequence[float]) -> tuple[int, ...]:
    """One longest path, given per task the longest through it; ties to the lower task number."""
    level = levels(ranks)
    nexts: Sequence[int] = [task for task in range(graph.n_tasks) if not graph.parents[task]]
    path: list[int] = []
    while nexts:
        path.append(min(nexts, key=lambda task: (level[task], task)))
        nexts = graph.children[path[-1]]
    return tuple(path)
