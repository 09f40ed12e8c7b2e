"""What HEFT, CPOP and PEFT share: take the ready task of highest rank, place it, never move it again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappop, heappush

from planners.classic.cost_graph import CostGraph
from planners.classic.schedule import Placement, Schedule
from planners.classic.timeline import Timeline
from planners.ties import close, levels

Offers = Sequence[Placement]
"""One task's earliest placement on each processor, by processor."""

Choose = Callable[[int, Offers], Placement]
"""Which offer a task takes."""


def schedule_by_rank(graph: CostGraph, ranks: Sequence[float], choose: Choose) -> Schedule:
    """Place the tasks of `graph`, each where `choose` says, highest rank first.

    Ranks that tie within `planners.ties.TOLERANCE` leave the order to the task number. Only ready tasks are
    candidates, so a zero cost, at which a child ranks as high as its parent, never puts it first.
    """
    partial = _Partial(graph)
    level = levels(ranks)
    waiting_for = [len(parents) for parents in graph.parents]
    ready = sorted((level[task], task) for task in range(graph.n_tasks) if not waiting_for[task])
    while ready:
        _, task = heappop(ready)
        partial.place(task, choose(task, partial.offers(task)))
        for child in graph.children[task]:
            waiting_for[child] -= 1
            if not waiting_for[child]:
                heappush(ready, (level[child], child))
    return partial.schedule()


def least(offers: Offers, cost: Callable[[Placement], float]) -> Placement:
    """The offer of least `cost`; of those that tie that of the lowest processor."""
    best = min(map(cost, offers))
    return next(offer for offer in offers if close(cost(offer), best))


class _Partial:
    """A schedule in the making."""

    def __init__(self, graph: CostGraph) -> None:
        self._graph = graph
        self._timelines = [Timeline() for _ in range(graph.n_processors)]
        self._placed: dict[int, Placement] = {}

    def offers(self, task: int) -> Offers:
        return [self._offer(task, processor) for processor in range(self._graph.n_processors)]

    def place(self, task: int, placement: Placement) -> None:
        self._timelines[placement.processor].occupy(placement.start, placement.finish)
        self._placed[task] = placement

    def schedule(self) -> Schedule:
        return Schedule(tuple(self._placed[task] for task in range(self._graph.n_tasks)))

    def _offer(self, task: int, processor: int) -> Placement:
        cost = float(self._graph.costs[task, processor])
        ready = max((self._arrival(parent, task, processor) for parent in self._graph.parents[task]), default=0.0)
        start = self._timelines[processor].earliest_start(ready, cost)
        return Placement(processor, start, start + cost)

    def _arrival(self, parent: int, task: int, processor: int) -> float:
        placed = self._placed[parent]
        return placed.finish + (0.0 if placed.processor == processor else self._graph.edges[parent, task])
