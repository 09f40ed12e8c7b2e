"""Deaths: what the platform does about an invocation that died, or that it takes for dead.

It notices, counts what only that memory held as lost, and delivers the invocation again as the next epoch of the same
worker, up to its limit; then it tells the client.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from executor.records.left import NOT_YET
from executor.records.operations import Kind, Outcome
from executor.worker.events import InvocationLost
from executor.worker.instructions import Exit
from platforms import Platform
from sim.clock import ADMISSION, Happening, to_ns
from sim.job import Invocation, Job
from sim.operation import Operation
from sim.steps import OVER_LIMIT, Steps

_NONE = -1


class Invocations(Protocol):
    """What is needed of the platform's front."""

    def close(self, invocation: Invocation, status: str) -> None:
        """The invocation is over."""

    def deliver(self, invocation: Invocation, cause: int) -> bool:
        """Hand an invocation to the pool; False if it is refused."""

    def end_request(self, job: Job) -> None:
        """Something that was asked of the platform is over."""


class _Again(NamedTuple):
    """A delivery that is to be made again: of what, why, caused by which row, and how often it was refused."""

    dead: Invocation
    reason: str
    row: int
    refusals: int


class Deaths:
    """Ends invocations before their time, and delivers them again."""

    __slots__ = ("_clock", "_driver", "_front", "_limits", "_unnoticed_ns")

    def __init__(self, driver: Steps, platform: Platform, front: Invocations) -> None:
        self._driver = driver
        self._clock = driver.clock
        self._front = front
        self._limits = platform.limits
        self._unnoticed_ns = to_ns(platform.faults.detection_s)

    # deaths -----------------------------------------------------------------------------------------------

    def out_of_time(self, happening: Happening) -> None:
        """The platform ends what runs for too long, and knows it."""
        self.die(happening.about, f"killed at the maximum duration of {self._limits.max_duration_s:g} s", 0)

    def crash(self, invocation: Invocation, reason: str) -> None:
        """The instance is gone; the platform notices later."""
        self.die(invocation, reason, self._unnoticed_ns)

    def die(self, invocation: Invocation, reason: str, unnoticed_ns: int) -> None:
        """An instance is gone, with all that it was doing."""
        if invocation.ended_ns != NOT_YET or invocation.admitted_ns == NOT_YET:
            return
        self._front.close(invocation, "killed")
        if invocation.provisioned_ns > invocation.ended_ns:
            invocation.provisioned_ns = NOT_YET
        self._driver.give_up_operations(invocation)
        self._driver.pool.kill(invocation.instance)
        noticed = Happening(self._noticed, invocation, reason)
        self._clock.after(unnoticed_ns, ADMISSION + invocation.rank, noticed)

    def failed(self, invocation: Invocation, leave: Exit) -> None:
        """A worker left because it could not go on."""
        name = invocation.job.setting.workflow.task_names[leave.task]
        self._driver.give_up_operations(invocation)
        invocation.job.open_requests += 1
        self._notice(invocation, f"task {name}: {leave.reason}")

    def presume(self, invocation: Invocation, reason: str) -> None:
        """A false alarm: the platform takes a running invocation for dead, and both epochs run."""
        job = invocation.job
        if job.live.get(invocation.worker) is not invocation or invocation.status != "running":
            return
        del job.live[invocation.worker]
        job.strays[invocation.number] = invocation
        job.open_requests += 1
        self._notice(invocation, reason)

    # redelivery -------------------------------------------------------------------------------------------

    def _noticed(self, happening: Happening) -> None:
        self._notice(happening.about, happening.detail)

    def _notice(self, dead: Invocation, reason: str) -> None:
        """The platform knows; its next epoch is delivered, unless that was its last attempt."""
        job, now_ns = dead.job, self._clock.now_ns
        if job.failure is not None or job.epochs[dead.worker] > dead.epoch:
            self._front.end_request(job)
            return
        job.ledger.bury(dead.worker, dead.epoch)
        row = self._lost_row(dead, now_ns)
        if dead.delivery == self._limits.max_attempts:
            self._lose(dead, reason, row)
            self._front.end_request(job)
        else:
            again = _Again(dead, reason, row, refusals=0)
            self._clock.after(0, ADMISSION + dead.rank, Happening(self._redeliver, again))

    @staticmethod
    def _lost_row(dead: Invocation, now_ns: int) -> int:
        """What it did is the time its next epoch comes too late."""
        began_ns, cause = dead.started_ns, dead.started_row
        if began_ns == NOT_YET:
            began_ns, cause = dead.requested_ns, dead.start.cause
        lost = Operation(
            (), dead, None, Kind.LOST, dead.task, _NONE, began_ns, now_ns - began_ns, cause, None, Outcome.KILLED
        )
        return dead.log.end(lost, now_ns)

    def _redeliver(self, happening: Happening) -> None:
        """The platform tries to deliver a next epoch; refused, it waits and tries again, as callers do."""
        again: _Again = happening.about
        dead, job, now_ns = again.dead, again.dead.job, self._clock.now_ns
        if job.failure is not None or job.epochs[dead.worker] > dead.epoch:
            self._front.end_request(job)
            return
        following = Invocation(job, dead.worker, dead.epoch + 1, dead.task, dead.versions, now_ns)
        following.delivery = dead.delivery + 1
        following.also = dead.also
        if self._front.deliver(following, again.row):
            self._front.end_request(job)
            return
        delay_ns = job.view.call_again.delay_ns(again.refusals + 1, dead.marker)
        if delay_ns is None:
            self._lose(dead, f"{again.reason}; its next delivery was refused: {OVER_LIMIT}", again.row)
            self._front.end_request(job)
            return
        waited = Operation(
            (), dead, None, Kind.TIMER, dead.task, _NONE, now_ns, delay_ns, again.row, None, Outcome.THROTTLED
        )
        row = dead.log.end(waited, now_ns + delay_ns)
        again = _Again(dead, again.reason, row, again.refusals + 1)
        self._clock.after(delay_ns, ADMISSION + dead.rank, Happening(self._redeliver, again))

    def _lose(self, dead: Invocation, reason: str, row: int) -> None:
        """Tell the client that a worker will not come back."""
        job, attempts = dead.job, self._limits.max_attempts
        job.lost = dead
        name = job.setting.workflow.task_names[dead.task]
        worker = f"worker {job.worker_name(dead.worker)} (invoked for task {name})"
        why = f"{worker}, attempt {dead.delivery} of {attempts}: {reason}"
        self._driver.step(job.client, InvocationLost(self._clock.now_ns, dead.worker, dead.epoch, why), row)
