"""The front: what the platform does with calls, from their coming to the end of an invocation.

Invocations are idempotent by name (worker and epoch): a second call for one that was delivered is accepted and
forgotten. All of it happens in the loop's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from executor.instance.messages import Answered, Deliver, Halt, Left, Nothing
from executor.local.clock import NS_PER_S, now_ns
from executor.local.floors import Floors
from executor.local.instance import LocalInstance
from executor.local.journal import Ended, Taken
from executor.local.loop import Loop
from executor.local.requests import AnyRequest, Caller, Invocation, Job, Prewarming
from executor.pool.pool import Pool
from executor.worker.instructions import Invoke
from platforms import Platform

OVER_LIMIT: Final = "over the platform's limit"
_AT_ONCE_NS: Final = 20_000
"""What is due so soon is done now."""
_STOPS_WITHIN_NS: Final = 5 * NS_PER_S
"""Beyond its own grace; who has not stopped by then is ended."""


class Mourner(Protocol):
    """What is done about failures."""

    def failed(self, invocation: Invocation) -> None:
        """A worker left because it could not go on."""

    def bring_back(self, job: Job, dead: Taken) -> None:
        """Deliver again what was cut short with a former attempt."""


class Front:
    """Takes calls, starts invocations, ends them."""

    def __init__(self, platform: Platform, loop: Loop, floors: Floors, pool: Callable[[], Pool[LocalInstance]]) -> None:
        self._loop = loop
        self._floors = floors
        self._pool_of = pool
        self._most_s = platform.limits.max_duration_s
        self.mourner: Mourner | None = None
        self.deployment = 0
        """Which state of the user's code is the present one."""

    @property
    def pool(self) -> Pool[LocalInstance]:
        """The instances."""
        return self._pool_of()

    # calls ------------------------------------------------------------------------------------------------

    def call(self, job: Job, caller: Caller, op: int, invoke: Invoke) -> None:
        """Somebody calls for a worker: the platform has the call when it has taken as long as it declares."""
        job.moved_ns = now_ns()
        self.do_at(job.moved_ns + self._floors.call_ns(), lambda: self._called(job, caller, op, invoke))

    def _called(self, job: Job, caller: Caller, op: int, invoke: Invoke) -> None:
        now = now_ns()
        is_known = job.failure is not None or job.epochs.get(invoke.worker, 0) >= invoke.epoch
        accepted = is_known
        if not is_known:
            invocation = Invocation(
                job, invoke.worker, invoke.epoch, invoke.task, invoke.versions, now,
                is_early=invoke.is_early, also=invoke.also,
            )  # fmt: skip
            invocation.caller, invocation.op = caller.number, op
            accepted = self.deliver(invocation)
            job.refusals += not accepted
        caller.answer(Answered(op, accepted, is_known, "" if accepted else OVER_LIMIT, now, caller.number))

    def deliver(self, invocation: Invocation) -> bool:
        """Hand an invocation to the pool; False if it is refused, and then it never was."""
        job = invocation.job
        job.open_requests += 1
        former = job.epochs.get(invocation.worker), job.live.get(invocation.worker)
        job.epochs[invocation.worker], job.live[invocation.worker] = invocation.epoch, invocation
        if self.pool.request(invocation):
            job.journal.write(
                Taken(
                    invocation.number, invocation.worker, invocation.epoch, invocation.task, invocation.versions,
                    invocation.is_early, invocation.also,
                )
            )  # fmt: skip
            return True
        job.epochs[invocation.worker], job.live[invocation.worker] = former  # type: ignore[assignment]
        for known in (job.epochs, job.live):
            if known[invocation.worker] is None:
                del known[invocation.worker]
        job.invocations.pop()
        job.open_requests -= 1
        return False

    def prewarm(self, job: Job, caller: Caller, op: int, memory_mb: int) -> None:
        """Somebody asks for an instance ahead of need."""
        job.moved_ns = now_ns()
        self.do_at(job.moved_ns + self._floors.call_ns(), lambda: self._asked(job, caller, op, memory_mb))

    def _asked(self, job: Job, caller: Caller, op: int, memory_mb: int) -> None:
        now = now_ns()
        prewarming = Prewarming(job, memory_mb, now)
        prewarming.caller, prewarming.op = caller.number, op
        job.open_requests += 1
        accepted = job.failure is None and self.pool.request(prewarming)
        if not accepted:
            job.prewarmings.pop()
            job.open_requests -= 1
            job.refusals += 1
        caller.answer(Answered(op, accepted, False, "" if accepted else OVER_LIMIT, now, caller.number))

    # starts -----------------------------------------------------------------------------------------------

    def admitted(self, request: AnyRequest, instance: LocalInstance, cold: bool) -> None:
        """The pool gave an instance: it starts, cold or warm."""
        now = now_ns()
        request.job.moved_ns = now
        request.instance, request.cold = instance, cold
        request.admitted_ns = request.provisioned_ns = now
        request.begun_cpu_ns = instance.cpu_ns
        request.status = "starting"
        if instance.process:
            request.job.heard.setdefault(instance.serial, instance.process.n_said)
        instance.serving = request
        instance.deliver_ns = None if cold else now + self._floors.warm_ns()
        if instance.up is not None or instance.process is None:
            self.go_on(instance)

    def go_on(self, instance: LocalInstance) -> None:
        """An instance is up: whom it serves is handed over, as soon as the platform's times allow."""
        request = instance.serving
        if instance.process is None:
            self._loop.call(lambda: self._never_started(instance))
            return
        if request is None or instance.up is None:
            return
        assert isinstance(request, Invocation | Prewarming)
        if request.cold and instance.deliver_ns is None:
            provisioned_ns = request.admitted_ns + self._floors.provisioning_ns()
            request.provisioned_ns = max(instance.up.booted_ns, provisioned_ns)
            instance.deliver_ns = request.provisioned_ns + self._floors.init_ns(request.memory_mb)
        self.do_at(instance.deliver_ns or 0, lambda: self._hand_over(instance, request))

    def _hand_over(self, instance: LocalInstance, request: AnyRequest) -> None:
        process, job = instance.process, request.job
        if instance.serving is not request or process is None:
            return  # it died on the way
        if job.failure is not None:
            request.started_ns = now_ns()
            self.end(request, "stopped", job.failure, now_ns())
            return
        request.is_handed_over = True
        if isinstance(request, Prewarming):
            request.started_ns = now_ns()
            self._send(instance, Nothing())
            return
        if instance.hold:
            instance.hold.begin()
        instance.loads(job.deployment)
        self._send(instance, Deliver(job.run, request.number, request.worker, request.epoch, request.handed))

    def _never_started(self, instance: LocalInstance) -> None:
        """The system would not start a process."""
        request = instance.serving
        assert isinstance(request, Invocation | Prewarming)
        self.lose(instance, request, instance.why_not)

    def running(self, invocation: Invocation, at_ns: int) -> None:
        """Its machine was started."""
        invocation.started_ns, invocation.status = at_ns, "running"
        invocation.job.moved_ns = now_ns()
        if self._most_s is not None:
            due_ns = at_ns + round(self._most_s * NS_PER_S)
            invocation.limit = self._loop.at(due_ns, lambda: self._out_of_time(invocation))

    def bring_back(self, job: Job, dead: Taken) -> None:
        """Deliver again what was cut short with a former attempt at the run."""
        if self.mourner:
            self.mourner.bring_back(job, dead)

    def _out_of_time(self, invocation: Invocation) -> None:
        """The platform ends what runs for too long."""
        self.doom(invocation, f"killed at the maximum duration of {self._most_s:g} s")

    # ends -------------------------------------------------------------------------------------------------

    def doom(self, invocation: Invocation, reason: str) -> None:
        """End an invocation's instance; that it is gone will be noticed like any death."""
        instance = invocation.instance
        if instance is not None and instance.serving is invocation and instance.process:
            invocation.doom = reason
            instance.end(now_ns())

    def left(self, request: AnyRequest, left: Left) -> None:
        """An invocation is over, as its instance says."""
        instance = request.instance
        assert instance
        has_failed = isinstance(request, Invocation) and left.status == "failed"
        request.job.open_requests += has_failed
        if isinstance(request, Invocation):
            request.failed_task = left.task
        self.end(request, left.status, left.reason, left.at_ns, stays=left.stays)
        if isinstance(request, Invocation) and has_failed and self.mourner:
            self.mourner.failed(request)

    def end(self, request: AnyRequest, status: str, reason: str, at_ns: int, *, stays: bool = True) -> None:
        """A request is over, and its instance idle, unless that is no longer to be used."""
        instance = request.instance
        assert instance
        request.status, request.reason, request.ended_ns = status, reason, at_ns
        request.cpu_ns = instance.cpu_ns - request.begun_cpu_ns
        request.job.moved_ns = now_ns()
        if isinstance(request, Invocation):
            self._close(request)
        instance.serving = None
        if stays and not instance.is_outdated(self.deployment):
            if instance.hold:
                instance.hold.rest()
            self.pool.finish(instance)
        else:
            self.pool.kill(instance)
        self.end_request(request.job)

    def _close(self, invocation: Invocation) -> None:
        job = invocation.job
        if invocation.limit:
            invocation.limit.cancel()
        if job.live.get(invocation.worker) is invocation:
            del job.live[invocation.worker]
        job.journal.write(Ended(invocation.number, invocation.status))

    def lose(self, instance: LocalInstance, request: AnyRequest, reason: str) -> None:
        """The instance that serves a request is gone. `end_request` is still to be said, once that is dealt with."""
        request.status, request.reason, request.ended_ns = "killed", reason, now_ns()
        request.cpu_ns = instance.cpu_ns - request.begun_cpu_ns
        request.job.moved_ns = now_ns()
        if request.provisioned_ns > request.ended_ns:
            request.provisioned_ns = -1
        if isinstance(request, Invocation):
            self._close(request)
        instance.serving = None
        self.pool.kill(instance)
        if isinstance(request, Invocation) and self.mourner:
            request.job.open_requests += 1
            self.mourner.failed(request)
        self.end_request(request.job)

    def end_request(self, job: Job) -> None:
        """Something that was asked of the platform is over."""
        job.open_requests -= 1
        self.look_whether_over(job)

    def look_whether_over(self, job: Job) -> None:
        """Tell, once, that nothing of a job is left."""
        if job.client_status and not job.open_requests and not job.is_over:
            job.is_over = True
            job.over()

    def give_up(self, job: Job, reason: str) -> None:
        """The run has failed, or is over: stop everything that still runs, and what waits."""
        job.failure = job.failure or reason
        if not job.client_status:
            job.stop_client(reason)
        waiting = [invocation for invocation in job.live.values() if invocation.instance is None]
        warming = [prewarming for prewarming in job.prewarmings if prewarming.status == "waiting"]
        self.pool.withdraw(lambda request: request.job is job)
        for request in (*waiting, *warming):
            request.status, request.reason, request.ended_ns = "stopped", reason, now_ns()
            job.open_requests -= 1
        for invocation in waiting:
            self._close(invocation)
        self.send_home(job, reason)
        self.look_whether_over(job)

    def send_home(self, job: Job, reason: str) -> None:
        """Stop every invocation that was handed over; who does not stop is ended."""
        for invocation in job.invocations:
            instance = invocation.instance
            if invocation.is_handed_over and instance is not None and instance.serving is invocation:
                self._send(instance, Halt(reason))
                self._loop.at(now_ns() + _STOPS_WITHIN_NS, lambda late=invocation: self.doom(late, reason))  # type: ignore[misc]

    # ------------------------------------------------------------------------------------------------------

    def do_at(self, due_ns: int, act: Callable[[], None]) -> None:
        """Do something at a time: now, if that has passed."""
        if due_ns <= now_ns() + _AT_ONCE_NS:
            act()
        else:
            self._loop.at(due_ns, act)

    def _send(self, instance: LocalInstance, message: Deliver | Halt | Nothing) -> None:
        assert instance.process
        instance.process.send(message)
