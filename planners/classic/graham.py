"""List scheduling on identical machines: Graham, SIAM Journal on Applied Mathematics 1969."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from graphlib import TopologicalSorter
from heapq import heappop, heappush

from planners.classic.schedule import Placement, Schedule


def list_schedule(
    times: Sequence[float],
    precedence: Iterable[tuple[int, int]],
    n_machines: int,
    order: Sequence[int] | None = None,
) -> Schedule:
    """Whenever a machine is idle it takes the first task of `order` (default: by number) that is ready.

    Unlike HEFT it walks through time and keeps no machine waiting, which makes its anomalies: more machines,
    shorter tasks or fewer constraints can each make it slower. Raises `graphlib.CycleError` for a cycle.
    """
    position = {task: at for at, task in enumerate(order if order is not None else range(len(times)))}
    unfinished = _prepared(len(times), precedence)
    placed: dict[int, Placement] = {}
    idle, now = list(range(n_machines)), 0.0
    ready: list[tuple[int, int]] = []
    running: list[tuple[float, int, int]] = []
    while unfinished.is_active():
        for task in unfinished.get_ready():
            heappush(ready, (position[task], task))
        while ready and idle:
            _, task = heappop(ready)
            placed[task] = Placement(heappop(idle), now, now + times[task])
            heappush(running, (placed[task].finish, placed[task].processor, task))
        now = running[0][0]
        while running and running[0][0] == now:
            _, machine, task = heappop(running)
            heappush(idle, machine)
            unfinished.done(task)
    return Schedule(tuple(placed[task] for task in range(len(times))))


def _prepared(n_tasks: int, precedence: Iterable[tuple[int, int]]) -> TopologicalSorter[int]:
    sorter: TopologicalSorter[int] = TopologicalSorter(dict.fromkeys(range(n_tasks), ()))
    for before, after in precedence:
        sorter.add(after, before)
    sorter.prepare()
    return sorter
