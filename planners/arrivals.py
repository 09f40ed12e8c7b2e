"""`Arrivals`: from when a task can compute on each worker, given where and when its parents ran."""

from __future__ import annotations

from dataclasses import dataclass

from planners.estimate import Estimate

CLIENT = -1
"""Who calls the workers of roots, and has what is in the store from the start; workers are numbered from 0."""

_NOBODY = -2
"""A worker that made none of a task's inputs."""


@dataclass(frozen=True, slots=True)
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
        self._bytes: list[float] = estimate.transfers.expected_bytes.tolist()
        self._visible_s: list[float] = estimate.visible_s.tolist()

    def place(self, task: int, worker: int, finish_s: float) -> None:
        """Let `task` end on `worker` at `finish_s`."""
        self.worker[task], self.finish_s[task] = worker, finish_s

    def take_back(self, task: int) -> None:
        """Let `task` not be placed."""
        self.worker[task], self.finish_s[task] = CLIENT, 0.0

    def of(self, task: int) -> Arrival:
        """The arrival of `task`; parents that are not placed yet are left out."""
        done_s, visible_s = self._parents_by_worker(task)
        fetch_s = self._fetches(task, done_s)
        if not done_s:
            return Arrival(0.0, 0.0, fetch_s[_NOBODY], {}, CLIENT)
        # Of the parents elsewhere the last decides: the last of all, or the second where the last is its own.
        last = max(visible_s, key=visible_s.__getitem__)
        others_s = max((each_s for worker, each_s in visible_s.items() if worker != last), default=None)
        notify_s = self._estimate.notify_s
        told_s = visible_s[last] + notify_s
        near_s = {worker: max(each_s, told_s) + fetch_s[worker] for worker, each_s in done_s.items()}
        own_s = 0.0 if others_s is None else others_s + notify_s
        near_s[last] = max(done_s[last], own_s) + fetch_s[last]
        return Arrival(visible_s[last], told_s, fetch_s[_NOBODY], near_s, last)

    def _parents_by_worker(self, task: int) -> tuple[dict[int, float], dict[int, float]]:
        """Per worker of a parent, when its last parent is done there, and when it is visible elsewhere."""
        done_s: dict[int, float] = {}
        visible_s: dict[int, float] = {}
        for parent in self._parents[task]:
            worker, finish_s = self.worker[parent], self.finish_s[parent]
            if worker != CLIENT:
                done_s[worker] = max(done_s.get(worker, 0.0), finish_s)
                visible_s[worker] = max(visible_s.get(worker, 0.0), finish_s + self._visible_s[parent])
        return done_s, visible_s

    def _fetches(self, task: int, workers: dict[int, float]) -> dict[int, float]:
        """Per worker of a parent, and for nobody, the fetch of what it did not make itself."""
        inputs = self._inputs[task]
        if not inputs:
            return dict.fromkeys((*workers, _NOBODY), self._estimate.transfers.together_s(0.0, 0.0, 0.0))
        # The longest fetch first: a worker's own longest is the first that it did not make.
        wanted = [(self._fetch_s[each], self._bytes[each], self._maker(each)) for each in inputs]
        wanted.sort(reverse=True)
        sum_s, sum_bytes = sum(fetch_s for fetch_s, _, _ in wanted), sum(size for _, size, _ in wanted)
        made_s, made_bytes = dict.fromkeys(workers, 0.0), dict.fromkeys(workers, 0.0)
        for fetch_s, size_bytes, maker in wanted:
            if maker != CLIENT:
                made_s[maker] += fetch_s
                made_bytes[maker] += size_bytes
        together_s = self._estimate.transfers.together_s
        fetches_s = {_NOBODY: together_s(wanted[0][0], sum_s, sum_bytes)}
        for worker in workers:
            longest_s = next((fetch_s for fetch_s, _, maker in wanted if maker != worker), 0.0)
            fetches_s[worker] = together_s(longest_s, sum_s - made_s[worker], sum_bytes - made_bytes[worker])
        return fetches_s

    def _maker(self, wanted: int) -> int:
        producer = self._producers[wanted]
        return CLIENT if producer < 0 else self.worker[producer]
