"""The vigil: finds out that a run can no longer move, and ends it.

When the client has left content, whoever still waits is sent home; else the run has failed, and it is told who waits
for whom.
"""

from __future__ import annotations

from threading import Event
from typing import Final, NamedTuple, Protocol

from executor.local.client import NAME
from executor.local.clock import NS_PER_S, now_ns
from executor.local.front import Front
from executor.local.requests import Job
from executor.local.stillness import Traces
from executor.pool.deadlock import Live, describe_deadlock
from executor.pool.waits import Limit
from executor.store.store import StoreError
from executor.worker.instructions import CLIENT
from executor.worker.view import View
from platforms.sections import Limits

LOOKS_S: Final = 0.2
"""How often somebody looks."""
PATIENCE_NS: Final = 5 * NS_PER_S
"""How long nothing may happen; no letter is on its way for so long, and nobody who has one leaves it unread."""
_PATIENCE_WHEN_DONE_NS: Final = NS_PER_S // 4
"""The same once all results are there, so that nothing is lost by being wrong."""


class Platform(Protocol):
    """What is needed of the platform."""

    def call(self, act: Acting) -> None:
        """Have the front do something, in its own thread."""


class Acting(Protocol):
    """Something for the front to do."""

    def __call__(self, front: Front) -> None:
        """Do it."""


class _Situation(NamedTuple):
    """How a run stands at the platform."""

    running: tuple[int, ...]
    """Numbers of the deliveries that run."""
    is_settled: bool
    """Whether nothing is on its way there, and nobody waits who could be admitted."""
    moved_ns: int


class Vigil:
    """Watches over one run. `look` is called now and then, by one thread."""

    def __init__(self, platform: Platform, job: Job, limits: Limits) -> None:
        self._platform = platform
        self._job = job
        self._limits = limits
        self._traces: dict[int, Traces] = {CLIENT: Traces(job.run, NAME)}
        self._last: tuple[object, ...] = ()
        self._since_ns = 0
        self._sent_home = False

    def look(self) -> None:
        """See whether anything can still happen."""
        situation = self._situation()
        if situation is None or not situation.is_settled:
            self._last = ()
            return
        names = situation.running if self._job.client_status else (CLIENT, *situation.running)
        traces = [self._traces.setdefault(number, Traces(self._job.run, str(number))) for number in names]
        for trace in traces:
            trace.read()
        if not all(trace.is_still for trace in traces):
            self._last = ()
            return
        now = (situation, tuple(trace.steps for trace in traces))
        if now != self._last:
            self._last, self._since_ns = now, now_ns()
            return
        patience_ns = _PATIENCE_WHEN_DONE_NS if self._job.client_status else PATIENCE_NS
        if now_ns() - self._since_ns >= patience_ns:
            self._end()

    def _situation(self) -> _Situation | None:
        """As the front sees it; None if it does not answer soon."""
        found: list[_Situation] = []
        answered = Event()

        def ask(front: Front) -> None:
            found.append(_situation_of(front, self._job))
            answered.set()

        self._platform.call(ask)
        answered.wait(LOOKS_S)
        return found[0] if found else None

    def _end(self) -> None:
        if self._sent_home:
            return
        self._sent_home = True
        if self._job.client_status:
            self._platform.call(lambda front: front.send_home(self._job, "the run is over"))
            return
        try:
            states = self._job.replica.read(tuple(range(len(self._job.view.parents))))
        except StoreError as error:
            reason = f"nothing moves, and the store does not say who waits for whom: {error}"
            self._platform.call(lambda front: front.give_up(self._job, reason))
            return
        committed = {state.task for state in states if state.version}
        stuck = _Stuck(self._job, self._limits, committed)
        self._platform.call(lambda front: front.give_up(self._job, describe_deadlock(stuck, front.pool)))


class _Stuck:
    """The run as `describe_deadlock` sees it."""

    has_company = False

    def __init__(self, job: Job, limits: Limits, committed: set[int]) -> None:
        self.view: View = job.view
        self.limits = limits
        self.strays: dict[int, Live] = {}
        self.worker_name = job.worker_name
        self.task_name = job.task_name
        self._job = job
        self._committed = committed

    @property
    def live(self) -> dict[int, Live]:
        """See `executor.pool.deadlock.Stuck`."""
        return {**self._job.live}

    def is_committed(self, task: int) -> bool:
        """See `executor.pool.deadlock.Stuck`."""
        return task in self._committed


def _situation_of(front: Front, job: Job) -> _Situation:
    live = job.live.values()
    running = tuple(each.number for each in live if each.status == "running")
    waiting = [each for each in live if each.status == "waiting"]
    are_blocked = all(front.pool.limit_on(each.memory_mb) is not Limit.RAMP for each in waiting)
    is_alone = front.pool.active == len(running)
    is_settled = job.open_requests == len(running) + len(waiting) and (not waiting or (are_blocked and is_alone))
    return _Situation(running, is_settled, job.moved_ns)
