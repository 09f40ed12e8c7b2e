"""Scheduling online as estee does it: tasks are given to workers when they become ready, and only then data move.

Its rules, read off its schedulers and its worker (github.com/spirali/estee, 2018 to 2019):

* when tasks become ready they are given out at once, one by one, and never taken back;
* what a task has to wait for on a worker is the longest of its transfers, or what runs there and what is queued behind
  that, whichever is more; where nothing runs yet, what is queued counts for nothing;
* transfers begin when the task is given out, and do not slow each other; at most two at a time from one worker, which
  are no more here, either;
* a worker runs what has all its data, in the order in which that came about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import TypeAlias

from planners.classic import CostGraph, Placement, Schedule
from planners.classic.mcp import urgency_ranks
from planners.classic.ranks import latest_starts, static_levels

Waits: TypeAlias = Callable[[int, int], float]
"""What a worker has to wait for before it could run a task."""
Choice: TypeAlias = Callable[[Sequence[int], Sequence[int], Waits], tuple[int, int]]
"""Of workers and ready tasks, the worker and the task that comes next."""


class Online:
    """A schedule that is decided while it is carried out; edges cost what they cost between two workers."""

    def __init__(self, graph: CostGraph, choose: Choice) -> None:
        self._graph, self._choose = graph, choose
        self._now = 0.0
        self._placed: dict[int, Placement] = {}
        self._queues: list[dict[int, float]] = [{} for _ in range(graph.n_processors)]
        """Per worker the tasks it was given and has not begun, and when their data are there."""

    def schedule(self) -> Schedule:
        """Everything from the first task on."""
        given = set[int]()
        while len(self._placed) < self._graph.n_tasks:
            self._begin()
            ready = [task for task in range(self._graph.n_tasks) if task not in given and self._is_ready(task)]
            self._give_out(ready)
            given.update(ready)
            self._begin()
            self._now = min(time for time in self._instants() if time > self._now)
        return Schedule(tuple(self._placed[task] for task in range(self._graph.n_tasks)))

    def _give_out(self, ready: Sequence[int]) -> None:
        left = list(ready)
        while left:
            worker, task = self._choose(range(self._graph.n_processors), left, self._waits)
            left.remove(task)
            self._queues[worker][task] = self._now + self._transfer(worker, task)

    def _begin(self) -> None:
        """Every idle worker begins what has had its data for longest."""
        for worker, queue in enumerate(self._queues):
            there = [task for task in queue if queue[task] <= self._now]
            if there and not self._runs_until(worker):
                task = min(there, key=queue.__getitem__)
                del queue[task]
                self._placed[task] = Placement(worker, self._now, self._now + self._graph.rows[task][worker])

    def _waits(self, worker: int, task: int) -> float:
        until = self._runs_until(worker)
        behind = sum(self._graph.rows[each][worker] for each in self._queues[worker])
        return max(self._transfer(worker, task), until + behind - self._now if until else 0.0)

    def _transfer(self, worker: int, task: int) -> float:
        """The longest of what has to be brought."""
        inbound = self._graph.inbound[task]
        return max((cost for parent, cost in inbound if self._placed[parent].processor != worker), default=0.0)

    def _runs_until(self, worker: int) -> float:
        """When what runs on a worker ends, 0 if nothing does."""
        ends = (each.finish for each in self._placed.values() if each.processor == worker)
        return max((end for end in ends if end > self._now), default=0.0)

    def _is_ready(self, task: int) -> bool:
        parents = self._graph.parents[task]
        return all(parent in self._placed and self._placed[parent].finish <= self._now for parent in parents)

    def _instants(self) -> list[float]:
        arrivals = [time for queue in self._queues for time in queue.values()]
        return [*arrivals, *(each.finish for each in self._placed.values())]


def online_dls(graph: CostGraph) -> Choice:
    """Of all pairs that of highest static level, less the wait."""
    level = static_levels(graph)
    return lambda workers, tasks, waits: max(product(workers, tasks), key=lambda pair: level[pair[1]] - waits(*pair))


def online_etf(graph: CostGraph) -> Choice:
    """Of all pairs that with the shortest wait, then the highest static level."""
    level = static_levels(graph)
    return lambda workers, tasks, waits: min(product(workers, tasks), key=lambda pair: (waits(*pair), -level[pair[1]]))


def online_mcp(graph: CostGraph) -> Choice:
    """The task whose latest start is soonest, where it waits least.

    Ties as the paper has them. Its code compares the latest starts of a task and its children from the last on, and
    takes from a child's what the child makes, not what it is sent; that is 15, too.
    """
    rank = urgency_ranks(graph.children, latest_starts(graph))

    def choose(workers: Sequence[int], tasks: Sequence[int], waits: Waits) -> tuple[int, int]:
        task = max(tasks, key=rank.__getitem__)
        return min(workers, key=lambda worker: waits(worker, task)), task

    return choose
