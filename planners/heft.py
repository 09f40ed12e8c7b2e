"""HEFT on a serverless platform: the highest upward rank first, each task where it is expected to end first.

Topcuoglu, Hariri, Wu, TPDS 2002, with these readings of its terms:

* *Processors* are the slots of workers of one size, without limit: beside those already open, a new worker
  is always a candidate. It costs its call and its cold start, and calls queue: a worker (or the client, for
  roots) makes only so many at a time, so the hundredth worker of a fan-out is up later than the first.
* *A slot* is an equal part of its worker's CPU; all slots of a worker share what it holds.
* *An edge* costs nothing on one worker. Elsewhere it costs the upload of the parent's outputs, commit and
  mark, the word to a worker that waits, and the fetch, which begins when the last parent is done, as
  workers do it.
* *Insertion* is into any idle interval of any open worker. No worker is left out of the search: those that
  ran no parent of the task differ only by when they are idle, so one pass over arrays covers them
  (`planners.idle`).
* *A worker lives* from its opening to its last task, expected at `DURATION_SHARE` of the maximum duration
  or less; and no more of them are opened than the concurrency limits allow, while one of the open ones will
  do.

Left out: an object fetched for one task is fetched again for the next on that worker; transfers for different
tasks do not slow each other; every start is cold; nothing is late. So the estimate errs on the late side where much
is shared, and on the early side where many have to meet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from planners.arrivals import CLIENT, Arrival, Arrivals
from planners.estimate import DURATION_SHARE, Estimate
from planners.evaluator import Evaluator
from planners.fixed import planned_workers
from planners.idle import IdleIntervals, Opening
from planners.plan import Plan
from planners.planner import Planner
from planners.ranks import order_by_rank, priorities, upward_ranks
from planners.sizing import SizeMb, one_size_mb
from planners.ties import close
from platforms import Platform
from workloads import Workflow


@dataclass(frozen=True)
class Heft(Planner):
    """Earliest expected finish, longest path first; a new worker is opened where it is worth its start."""

    name: ClassVar[str] = "heft"

    size_mb: SizeMb = None

    def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        """The schedule as a plan: its workers in the order of their opening, its starts as priorities."""
        size_mb, notes = one_size_mb(workflow, platform, self.size_mb)
        estimate = Estimate(workflow, platform, size_mb)
        ranks = upward_ranks(workflow, estimate.slot_exec_s, estimate.edges_s(), estimate.result_s)
        schedule = _Schedule(estimate, platform)
        for task in order_by_rank(workflow, ranks):
            schedule.place(task)
        return Plan(
            planner=str(self),
            workflow=workflow.fingerprint,
            workers=planned_workers(schedule.n_workers, size_mb),
            assignment=tuple(schedule.arrivals.worker),
            flexible_mb=None,
            priority=priorities(schedule.by_start(), workflow.n_tasks),
            notes=notes,
            estimated_makespan_s=schedule.makespan_s(),
        )


class _Schedule:
    """Workers, their idle time, and the tasks placed so far."""

    def __init__(self, estimate: Estimate, platform: Platform) -> None:
        n_tasks = estimate.workflow.n_tasks
        limits = platform.limits
        self.n_workers = 0
        self.arrivals = Arrivals(estimate)
        self._estimate = estimate
        self._calls = _Calls(estimate, platform.invocation.callers, platform.invocation.client_callers)
        self._exec_s: list[float] = estimate.slot_exec_s.tolist()
        self._life_s = DURATION_SHARE * (limits.max_duration_s or math.inf)
        of_size = limits.concurrency_of(estimate.memory_mb)
        self._most_workers = min(limits.concurrency or math.inf, of_size or math.inf)
        self._idle = IdleIntervals()
        self._up_s = np.zeros(n_tasks)
        self._starts: list[tuple[float, int, int]] = []

    def place(self, task: int) -> None:
        """Put `task`, all of whose parents are placed, where it ends first."""
        arrival = self.arrivals.of(task)
        opening = self._among_open(arrival, self._exec_s[task])
        new_s = self._calls.up_s(arrival) + arrival.fetch_s
        if opening is None or self._pays(new_s, opening.start_s):
            opening = self._open(arrival, new_s)
        finish_s = opening.start_s + self._exec_s[task]
        self._idle.occupy(opening, finish_s)
        self.arrivals.place(task, opening.worker, finish_s)
        self._starts.append((opening.start_s, len(self._starts), task))

    def by_start(self) -> list[int]:
        """The tasks by start; those that start together in the order in which they were placed."""
        return [task for _, _, task in sorted(self._starts)]

    def makespan_s(self) -> float:
        """When the last result is expected to be there."""
        return float((np.array(self.arrivals.finish_s) + self._estimate.result_s).max())

    def _among_open(self, arrival: Arrival, exec_s: float) -> Opening | None:
        ready_s = np.maximum(self._up_s[: self.n_workers], arrival.told_s) + arrival.fetch_s
        for worker, near_s in arrival.near_s.items():
            ready_s[worker] = near_s
        return self._idle.earliest(ready_s, exec_s)

    def _pays(self, new_s: float, open_s: float) -> bool:
        return self.n_workers < self._most_workers and new_s < open_s and not close(new_s, open_s)

    def _open(self, arrival: Arrival, start_s: float) -> Opening:
        """A new worker, and a task's start at `start_s` on its first slot, be the task longer than a life."""
        worker, up_s = self.n_workers, self._calls.call(arrival)
        self.n_workers += 1
        self._up_s[worker] = up_s
        first, *_ = [self._idle.add(worker, up_s, up_s + self._life_s) for _ in range(self._estimate.slots)]
        return Opening(first, worker, start_s)


class _Calls:
    """Who has how many calls to make: each caller's are spread evenly over the few it makes at a time."""

    def __init__(self, estimate: Estimate, callers: int, client_callers: int) -> None:
        self._call_s, self._start_s = estimate.call_s, estimate.start_s
        self._callers, self._client_callers = callers, client_callers
        self._free_s: dict[int, float] = {}

    def up_s(self, arrival: Arrival) -> float:
        """When a worker called for this arrival would be up."""
        return self._begin_s(arrival) + self._call_s + self._start_s

    def call(self, arrival: Arrival) -> float:
        """Call one, and say when it is up."""
        up_s = self.up_s(arrival)
        at_a_time = self._client_callers if arrival.caller == CLIENT else self._callers
        self._free_s[arrival.caller] = self._begin_s(arrival) + self._call_s / at_a_time
        return up_s

    def _begin_s(self, arrival: Arrival) -> float:
        return max(arrival.met_s, self._free_s.get(arrival.caller, 0.0))
