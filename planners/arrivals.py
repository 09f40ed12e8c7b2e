"""`Arrivals`: from when a task can compute on each worker, given where and when its parents ran."""

from __future__ import annotations

from dataclasses import dataclass

from planners.estimate import Estimate

CLIENT = -1
"""Who calls the workers of roots; workers are numbered from 0."""


@dataclass(frozen=True)
class Arrival:
    """From when one task can compute, by where it would run."""

    met_s: float
    """Its parents are done, as seen from a worker that ran none of them."""
    told_s: float
    """Such a worker knows, if it waits for word."""
    fetch_s: float
    """What the fetch of all its inputs takes there."""
    near_s: dict[int, float]
    """Its inputs are there, for each worker that ran a parent."""
    caller: int
    """Who would call a new worker for it: the worker of the parent that is done last, or the client."""


class Arrivals:
    """The tasks placed so far, and what that means for the next one."""

    def __init__(self, estimate: Estimate) -> None:
        workflow = estimate.workflow
        self.worker = [CLIENT] * workflow.n_tasks
        """Per task placed, its worker."""
        self.finish_s = [0.0] * workflow.n_tasks
        """Per task placed, when it is expected to end."""
        self._estimate = estimate
        self._parents = workflow.parents.tuples()
        self._inputs = workflow.inputs.tuples()
        self._producers: list[int] = workflow.object_producer.tolist()
        self._fetch_s: list[float] = estimate.transfers.fetch_s.tolist()
        self._visible_s: list[float] = estimate.visible_s.tolist()

    def place(self, task: int, worker: int, finish_s: float) -> None:
        """Let `task` end on `worker` at `finish_s`."""
        self.worker[task], self.finish_s[task] = worker, finish_s

    def of(self, task: int) -> Arrival:
        """The arrival of `task`, all of whose parents are placed."""
        wanted = self._wanted(task)
        fetch_s = self._together_s(wanted, sum(each_s for each_s, _ in wanted), None)
        done_s, visible_s = self._parents_by_worker(task)
        if not done_s:
            return Arrival(0.0, 0.0, fetch_s, {}, CLIENT)
        # Of the parents elsewhere the last decides: the last of all, or the second where the last is its own.
        last, *others = sorted(visible_s, key=lambda worker: -visible_s[worker])
        notify_s = self._estimate.notify_s
        told_s = dict.fromkeys(done_s, visible_s[last] + notify_s)
        told_s[last] = visible_s[others[0]] + notify_s if others else 0.0
        left_s = self._left_to_fetch_s(wanted, done_s)
        near_s = {worker: max(done_s[worker], told_s[worker]) + left_s[worker] for worker in done_s}
        return Arrival(visible_s[last], visible_s[last] + notify_s, fetch_s, near_s, last)

    def _parents_by_worker(self, task: int) -> tuple[dict[int, float], dict[int, float]]:
        """Per worker of a parent, when its last parent is done there, and when it is visible elsewhere."""
        done_s: dict[int, float] = {}
        visible_s: dict[int, float] = {}
        for parent in self._parents[task]:
            worker, finish_s = self.worker[parent], self.finish_s[parent]
            done_s[worker] = max(done_s.get(worker, 0.0), finish_s)
            visible_s[worker] = max(visible_s.get(worker, 0.0), finish_s + self._visible_s[parent])
        return done_s, visible_s

    def _wanted(self, task: int) -> list[tuple[float, int]]:
        """Per input, the longest fetch first: what it takes, and the worker that has it."""
        wanted = [(self._fetch_s[each], self._holder(each)) for each in self._inputs[task]]
        return sorted(wanted, reverse=True)

    def _holder(self, wanted: int) -> int:
        producer = self._producers[wanted]
        return CLIENT if producer < 0 else self.worker[producer]

    def _left_to_fetch_s(self, wanted: list[tuple[float, int]], workers: dict[int, float]) -> dict[int, float]:
        """Per worker, the fetch of what it did not make itself."""
        left_s = dict.fromkeys(workers, sum(each_s for each_s, _ in wanted))
        for each_s, holder in wanted:
            if holder != CLIENT:
                left_s[holder] -= each_s
        return {worker: self._together_s(wanted, sum_s, worker) for worker, sum_s in left_s.items()}

    def _together_s(self, wanted: list[tuple[float, int]], sum_s: float, worker: int | None) -> float:
        longest_s = next((each_s for each_s, holder in wanted if holder != worker), 0.0)
        return self._estimate.transfers.together_s(longest_s, sum_s)
