"""`Arrivals`: from when a task can compute on each worker, given where and when its parents ran."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planners.estimate import Estimate

CLIENT = -1
"""Who calls the workers of roots, and has what is in the store from the start; workers are numbered from 0."""

_NOBODY = -2
"""A worker that made none of a task's inputs."""


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
        self._bytes: list[int] = workflow.object_bytes.tolist()
        self._visible_s: list[float] = estimate.visible_s.tolist()

    def place(self, task: int, worker: int, finish_s: float) -> None:
        """Let `task` end on `worker` at `finish_s`."""
        self.worker[task], self.finish_s[task] = worker, finish_s

    def of(self, task: int) -> Arrival:
        """The arrival of `task`, all of whose parents are placed."""
        done_s, visible_s = self._parents_by_worker(task)
        *near_fetch_s, far_fetch_s = self._fetches_s(self._wanted(task), [*done_s, _NOBODY])
        if not done_s:
            return Arrival(0.0, 0.0, far_fetch_s, {}, CLIENT)
        # Of the parents elsewhere the last decides: the last of all, or the second where the last is its own.
        last, *others = sorted(visible_s, key=lambda worker: -visible_s[worker])
        notify_s = self._estimate.notify_s
        told_s = dict.fromkeys(done_s, visible_s[last] + notify_s)
        told_s[last] = visible_s[others[0]] + notify_s if others else 0.0
        met_s = [max(done_s[worker], told_s[worker]) for worker in done_s]
        near_s = [met + fetch for met, fetch in zip(met_s, near_fetch_s, strict=True)]
        near = dict(zip(done_s, near_s, strict=True))
        return Arrival(visible_s[last], visible_s[last] + notify_s, far_fetch_s, near, last)

    def _parents_by_worker(self, task: int) -> tuple[dict[int, float], dict[int, float]]:
        """Per worker of a parent, when its last parent is done there, and when it is visible elsewhere."""
        done_s: dict[int, float] = {}
        visible_s: dict[int, float] = {}
        for parent in self._parents[task]:
            worker, finish_s = self.worker[parent], self.finish_s[parent]
            done_s[worker] = max(done_s.get(worker, 0.0), finish_s)
            visible_s[worker] = max(visible_s.get(worker, 0.0), finish_s + self._visible_s[parent])
        return done_s, visible_s

    def _wanted(self, task: int) -> list[tuple[float, int, int]]:
        """Per input of a task, the longest fetch first: its fetch, its bytes, and the worker that made it."""
        wanted = [(self._fetch_s[each], self._bytes[each], self._maker(each)) for each in self._inputs[task]]
        return sorted(wanted, reverse=True)

    def _maker(self, wanted: int) -> int:
        producer = self._producers[wanted]
        return CLIENT if producer < 0 else self.worker[producer]

    def _fetches_s(self, wanted: list[tuple[float, int, int]], workers: list[int]) -> list[float]:
        """Per worker, the fetch of what it did not make itself."""
        made_s, made_bytes = dict.fromkeys(workers, 0.0), dict.fromkeys(workers, 0)
        for fetch_s, size_bytes, maker in wanted:
            if maker != CLIENT:
                made_s[maker] += fetch_s
                made_bytes[maker] += size_bytes
        sum_s = sum(fetch_s for fetch_s, _, _ in wanted) - np.array(list(made_s.values()))
        sum_bytes = sum(size for _, size, _ in wanted) - np.array(list(made_bytes.values()), dtype=np.float64)
        longest_s = [next((fetch_s for fetch_s, _, maker in wanted if maker != worker), 0.0) for worker in workers]
        fetches_s = self._estimate.transfers.fetched_s(np.array(longest_s), sum_s, sum_bytes)
        return list(fetches_s.tolist())
