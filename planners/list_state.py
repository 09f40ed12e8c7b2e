"""A schedule in the making on a platform: what `planners.classic.partial` is on a cost matrix.

* *Processors* are the slots of workers, without limit: beside those already open, a new worker of each size (a *kind*)
  is always a candidate. It costs its call and its cold start, and calls queue: a worker (or the client, for roots)
  makes only so many at a time, so the hundredth worker of a fan-out is up later than the first.
* *A slot* is an equal part of its worker's CPU; all slots of a worker share what it holds.
* *An edge* costs nothing on one worker. Elsewhere it costs the upload of the parent's outputs, commit and mark, the
  word to a worker that waits, and the fetch, which begins when the last parent is done, as workers do it.
* *Insertion* is into any idle interval of any open worker. No worker is left out of the search: those that ran no
  parent of the task differ only by when they are idle, so one pass over arrays covers them (`planners.idle`).
* *A worker lives* from its opening to its last task, expected at `DURATION_SHARE` of the maximum duration or less; and
  no more of them are opened than the concurrency limits allow, while one of the open ones will do.

Left out: an object fetched for one task is fetched again for the next on that worker; transfers for different tasks do
not slow each other; every start is cold; nothing is late. So it errs on the late side where much is shared, and on the
early side where many have to meet.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planners.arrivals import Arrival, Arrivals
from planners.estimate import DURATION_SHARE
from planners.idle import IdleIntervals, Opening, Seconds
from planners.list_calls import Calls
from planners.list_kinds import Kind
from platforms import Platform


@dataclass(frozen=True, slots=True)
class Offer:
    """Where a task could run: in an idle interval of an open worker, or on a new one."""

    kind: int
    start_s: float
    exec_s: float
    opening: Opening | None
    """None is a new worker."""
    arrival: Arrival


class ListState:
    """Workers, their idle time, and the tasks placed so far; without `insertion` gaps are left alone."""

    def __init__(self, kinds: Sequence[Kind], platform: Platform, *, insertion: bool = True) -> None:
        n_tasks = kinds[0].estimate.workflow.n_tasks
        limits = platform.limits
        self.kinds, self.platform = kinds, platform
        self.worker_kinds: list[int] = []
        """Per worker its kind, in the order of their opening."""
        self.arrivals = Arrivals(kinds[0].estimate)
        self.insertion = insertion
        self._calls = Calls(platform)
        self._life_s = DURATION_SHARE * (limits.max_duration_s or math.inf)
        self._most_workers = limits.concurrency or math.inf
        self._most_of_kind = [limits.concurrency_of(kind.memory_mb) or math.inf for kind in kinds]
        self._n_of_kind = [0] * len(kinds)
        self._idle = [IdleIntervals() for _ in kinds]
        self._up_s = np.zeros(n_tasks)
        self._starts: dict[int, float] = {}
        self._offered: dict[int, list[Offer]] = {}
        self._met: dict[int, Arrival] = {}
        self._trail: list[tuple[int, Offer, float]] | None = None

    @property
    def most_workers(self) -> float:
        """How many workers of some size there may be; inf without a limit."""
        return min(self._most_workers, sum(self._most_of_kind))

    def may_open(self, kind: int) -> bool:
        """Whether the limits allow one more worker of a kind."""
        return len(self.worker_kinds) < self._most_workers and self._n_of_kind[kind] < self._most_of_kind[kind]

    def offers(self, task: int) -> tuple[list[float], list[float], Sequence[int]]:
        """Per kind the earliest start on an open worker, then on a new one; what the task takes there; the kinds."""
        arrival = self._arrival(task)
        return self._offer(task, self._among_open(task, arrival, self._ready_s(arrival)), arrival)

    def offers_on(self, task: int, worker: int) -> tuple[list[float], list[float], Sequence[int]]:
        """The same for one worker alone: an offer or none."""
        arrival = self.arrivals.of(task)
        ready_s = np.full(len(self.worker_kinds), np.inf)
        ready_s[worker] = self._ready_s(arrival)[worker]
        self._offered[task] = self._among_open(task, arrival, ready_s)
        return _as_lists(self._offered[task])

    def offers_new(self, task: int, kind: int) -> tuple[list[float], list[float], Sequence[int]]:
        """The same for a new worker of a kind, whatever the limits."""
        arrival = self.arrivals.of(task)
        self._offered[task] = [self._new(task, arrival, kind)]
        return _as_lists(self._offered[task])

    def place(self, task: int, offer: int, start: float) -> None:
        """Take one of the offers that were made for `task` last."""
        taken = self._offered[task][offer]
        before_s = 0.0
        opening = taken.opening
        if opening is None:
            before_s = self._calls.call(taken.arrival)
            opening = self._open(taken)
        finish_s = taken.start_s + taken.exec_s
        self._idle[taken.kind].occupy(opening, finish_s, leave_gap=self.insertion)
        self.arrivals.place(task, opening.worker, finish_s)
        if self._trail is None:
            del self._offered[task]
            self._met.pop(task, None)
            self._starts[task] = taken.start_s
        else:
            self._trail.append((task, taken, before_s))

    def begin_trial(self) -> None:
        """From here on remember what is placed, to take it back."""
        self._trail = []
        for idle in self._idle:
            idle.begin_trial()

    def end_trial(self) -> None:
        """Take back what was placed since the trial began."""
        for task, taken, before_s in reversed(self._trail or ()):
            self.arrivals.take_back(task)
            if taken.opening is None:
                self._n_of_kind[self.worker_kinds.pop()] -= 1
                self._calls.take_back(taken.arrival.caller, before_s)
        self._trail = None
        for idle in self._idle:
            idle.end_trial()

    def by_start(self) -> list[int]:
        """The tasks by start; those that start together in the order in which they were placed."""
        return sorted(self._starts, key=self._starts.__getitem__)

    def makespan_s(self) -> float:
        """When the last result is expected to be there."""
        return float((np.array(self.arrivals.finish_s) + self.kinds[0].estimate.result_s).max())

    def _offer(
        self, task: int, opened: list[Offer], arrival: Arrival
    ) -> tuple[list[float], list[float], Sequence[int]]:
        holding = [kind for kind, each in enumerate(self.kinds) if each.exec_s[task] < math.inf]
        new = [kind for kind in holding if self.may_open(kind)]
        if not new and not opened:
            new = holding
        # Where offers tie the first is taken: the size on which it takes least, an open worker, the smallest size.
        offers = [*opened, *(self._new(task, arrival, kind) for kind in new)]
        offers.sort(key=lambda offer: offer.exec_s)
        self._offered[task] = offers
        return _as_lists(offers)

    def _arrival(self, task: int) -> Arrival:
        """Settled once all parents are placed; only on trial is a task asked for before."""
        arrival = self._met.get(task) or self.arrivals.of(task)
        if self._trail is None:
            self._met[task] = arrival
        return arrival

    def _ready_s(self, arrival: Arrival) -> Seconds:
        """Per worker, from when on the task could compute there."""
        ready_s = np.maximum(self._up_s[: len(self.worker_kinds)], arrival.told_s)
        ready_s += arrival.fetch_s
        for worker, near_s in arrival.near_s.items():
            ready_s[worker] = near_s
        return ready_s

    def _among_open(self, task: int, arrival: Arrival, ready_s: Seconds) -> list[Offer]:
        """Per kind that holds the task its earliest start, if it fits anywhere."""
        offers = []
        for kind, (each, idle) in enumerate(zip(self.kinds, self._idle, strict=True)):
            exec_s = each.exec_s[task]
            opening = idle.earliest(ready_s, exec_s) if exec_s < math.inf else None
            if opening is not None:
                offers.append(Offer(kind, opening.start_s, exec_s, opening, arrival))
        return offers

    def _new(self, task: int, arrival: Arrival, kind: int) -> Offer:
        up_s = self._calls.taken_s(arrival) + self.kinds[kind].estimate.start_s
        return Offer(kind, up_s + arrival.fetch_s, self.kinds[kind].exec_s[task], None, arrival)

    def _open(self, taken: Offer) -> Opening:
        """A new worker, and a task's start on its first slot, be the task longer than a life."""
        worker, up_s = len(self.worker_kinds), taken.start_s - taken.arrival.fetch_s
        self.worker_kinds.append(taken.kind)
        self._n_of_kind[taken.kind] += 1
        self._up_s[worker] = up_s
        idle, slots = self._idle[taken.kind], self.kinds[taken.kind].estimate.slots
        first, *_ = [idle.add(worker, up_s, up_s + self._life_s) for _ in range(slots)]
        return Opening(first, worker, taken.start_s)


def _as_lists(offers: Sequence[Offer]) -> tuple[list[float], list[float], Sequence[int]]:
    return (
        [offer.start_s for offer in offers],
        [offer.exec_s for offer in offers],
        [offer.kind for offer in offers],
    )
