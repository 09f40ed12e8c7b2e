"""Tasks whose worker is shared out beforehand: a path or a cluster to a worker."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush

from planners.classic.choices import Prefer, least
from planners.classic.list_scheduling import place_in_order
from planners.list_state import ListState


def place_at_home(state: ListState, order: Sequence[int], homes: Sequence[Sequence[int]], prefer: Prefer) -> None:
    """Place the tasks of `order`; those of one home on one worker, the others where `prefer` finds it best.

    The worker of a home has the kind on which its tasks take least, the first of those that hold them and that the
    limits allow. When its life is over, or if there may be none, the home moves to wherever the task at hand is
    best off.
    """
    home_of: list[int | None] = [None] * len(order)
    for home, tasks in enumerate(homes):
        for task in tasks:
            home_of[task] = home
    workers: dict[int, int] = {}
    for task in order:
        its = home_of[task]
        if its is None:
            place_in_order(state, [task], prefer)
        else:
            _place(state, task, workers.get(its), homes[its], prefer)
            workers[its] = state.arrivals.worker[task]


def _place(state: ListState, task: int, worker: int | None, tasks: Sequence[int], prefer: Prefer) -> None:
    kind = _fastest(state, tasks) if worker is None else None
    if worker is not None:
        starts, _, _ = state.offers_on(task, worker)
        if starts:
            return state.place(task, 0, starts[0])
    elif kind is not None:
        starts, _, _ = state.offers_new(task, kind)
        return state.place(task, 0, starts[0])
    return place_in_order(state, [task], prefer)


def _fastest(state: ListState, tasks: Iterable[int]) -> int | None:
    """The kind of a new worker for these tasks; None if the limits allow none that holds them."""
    together = [*tasks]
    sums_s = [
        math.fsum(kind.exec_s[task] for task in together) if state.may_open(number) else math.inf
        for number, kind in enumerate(state.kinds)
    ]
    return None if min(sums_s) == math.inf else least(sums_s)


def folded(clusters: Sequence[Sequence[int]], costs: Sequence[float], most: float) -> list[list[int]]:
    """Clusters, at most so many: the one with most work first, each to where there is least so far."""
    if len(clusters) <= most:
        return [list(cluster) for cluster in clusters]
    work = [math.fsum(costs[task] for task in cluster) for cluster in clusters]
    loads = [(0.0, home) for home in range(int(most))]
    heapify(loads)
    homes: list[list[int]] = [[] for _ in loads]
    for cluster in sorted(range(len(clusters)), key=lambda each: (-work[each], each)):
        load, home = heappop(loads)
        homes[home] += clusters[cluster]
        heappush(loads, (load + work[cluster], home))
    return homes
