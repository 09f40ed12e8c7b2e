"""Prewarms: ordinary invocations that do nothing, so that an instance idles where one will be wanted."""

from __future__ import annotations

from collections.abc import Callable

from executor.records.operations import Kind, Outcome
from executor.worker.events import InvokeAccepted, InvokeFailed
from executor.worker.instructions import Prewarm
from sim.chores import Chores
from sim.clock import ADMISSION, IDLE, Happening
from sim.draws import Cause, Draws
from sim.job import Job, Party, Prewarming
from sim.operation import Operation
from sim.steps import OVER_LIMIT, Steps

_NONE = -1


class Prewarms:
    """Takes a client's wishes for instances, and lets each go as soon as it is up."""

    __slots__ = ("_chores", "_clock", "_driver", "_look_whether_over")

    def __init__(self, driver: Steps, look_whether_over: Callable[[Job], None], chores: Chores | None) -> None:
        self._chores = chores
        self._driver = driver
        self._clock = driver.clock
        self._look_whether_over = look_whether_over

    def call(self, party: Party, prewarm: Prewarm) -> None:
        """Somebody asks for an instance ahead of need."""
        now_ns, job = self._clock.now_ns, party.job
        prewarming = Prewarming(job, prewarm.memory_mb, now_ns)
        delay_ns = self._draw_ns(prewarming, Cause.PREWARM_CALL)
        about, cause = (prewarm, prewarming), self._driver.cause
        operation = Operation((self._called,), party, about, Kind.PREWARM, _NONE, _NONE, now_ns, delay_ns, cause)
        job.open_requests += 1
        self._driver.pool.door.take(operation, delay_ns, ADMISSION + party.rank + prewarm.op)

    def _called(self, operation: Operation) -> None:
        party, (prewarm, prewarming) = operation.party, operation.instruction
        now_ns, job = self._clock.now_ns, party.job
        prewarming.requested_ns = now_ns
        if self._driver.pool.request(prewarming):
            self._driver.step(party, InvokeAccepted(now_ns, prewarm.op), party.log.end(operation, now_ns))
            return
        job.prewarmings.remove(prewarming)
        job.counters.refusals += 1
        operation.outcome = Outcome.THROTTLED
        self._driver.step(party, InvokeFailed(now_ns, prewarm.op, OVER_LIMIT), party.log.end(operation, now_ns))
        self._ended(job)

    def start(self, prewarming: Prewarming) -> None:
        """The pool gave it an instance."""
        now_ns = self._clock.now_ns
        if prewarming.cold:
            prewarming.provisioned_ns = now_ns + self._draw_ns(prewarming, Cause.PREWARM_PROVISIONING)
            start_ns = prewarming.provisioned_ns + self._draw_ns(prewarming, Cause.PREWARM_INIT)
        else:
            start_ns = now_ns + self._draw_ns(prewarming, Cause.PREWARM_WARM)
        rank = IDLE + prewarming.job.client.rank + prewarming.number
        act = self._boots if self._chores else self._up
        self._clock.after(start_ns - now_ns, rank, Happening(act, prewarming, rank))

    def _boots(self, happening: Happening) -> None:
        """What of a start is waiting is over; what is left is work."""
        prewarming: Prewarming = happening.about
        assert self._chores
        done = Happening(self._up, prewarming)
        self._chores.boot(prewarming.instance, happening.detail, done, cold=prewarming.cold)

    def _up(self, happening: Happening) -> None:
        prewarming: Prewarming = happening.about
        prewarming.started_ns = prewarming.ended_ns = self._clock.now_ns
        self._driver.pool.finish(prewarming.instance)
        self._ended(prewarming.job)

    def _ended(self, job: Job) -> None:
        job.open_requests -= 1
        self._look_whether_over(job)

    @staticmethod
    def _draw_ns(prewarming: Prewarming, cause: Cause) -> int:
        """A draw in the prewarms' own namespace, by their number in the run."""
        job, memory_mb = prewarming.job, prewarming.memory_mb
        key = (cause, memory_mb)
        if key not in job.prewarm_draws:
            platform = job.setting.platform
            start = platform.start
            of, extra_s = {
                Cause.PREWARM_PROVISIONING: (start.provisioning_s, 0.0),
                Cause.PREWARM_INIT: start.init_of(memory_mb),
                Cause.PREWARM_WARM: (start.warm_s, 0.0),
                Cause.PREWARM_CALL: (platform.invocation.call_s, 0.0),
            }[cause]
            n = sum(prewarm.count for prewarm in job.setting.plan.prewarms)
            job.prewarm_draws[key] = Draws((*job.luck.seed, job.number), cause, n, of, extra_s)
        return job.prewarm_draws[key].ns(prewarming.number)
