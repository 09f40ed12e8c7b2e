"""Placing tasks on processors chosen beforehand, some on several of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from planners.classic.cost_graph import CostGraph
from planners.classic.schedule import Placement, Schedule, arrival
from planners.classic.timeline import Timeline

Clusters = Sequence[Sequence[int]]
"""Tasks that are to run on one processor; a task in several of them runs several times."""


def homes_of(clusters: Clusters, graph: CostGraph) -> list[list[int]]:
    """Per task its processors: the largest cluster first, each where all there is to do then ends first.

    With enough processors each cluster has its own. O(k log k + k·p) and the size of the clusters.
    """
    order = sorted(range(len(clusters)), key=lambda cluster: (-_work(clusters[cluster], graph), cluster))
    held: list[set[int]] = [set() for _ in range(graph.n_processors)]
    loads = [0.0] * graph.n_processors
    homes: list[list[int]] = [[] for _ in range(graph.n_tasks)]
    for cluster in order:
        ends = [
            sum((graph.rows[task][processor] for task in clusters[cluster] if task not in held[processor]), load)
            for processor, load in enumerate(loads)
        ]
        best = ends.index(min(ends))
        loads[best] = ends[best]
        for task in clusters[cluster]:
            if task not in held[best]:
                held[best].add(task)
                homes[task].append(best)
    return homes


def _work(tasks: Iterable[int], graph: CostGraph) -> float:
    return sum(sum(graph.rows[task]) for task in tasks)


def place_copies(graph: CostGraph, homes: Sequence[Sequence[int]], order: Sequence[int]) -> Schedule:
    """Each task of `order`, parents first, on all its processors, as early as its data are there from any copy.

    Copies whose data nobody uses are left out, and the others placed anew.
    """
    kept = _placed(graph, _used(graph, _placed(graph, homes, order), order), order)
    runs = [sorted(each, key=lambda run: (run.finish, run.processor)) for each in kept]
    duplicates = tuple((task, run) for task, each in enumerate(runs) for run in each[1:])
    return Schedule(tuple(each[0] for each in runs), duplicates)


def _placed(graph: CostGraph, homes: Sequence[Sequence[int]], order: Sequence[int]) -> list[list[Placement]]:
    """Per task its runs, in the order of its homes."""
    timelines = [Timeline() for _ in range(graph.n_processors)]
    runs: list[list[Placement]] = [[] for _ in range(graph.n_tasks)]
    for task in order:
        for processor in homes[task]:
            cost = graph.rows[task][processor]
            sources = (_nearest(runs[parent], processor, edge) for parent, edge in graph.inbound[task])
            ready = max((due for due, _ in sources), default=0.0)
            start = timelines[processor].earliest_start(ready, cost)
            timelines[processor].occupy(start, start + cost)
            runs[task].append(Placement(processor, start, start + cost))
    return runs


def _nearest(runs: Sequence[Placement], processor: int, edge: float) -> tuple[float, int]:
    """When a parent's data are on a processor at the earliest, and from which copy."""
    return min((arrival(run, processor, edge), copy) for copy, run in enumerate(runs))


def _used(graph: CostGraph, runs: list[list[Placement]], order: Sequence[int]) -> list[list[int]]:
    """Per task the processors of those runs that a child uses; of a task without children the first to finish."""
    used: list[set[int]] = [set() for _ in runs]
    for task in reversed(order):
        if not used[task]:
            finishes = [run.finish for run in runs[task]]
            used[task].add(finishes.index(min(finishes)))
        for copy in used[task]:
            for parent, edge in graph.inbound[task]:
                used[parent].add(_nearest(runs[parent], runs[task][copy].processor, edge)[1])
    return [[runs[task][copy].processor for copy in sorted(copies)] for task, copies in enumerate(used)]
