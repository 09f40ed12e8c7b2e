"""Deaths: what the platform does about an invocation whose instance died, or whose worker failed.

It counts what only that memory held as lost, in the run's ledger, and delivers the invocation again as the next epoch
of the same worker, up to its limit; then it tells the client.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from executor.local.clock import NS_PER_S, now_ns
from executor.local.journal import Taken
from executor.local.loop import Loop
from executor.local.requests import NOBODY, Invocation, Job
from executor.store.store import StoreError
from executor.worker.events import InvocationLost
from platforms import Platform

_TRIES: Final = 10
_PAUSE_NS: Final = 100_000_000


class Invocations(Protocol):
    """What is needed of the platform's front."""

    def deliver(self, invocation: Invocation) -> bool:
        """Hand an invocation to the pool; False if it is refused."""

    def end_request(self, job: Job) -> None:
        """Something that was asked of the platform is over."""


class _Again(NamedTuple):
    """A delivery that is to be made again: of what, why, and how often it was refused."""

    dead: Invocation
    reason: str
    refusals: int = 0


class Deaths:
    """Delivers again what died."""

    def __init__(
        self,
        platform: Platform,
        loop: Loop,
        front: Invocations,
        over_limit: str,
    ) -> None:
        self._limits = platform.limits
        self._unnoticed_ns = round(platform.faults.detection_s * NS_PER_S)
        self._loop = loop
        self._front = front
        self._over_limit = over_limit

    def failed(self, dead: Invocation) -> None:
        """An invocation came to an end that was not to be; a request is open until that is dealt with."""
        if dead.status == "killed":
            self._loop.at(now_ns() + self._unnoticed_ns, lambda: self._notice(dead, dead.reason))
        else:
            task = dead.failed_task
            self._notice(dead, dead.reason if task == NOBODY else f"task {dead.job.task_name(task)}: {dead.reason}")

    def _notice(self, dead: Invocation, reason: str) -> None:
        """The platform knows: what the epoch kept to itself is lost; that is written down before anything else."""
        dead.noticed_ns = now_ns()
        if self._is_settled(dead):
            return
        again = _Again(dead, reason)
        dead.job.aside.do(lambda: self._bury(again, 1))

    def _bury(self, again: _Again, attempt: int) -> None:
        """In a thread of its own: the store may let us wait."""
        dead = again.dead
        try:
            dead.job.replica.bury(dead.worker, dead.epoch)
        except StoreError as error:
            lost = again._replace(reason=f"{again.reason}; and the store failed: {error}")
            if attempt == _TRIES:
                self._loop.call(lambda: self._lose(lost))
            else:
                self._loop.call(lambda: self._wait(_PAUSE_NS * attempt, lambda: self._try_again(again, attempt)))
        else:
            self._loop.call(lambda: self._redeliver(again))

    def _try_again(self, again: _Again, attempt: int) -> None:
        again.dead.job.aside.do(lambda: self._bury(again, attempt + 1))

    def _redeliver(self, again: _Again) -> None:
        """Deliver a next epoch, unless that was its last attempt; refused, wait and try again, as callers do."""
        dead, job = again.dead, again.dead.job
        if self._is_settled(dead):
            return
        if dead.delivery == self._limits.max_attempts:
            self._lose(again)
            return
        following = Invocation(
            job, dead.worker, dead.epoch + 1, dead.task, dead.versions, now_ns(),
            also=dead.also, delivery=dead.delivery + 1,
        )  # fmt: skip
        if self._front.deliver(following):
            self._front.end_request(job)
            return
        delay_ns = job.view.call_again.delay_ns(again.refusals + 1, job.marker(dead))
        if delay_ns is None:
            self._lose(again._replace(reason=f"{again.reason}; its next delivery was refused: {self._over_limit}"))
            return
        again = again._replace(refusals=again.refusals + 1)
        self._wait(delay_ns, lambda: self._redeliver(again))

    def bring_back(self, job: Job, dead: Taken, refusals: int = 0) -> None:
        """Deliver again what was cut short with a former attempt at the run, whose epochs are buried."""
        if not refusals:
            job.open_requests += 1
        again = Invocation(
            job, dead.worker, dead.epoch + 1, dead.task, dead.versions, now_ns(),
            is_early=dead.is_early, also=dead.also,
        )  # fmt: skip
        delay_ns = job.view.call_again.delay_ns(refusals + 1, job.marker(again))
        if job.failure is not None or self._front.deliver(again):
            self._front.end_request(job)
        elif delay_ns is not None:
            self._wait(delay_ns, lambda: self.bring_back(job, dead, refusals + 1))
        else:
            why = f"worker {job.worker_name(dead.worker)} could not be called again: {self._over_limit}"
            job.lose(InvocationLost(now_ns(), dead.worker, dead.epoch, why))
            self._front.end_request(job)

    def _is_settled(self, dead: Invocation) -> bool:
        """Whether nothing is to be done about it any more: the run has failed, or a later epoch is there."""
        job = dead.job
        if job.failure is None and job.epochs[dead.worker] <= dead.epoch:
            return False
        self._front.end_request(job)
        return True

    def _lose(self, again: _Again) -> None:
        """Tell the client that a worker will not come back."""
        dead, job, attempts = again.dead, again.dead.job, self._limits.max_attempts
        job.lost = dead
        worker = f"worker {job.worker_name(dead.worker)} (invoked for task {job.task_name(dead.task)})"
        why = f"{worker}, attempt {dead.delivery} of {attempts}: {again.reason}"
        job.lose(InvocationLost(now_ns(), dead.worker, dead.epoch, why))
        self._front.end_request(job)

    def _wait(self, delay_ns: int, act: Callable[[], None]) -> None:
        self._loop.at(now_ns() + delay_ns, act)
