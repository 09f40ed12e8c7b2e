"""The front: what the platform does with calls, from acceptance to the end of an invocation.

Invocations are idempotent by name (worker and epoch): a second call for one that was delivered is accepted and
forgotten. When an instance dies the platform delivers the invocation again, as the next epoch of the same worker,
up to its limit; then it tells the client.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from executor.records.operations import Kind
from executor.worker.events import InvocationLost, InvokeAccepted, InvokeFailed, Started, Stop, WorkerEvent
from executor.worker.instructions import Exit, Invoke, Prewarm
from platforms import Platform
from sim.clock import ADMISSION, END, IDLE, TIMER, Clock, Happening, to_ns
from sim.draws import Cause, Draws
from sim.instance import Instance
from sim.job import GONE, Invocation, Job, Party, Prewarming
from sim.operation import Operation
from sim.pool import Pool

_NONE = -1
_REFUSED = "over the platform's limit"


class Steps(Protocol):
    """What the front needs of the driver: time, the pool, and machines told of what happened."""

    clock: Clock
    pool: Pool
    cause: int
    finished: Callable[[Job], None] | None
    """Told of a job when its last invocation has ended."""

    def step(self, party: Party, event: WorkerEvent, row: int) -> None:
        """Tell a machine something, caused by the operation of ``row``."""


class Front:
    """Takes calls, starts invocations, ends them."""

    __slots__ = ("_clock", "_driver", "_max_duration_ns", "_platform", "_prewarm_draws")

    def __init__(self, driver: Steps, platform: Platform) -> None:
        self._driver = driver
        self._clock = driver.clock
        self._platform = platform
        limit_s = platform.limits.max_duration_s
        self._max_duration_ns = None if limit_s is None else to_ns(limit_s)
        self._prewarm_draws: dict[tuple[int, Cause, int], Draws] = {}

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
        return True

    def call_prewarm(self, party: Party, prewarm: Prewarm) -> None:
        """Somebody asks for an instance ahead of need."""
        now_ns = self._clock.now_ns
        prewarming = Prewarming(party.job, prewarm.memory_mb, now_ns)
        delay_ns = self._prewarm_ns(prewarming, Cause.PREWARM_CALL)
        operation = Operation(
            (self._called_prewarm,),
            party,
            (prewarm, prewarming),
            Kind.PREWARM,
            _NONE,
            _NONE,
            now_ns,
            delay_ns,
            self._driver.cause,
        )
        self._clock.after(delay_ns, ADMISSION + party.rank + prewarm.op, operation)

    def _called_prewarm(self, operation: Operation) -> None:
        party, (prewarm, prewarming) = operation.party, operation.instruction
        now_ns = self._clock.now_ns
        row = operation.party.log.end(operation, now_ns)
        prewarming.requested_ns = now_ns
        if self._driver.pool.request(prewarming):
            self._driver.step(party, InvokeAccepted(now_ns, prewarm.op), row)
        else:
            party.job.prewarmings.remove(prewarming)
            self._driver.step(party, InvokeFailed(now_ns, prewarm.op, _REFUSED), row)

    # starts -----------------------------------------------------------------------------------------------

    def admitted(self, request: Invocation | Prewarming, instance: Instance, cold: bool) -> None:
        """The pool gave an instance: it starts, cold or warm."""
        now_ns = self._clock.now_ns
        request.instance = instance
        request.admitted_ns = request.provisioned_ns = now_ns
        request.cold = cold
        if isinstance(request, Prewarming):
            self._admitted_prewarm(request)
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

    def _admitted_prewarm(self, prewarming: Prewarming) -> None:
        now_ns = self._clock.now_ns
        if prewarming.cold:
            provisioning_ns = self._prewarm_ns(prewarming, Cause.PREWARM_PROVISIONING)
            prewarming.provisioned_ns = now_ns + provisioning_ns
            start_ns = prewarming.provisioned_ns + self._prewarm_ns(prewarming, Cause.PREWARM_INIT)
        else:
            start_ns = now_ns + self._prewarm_ns(prewarming, Cause.PREWARM_WARM)
        self._clock.after(start_ns - now_ns, IDLE + prewarming.number, Happening(self._prewarmed, prewarming))

    def _prewarmed(self, happening: Happening) -> None:
        prewarming: Prewarming = happening.about
        prewarming.started_ns = prewarming.ended_ns = self._clock.now_ns
        self._driver.pool.finish(prewarming.instance)

    def _prewarm_ns(self, prewarming: Prewarming, cause: Cause) -> int:
        """A draw in the prewarms' own namespace, by their number in the run."""
        start, job = self._platform.start, prewarming.job
        key = (job.number, cause, prewarming.memory_mb)
        if key not in self._prewarm_draws:
            of, extra_s = {
                Cause.PREWARM_PROVISIONING: (start.provisioning_s, 0.0),
                Cause.PREWARM_INIT: start.init_of(prewarming.memory_mb),
                Cause.PREWARM_WARM: (start.warm_s, 0.0),
                Cause.PREWARM_CALL: (self._platform.invocation.call_s, 0.0),
            }[cause]
            n = sum(prewarm.count for prewarm in job.setting.plan.prewarms)
            self._prewarm_draws[key] = Draws((*job.luck.seed, job.number), cause, n, of, extra_s)
        return self._prewarm_draws[key].ns(prewarming.number)

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
        self._look_whether_over(happening.about.job)

    def _look_whether_over(self, job: Job) -> None:
        if job.client.machine.exited and not job.live and not job.is_over:
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
        self._deliver_again(invocation, f"killed at the maximum duration of {self._platform.limits.max_duration_s:g} s")
        self._look_whether_over(invocation.job)

    def _deliver_again(self, dead: Invocation, reason: str) -> None:
        """The next epoch of a dead invocation, or word to the client that there will be none."""
        job, now_ns = dead.job, self._clock.now_ns
        if job.failure is not None:
            return
        job.ledger.bury(dead.worker, dead.epoch)
        began_ns = dead.started_ns
        lost = Operation((), dead, None, Kind.LOST, dead.task, _NONE, began_ns, now_ns - began_ns, dead.started_row)
        row = dead.log.end(lost, now_ns)
        attempts = self._platform.limits.max_attempts
        following = Invocation(job, dead.worker, dead.epoch + 1, dead.task, dead.versions, now_ns)
        following.delivery = dead.delivery + 1
        if dead.delivery < attempts and self._deliver(following, row):
            return
        job.invocations.pop()
        name = job.setting.workflow.task_names[dead.task]
        worker = f"worker {job.worker_name(dead.worker)} (invoked for task {name})"
        why = f"{worker}, attempt {dead.delivery} of {attempts}: {reason}"
        self._driver.step(job.client, InvocationLost(now_ns, dead.worker, dead.epoch, why), row)

    def give_up(self, job: Job, reason: str) -> None:
        """The run has failed: stop everything that still runs."""
        job.failure = reason
        for invocation in list(job.live.values()):
            if invocation.status == "running":
                self._driver.step(invocation, Stop(self._clock.now_ns, reason), _NONE)
