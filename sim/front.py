"""The front: what the platform does with calls, from acceptance to the end of an invocation.

Invocations are idempotent by name (worker and epoch): a second call for one that was delivered is accepted and
forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from executor.records.left import NOT_YET
from executor.records.operations import NO_ROW, Kind, Outcome
from executor.worker.events import InvokeAccepted, InvokeFailed, Started, Stop
from executor.worker.instructions import Exit, Invoke
from platforms import Platform
from sim.chores import chores_of
from sim.clock import ADMISSION, END, IDLE, TIMER, Happening, to_ns
from sim.copiers import callee, copier_of
from sim.deaths import Deaths
from sim.instance import Instance
from sim.job import GONE, Invocation, Job, Party, Prewarming
from sim.operation import Operation
from sim.prewarms import Prewarms
from sim.steps import OVER_LIMIT, Steps

_NONE = -1


class Perils(Protocol):
    """What may befall an invocation by itself."""

    def starts(self, operation: Operation) -> None:
        """Its start has begun."""

    def runs(self, invocation: Invocation) -> None:
        """Its handler runs."""

    def rest(self, job: Job) -> None:
        """Only one job runs: nothing need be looked after that cannot befall it yet."""

    def wake(self) -> None:
        """Something went wrong."""


class Front:
    """Takes calls, starts invocations, ends them."""

    __slots__ = ("_chores", "_clock", "_driver", "_max_duration_ns", "deaths", "perils", "prewarms")

    def __init__(self, driver: Steps, platform: Platform) -> None:
        self._driver = driver
        self._clock = driver.clock
        limit_s = platform.limits.max_duration_s
        self._max_duration_ns = None if limit_s is None else to_ns(limit_s)
        self.deaths = Deaths(driver, platform, self)
        self.perils: Perils | None = None
        self._chores = chores_of(platform.host, self._started)
        self.prewarms = Prewarms(driver, self.look_whether_over, self._chores)

    # calls ------------------------------------------------------------------------------------------------

    def call(self, party: Party, invoke: Invoke) -> Operation:
        """Somebody calls: the platform has it when the call ends."""
        return self.send(party, invoke, self._called)

    def send(self, party: Party, invoke: Invoke, act: Callable[[Operation], None], outcome: int = 0) -> Operation:
        """A call is under way; ``act`` is what comes of it."""
        now_ns, task = self._clock.now_ns, invoke.task
        delay_ns = party.job.luck.call.ns(task, callee(party, invoke.worker, task))
        operation = Operation(
            (act,), party, invoke, Kind.INVOKE, task, _NONE, now_ns, delay_ns, self._driver.cause, None, outcome
        )
        self._driver.pool.door.take(operation, delay_ns, ADMISSION + party.rank + invoke.op)
        return operation

    def _called(self, operation: Operation) -> None:
        party, invoke, now_ns = operation.party, operation.instruction, self._clock.now_ns
        row, is_known = self.receive(operation)
        if operation.outcome == Outcome.DONE:
            self._driver.step(party, InvokeAccepted(now_ns, invoke.op, is_known), row)
        else:
            self._driver.step(party, InvokeFailed(now_ns, invoke.op, OVER_LIMIT), row)

    def receive(self, operation: Operation) -> tuple[int, bool]:
        """A call reaches the platform, which takes it or refuses it (the operation's outcome).

        Returns its row, and whether it was for an invocation that the platform had already.
        """
        job, invoke = operation.party.job, operation.instruction
        invocation = None
        if job.failure is None and job.epochs.get(invoke.worker, 0) < invoke.epoch:
            invocation = Invocation(job, invoke.worker, invoke.epoch, invoke.task, invoke.versions, self._clock.now_ns)
            invocation.is_early, invocation.also = invoke.is_early, invoke.also
            if not self.deliver(invocation):
                operation.outcome = Outcome.THROTTLED
                job.counters.refusals += 1
                invocation = None
        row: int = operation.party.log.end(operation, self._clock.now_ns)
        if invocation:
            invocation.start.cause = row
        return row, invocation is None and operation.outcome == Outcome.DONE

    def receive_unanswered(self, operation: Operation) -> None:
        """A call reaches the platform; who called will not hear of it."""
        self.receive(operation)

    def deliver(self, invocation: Invocation, cause: int = NO_ROW) -> bool:
        """Hand an invocation to the pool; False if it is refused, and then it never was."""
        job, now_ns = invocation.job, self._clock.now_ns
        invocation.start = Operation(
            (self._started,), invocation, None, Kind.START, invocation.task, _NONE, now_ns, 0, cause
        )
        if not self._driver.pool.request(invocation):
            job.invocations.pop()
            return False
        former = job.live.get(invocation.worker)
        if former is not None:  # it was released, or is taken for dead, and has not heard of it
            job.strays[former.number] = former
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
        luck, task, copier = request.job.luck, request.task, copier_of(request, request.task)
        if cold:
            request.provisioned_ns = now_ns + luck.provisioning.ns(task, copier)
            start_ns = request.provisioned_ns + luck.init_ns(request.memory_mb, task, copier)
        else:
            start_ns = now_ns + luck.warm.ns(task, copier)
        request.start.alone_ns = start_ns - now_ns
        if self._chores:
            request.start.alone_ns += self._chores.start_alone_ns(instance, cold=cold)
            request.start.callbacks = (self._boots,)
        self._clock.after(start_ns - now_ns, END + request.rank, request.start)
        if self.perils:
            self.perils.starts(request.start)

    def _boots(self, operation: Operation) -> None:
        """What of a start is waiting is over; what is left is work."""
        invocation: Invocation = operation.party
        operation.callbacks = (self._started,)
        if invocation.ended_ns == NOT_YET and self._chores:
            self._chores.boot(invocation.instance, invocation.rank, operation, cold=invocation.cold)

    def _started(self, operation: Operation) -> None:
        invocation: Invocation = operation.party
        if invocation.ended_ns != NOT_YET:
            return  # it died on the way
        now_ns = self._clock.now_ns
        invocation.started_ns = now_ns
        invocation.started_row = invocation.log.end(operation, now_ns)
        invocation.start = None
        if invocation.job.failure is not None:
            self.finish(invocation, "stopped")
            return
        invocation.status = "running"
        if self._max_duration_ns is not None:
            invocation.kill = Happening(self.deaths.out_of_time, invocation)
            self._clock.after(self._max_duration_ns, TIMER + invocation.rank, invocation.kill)
        if self.perils:
            self.perils.runs(invocation)
        handed = not invocation.is_early
        event = Started(now_ns, (invocation.task,) * handed, (invocation.versions,) * handed, invocation.also)
        self._driver.step(invocation, event, invocation.started_row)

    # ends -------------------------------------------------------------------------------------------------

    def leave(self, party: Party, leave: Exit) -> None:
        """A machine is finished."""
        job = party.job
        if not isinstance(party, Invocation):
            if leave.status == "failed":
                self.give_up(job, leave.reason)
            self.look_whether_over(job)
            return
        self.finish(party, leave.status)
        if leave.status == "superseded":
            self._driver.give_up_operations(party)
        elif leave.status == "failed":
            self.deaths.failed(party, leave)

    def finish(self, invocation: Invocation, status: str) -> None:
        """The invocation ends; its instance is idle once everything else of this instant has ended."""
        self.close(invocation, status)
        self._clock.after(0, IDLE + invocation.rank, Happening(self._idle, invocation))

    def _idle(self, happening: Happening) -> None:
        self._driver.pool.finish(happening.about.instance)
        self.end_request(happening.about.job)

    def end_request(self, job: Job) -> None:
        """Something that was asked of the platform is over."""
        job.open_requests -= 1
        self.look_whether_over(job)

    def look_whether_over(self, job: Job) -> None:
        """Tell, once, that nothing of a job is left."""
        if job.client.machine.exited and not job.open_requests and not job.is_over:
            job.is_over = True
            if self._driver.finished:
                self._driver.finished(job)

    def close(self, invocation: Invocation, status: str) -> None:
        """The invocation is over, one way or another; what it still did is given up."""
        job = invocation.job
        if invocation.kill:
            invocation.kill.cancel()
        for doom in invocation.dooms:
            doom.cancel()
        invocation.status = status
        invocation.ended_ns = self._clock.now_ns
        invocation.machine = GONE
        if job.live.get(invocation.worker) is invocation:
            del job.live[invocation.worker]
        job.strays.pop(invocation.number, None)
        if self._driver.streams:
            self._driver.streams.leaves(invocation)

    def give_up(self, job: Job, reason: str) -> None:
        """The run has failed: stop everything that still runs."""
        job.failure = reason
        self.send_home(job, reason)
        self._driver.step(job.client, Stop(self._clock.now_ns, reason), NO_ROW)

    def send_home(self, job: Job, reason: str) -> None:
        """Stop every worker that still runs, with all that it was doing."""
        running = [each for each in (*job.live.values(), *job.strays.values()) if each.status == "running"]
        self._driver.give_up_operations(*running)
        for invocation in running:
            if invocation.status == "running":
                self._driver.step(invocation, Stop(self._clock.now_ns, reason), NO_ROW)
