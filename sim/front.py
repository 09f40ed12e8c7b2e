"""The front: what the platform does with calls, from acceptance to the end of an invocation.

Invocations are idempotent by name (worker and epoch): a second call for one that was delivered is accepted and
forgotten. When an instance dies the platform delivers the invocation again, as the next epoch of the same worker,
up to its limit; then it tells the client.
"""

from __future__ import annotations

from typing import NamedTuple

from executor.records.operations import Kind
from executor.worker.events import InvocationLost, InvokeAccepted, InvokeFailed, Started, Stop
from executor.worker.instructions import Exit, Invoke
from platforms import Platform
from sim.clock import ADMISSION, END, IDLE, TIMER, Happening, to_ns
from sim.instance import Instance
from sim.job import GONE, Invocation, Job, Party, Prewarming
from sim.operation import Operation
from sim.prewarms import Prewarms
from sim.steps import Steps

_NONE = -1
_REFUSED = "over the platform's limit"


class _Again(NamedTuple):
    """A delivery that is to be made again: of what, why, caused by which row, and how often it was refused."""

    dead: Invocation
    reason: str
    row: int
    refusals: int


class Front:
    """Takes calls, starts invocations, ends them."""

    __slots__ = ("_clock", "_driver", "_max_duration_ns", "_platform", "prewarms")

    def __init__(self, driver: Steps, platform: Platform) -> None:
        self._driver = driver
        self._clock = driver.clock
        self._platform = platform
        limit_s = platform.limits.max_duration_s
        self._max_duration_ns = None if limit_s is None else to_ns(limit_s)
        self.prewarms = Prewarms(driver, self._look_whether_over)

    # calls ------------------------------------------------------------------------------------------------

    def call(self, party: Party, invoke: Invoke) -> None:
        """Somebody calls: the platform has it when the call ends."""
        delay_ns = party.job.luck.call.ns(invoke.task)
        operation = Operation(
            (self._called,),
            party,
            invoke,
            Kind.INVOKE,
            invoke.task,
            _NONE,
            self._clock.now_ns,
            delay_ns,
            self._driver.cause,
        )
        self._clock.after(delay_ns, ADMISSION + party.rank + invoke.op, operation)

    def _called(self, operation: Operation) -> None:
        party, invoke = operation.party, operation.instruction
        job, now_ns = party.job, self._clock.now_ns
        row = operation.party.log.end(operation, now_ns)
        if job.failure is None and job.epochs.get(invoke.worker, 0) < invoke.epoch:
            invocation = Invocation(job, invoke.worker, invoke.epoch, invoke.task, invoke.versions, now_ns)
            if not self._deliver(invocation, row):
                job.invocations.pop()
                self._driver.step(party, InvokeFailed(now_ns, invoke.op, _REFUSED), row)
                return
        self._driver.step(party, InvokeAccepted(now_ns, invoke.op), row)

    def _deliver(self, invocation: Invocation, cause: int) -> bool:
        """Hand an invocation to the pool; False if it is refused."""
        job, now_ns = invocation.job, self._clock.now_ns
        invocation.start = Operation(
            (self._started,), invocation, None, Kind.START, invocation.task, _NONE, now_ns, 0, cause
        )
        if not self._driver.pool.request(invocation):
            return False
        job.epochs[invocation.worker] = invocation.epoch
        job.live[invocation.worker] = invocation
        job.open_requests += 1
        return True

    # starts -----------------------------------------------------------------------------------------------

    def admitted(self, request: Invocation | Prewarming, instance: Instance, cold: bool) -> None:
        """The pool gave an instance: it starts, cold or warm."""
        now_ns = self._clock.now_ns
        request.instance = instance
        request.admitted_ns = request.provisioned_ns = now_ns
        request.cold = cold
        if isinstance(request, Prewarming):
            self.prewarms.start(request)
            return
        luck, task = request.job.luck, request.task
        if cold:
            request.provisioned_ns = now_ns + luck.provisioning.ns(task)
            start_ns = request.provisioned_ns + luck.init_ns(request.memory_mb, task)
        else:
            start_ns = now_ns + luck.warm.ns(task)
        self._clock.after(start_ns - now_ns, END + request.rank, request.start)

    def _started(self, operation: Operation) -> None:
        invocation: Invocation = operation.party
        now_ns = self._clock.now_ns
        invocation.started_ns = now_ns
        invocation.started_row = operation.party.log.end(operation, now_ns)
        invocation.start = None
        if invocation.job.failure is not None:
            self._finish(invocation, "stopped")
            return
        invocation.status = "running"
        if self._max_duration_ns is not None:
            invocation.kill = Happening(self._out_of_time, invocation)
            self._clock.after(self._max_duration_ns, TIMER + invocation.rank, invocation.kill)
        event = Started(now_ns, (invocation.task,), (invocation.versions,))
        self._driver.step(invocation, event, invocation.started_row)

    # ends -------------------------------------------------------------------------------------------------

    def leave(self, party: Party, leave: Exit) -> None:
        """A machine is finished."""
        job = party.job
        if not isinstance(party, Invocation):
            if leave.status == "failed":
                self.give_up(job, leave.reason)
            self._look_whether_over(job)
            return
        self._finish(party, leave.status)
        if leave.status == "failed":
            self._deliver_again(party, leave.reason)

    def _finish(self, invocation: Invocation, status: str) -> None:
        """The invocation ends; its instance is idle once everything else of this instant has ended."""
        if invocation.kill:
            invocation.kill.cancel()
        self._close(invocation, status)
        self._clock.after(0, IDLE + invocation.rank, Happening(self._idle, invocation))

    def _idle(self, happening: Happening) -> None:
        self._driver.pool.finish(happening.about.instance)
        happening.about.job.open_requests -= 1
        self._look_whether_over(happening.about.job)

    def _look_whether_over(self, job: Job) -> None:
        if job.client.machine.exited and not job.open_requests and not job.is_over:
            job.is_over = True
            if self._driver.finished:
                self._driver.finished(job)

    def _close(self, invocation: Invocation, status: str) -> None:
        job = invocation.job
        invocation.status = status
        invocation.ended_ns = self._clock.now_ns
        invocation.machine = GONE
        if job.live.get(invocation.worker) is invocation:
            del job.live[invocation.worker]

    def _out_of_time(self, happening: Happening) -> None:
        invocation: Invocation = happening.about
        self._close(invocation, "killed")
        self._driver.pool.kill(invocation.instance)
        invocation.job.open_requests -= 1
        self._deliver_again(invocation, f"killed at the maximum duration of {self._platform.limits.max_duration_s:g} s")
        self._look_whether_over(invocation.job)

    def _deliver_again(self, dead: Invocation, reason: str) -> None:
        """An invocation died: its next epoch is delivered, unless that was its last attempt."""
        job, now_ns = dead.job, self._clock.now_ns
        if job.failure is not None:
            return
        job.ledger.bury(dead.worker, dead.epoch)
        began_ns = dead.started_ns
        lost = Operation((), dead, None, Kind.LOST, dead.task, _NONE, began_ns, now_ns - began_ns, dead.started_row)
        row = dead.log.end(lost, now_ns)
        if dead.delivery == self._platform.limits.max_attempts:
            self._lose(dead, reason, row)
        else:
            job.open_requests += 1
            again = _Again(dead, reason, row, refusals=0)
            self._clock.after(0, ADMISSION + dead.rank, Happening(self._redeliver, again))

    def _redeliver(self, happening: Happening) -> None:
        """The platform tries to deliver a next epoch; refused, it waits and tries again, as callers do."""
        again: _Again = happening.about
        dead, job, now_ns = again.dead, again.dead.job, self._clock.now_ns
        job.open_requests -= 1
        if job.failure is not None:
            self._look_whether_over(job)
            return
        following = Invocation(job, dead.worker, dead.epoch + 1, dead.task, dead.versions, now_ns)
        following.delivery = dead.delivery + 1
        if self._deliver(following, again.row):
            return
        job.invocations.pop()
        delay_ns = job.setting.view.retry.delay_ns(again.refusals + 1)
        if delay_ns is None:
            self._lose(dead, f"{again.reason}; its next delivery was refused: {_REFUSED}", again.row)
            return
        job.open_requests += 1
        waited = Operation((), dead, None, Kind.TIMER, dead.task, _NONE, now_ns, delay_ns, again.row)
        row = dead.log.end(waited, now_ns + delay_ns)
        again = _Again(dead, again.reason, row, again.refusals + 1)
        self._clock.after(delay_ns, ADMISSION + dead.rank, Happening(self._redeliver, again))

    def _lose(self, dead: Invocation, reason: str, row: int) -> None:
        """Tell the client that a worker will not come back."""
        job, attempts = dead.job, self._platform.limits.max_attempts
        name = job.setting.workflow.task_names[dead.task]
        worker = f"worker {job.worker_name(dead.worker)} (invoked for task {name})"
        why = f"{worker}, attempt {dead.delivery} of {attempts}: {reason}"
        self._driver.step(job.client, InvocationLost(self._clock.now_ns, dead.worker, dead.epoch, why), row)

    def give_up(self, job: Job, reason: str) -> None:
        """The run has failed: stop everything that still runs."""
        job.failure = reason
        now_ns = self._clock.now_ns
        for invocation in list(job.live.values()):
            if invocation.status == "running":
                self._driver.step(invocation, Stop(now_ns, reason), _NONE)
        self._driver.step(job.client, Stop(now_ns, reason), _NONE)
