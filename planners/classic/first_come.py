"""First come, first served: what a plain dynamic scheduler does, as DSLab's does (`SimpleScheduler`)."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from planners.classic.cost_graph import CostGraph
from planners.classic.partial import Partial
from planners.classic.schedule import Schedule


def first_come(graph: CostGraph) -> Schedule:
    """Whenever a processor is idle, the lowest of them takes the lowest task whose parents are done. O(e + v log v).

    It is idle no longer then, though the task's data are only now sent for. Nothing is known of costs or of edges.
    """
    partial = Partial(graph, insertion=False)
    waiting_for = [len(row) for row in graph.parents]
    ready = [task for task, waits in enumerate(waiting_for) if not waits]
    idle, now = list(range(graph.n_processors)), 0.0
    heapify(idle)
    running: list[tuple[float, int, int]] = []
    while ready or running:
        while ready and idle:
            task, processor = heappop(ready), heappop(idle)
            partial.place(task, processor, now + _fetch(graph, partial, task, processor))
            heappush(running, (partial.finish[task], processor, task))
        now = running[0][0]
        while running and running[0][0] == now:
            _, processor, task = heappop(running)
            heappush(idle, processor)
            for child in graph.children[task]:
                waiting_for[child] -= 1
                if not waiting_for[child]:
                    heappush(ready, child)
    return partial.schedule()


def _fetch(graph: CostGraph, partial: Partial, task: int, processor: int) -> float:
    return max((edge for parent, edge in graph.inbound[task] if partial.processor[parent] != processor), default=0.0)
