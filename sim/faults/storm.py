"""The storm: carries out what fates decree, in place of what the driver would do.

Only kinds of operations that something can befall pass through here; all others cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from executor.faults.effects import DURING, TOO_MANY_REQUESTS, Effect, Struck
from executor.records.operations import Kind, Outcome
from executor.worker.events import Executed, ExecuteFailed, InvokeFailed, OpLost
from executor.worker.instructions import Commit, Execute, Fetch, Invoke, Offer, Publish, Upload
from platforms import Platform
from sim.answers import answer
from sim.clock import TIMER, Clock, Happening, to_ns
from sim.copiers import callee, copier_of
from sim.executions import Executions
from sim.faults.fates import KIND_OF
from sim.front import Front
from sim.job import Invocation, Job, Party
from sim.operation import Operation

_NONE = -1
Carry = Callable[[Any, Any], Any]


class Carrier(Protocol):
    """What is needed of the driver."""

    clock: Clock
    front: Front
    executions: Executions
    cause: int
    carry_out: dict[type, Carry]

    def end(self, operation: Operation) -> None:
        """An operation came to its end: its machine is told."""

    def notified(self, operation: Operation) -> None:
        """A message arrives, if there is somebody to hear it."""

    def deny(self, invocation: Invocation, transfer: Fetch | Upload, reason: str, outcome: int) -> Operation:
        """The store takes its latency to say no."""

    def send(
        self,
        party: Party,
        publish: Publish | Offer,
        act: tuple[Callable[[Operation], None]],
        more_ns: int,
        outcome: int,
    ) -> Operation:
        """A message is under way."""


class Storm:
    """Faults of one simulation, carried out in the driver's place."""

    __slots__ = ("_asleep", "_driver", "_effects", "_kinds", "_late_ns", "_straggles", "_timeout_ns", "_usual")

    def __init__(self, driver: Carrier, platform: Platform) -> None:
        self._driver = driver
        self._usual = dict(driver.carry_out)
        self._kinds: frozenset[Kind] = frozenset()
        self._asleep: frozenset[Kind] = frozenset()
        self._late_ns = to_ns(platform.faults.late_s)
        self._timeout_ns = to_ns(platform.faults.timeout_s)
        self._straggles = platform.noise.straggler_factor
        self._effects: dict[Effect, Callable[[Any, Any, Struck], None]] = {
            Effect.FAIL: self._fail,
            Effect.THROTTLE: self._throttle,
            Effect.SLOW: self._slow,
            Effect.LOSE: self._lose,
            Effect.UNANSWERED: self._unanswered,
            Effect.LATE: self._late,
            Effect.DOUBLE: self._double,
            Effect.CRASH: self._crash,
            Effect.FALSE_ALARM: self._false_alarm,
        }

    def gather(self, kinds: frozenset[Kind]) -> None:
        """From now on operations of these kinds are carried out by fate."""
        self._kinds = kinds
        self._driver.carry_out.update(
            {
                type_: partial(self._carry_out, KIND_OF[type_], usual)
                for type_, usual in self._usual.items()
                if KIND_OF.get(type_) in kinds
            }
        )

    def rest(self, job: Job) -> None:
        """Only one job runs: what cannot befall it before something else did need not pass through here until then.

        Where no first attempt is struck, nothing is before there are second ones; of reads there are some anyway, and
        of commits where a worker releases. An attempt of a copy is never a first one.
        """
        if job.setting.copiers:
            return
        repeated = {Kind.READ, Kind.INVOKE} | (set() if all(job.setting.view.hold) else {Kind.COMMIT})
        self._asleep = frozenset(kind for kind in self._kinds - repeated if not job.fates.may_strike_first(kind))
        self._driver.carry_out.update(
            {type_: usual for type_, usual in self._usual.items() if KIND_OF.get(type_) in self._asleep}
        )

    def wake(self) -> None:
        """Something went wrong: from now on there may be second attempts at anything."""
        if self._asleep:
            self._asleep = frozenset()
            self.gather(self._kinds)

    def _carry_out(self, kind: Kind, usual: Carry, party: Party, instruction: Any) -> None:
        task = _task_of(instruction)
        struck = party.job.fates.of(kind, instruction, task, _copier(party, instruction, task))
        if struck is None:
            usual(party, instruction)
        else:
            self.wake()
            self._effects[struck.effect](party, instruction, struck)

    # what fails -------------------------------------------------------------------------------------------

    def _fail(self, invocation: Invocation, instruction: Execute | Fetch | Upload, struck: Struck) -> None:
        if isinstance(instruction, Execute):
            told = partial(_execution_failed, "the function failed")
            self._driver.executions.begin_part(invocation, instruction, struck.part, told, Outcome.FAILED)
        else:
            self._driver.deny(invocation, instruction, "the store failed", Outcome.FAILED)

    def _throttle(self, party: Any, instruction: Invoke | Fetch | Upload, struck: Struck) -> None:
        if isinstance(instruction, Invoke):
            self._driver.front.send(party, instruction, self._refused, Outcome.THROTTLED)
        else:
            self._driver.deny(party, instruction, TOO_MANY_REQUESTS, Outcome.THROTTLED)

    def _refused(self, operation: Operation) -> None:
        operation.told = partial(_call_refused, "the platform refused it")
        operation.party.job.counters.refusals += 1
        self._driver.end(operation)

    def _slow(self, invocation: Invocation, execute: Execute, struck: Struck) -> None:
        self._driver.executions.begin_part(invocation, execute, self._straggles, Executed, Outcome.DONE)

    # what is lost -----------------------------------------------------------------------------------------

    def _lose(self, party: Party, instruction: Any, struck: Struck) -> None:
        if isinstance(instruction, Publish | Offer):
            self._driver.send(party, instruction, (_only_noted,), 0, Outcome.LOST)
        else:
            self._never_arrives(party, instruction)
            self._wait_in_vain(party, instruction)

    @staticmethod
    def _never_arrives(party: Party, request: Any) -> None:
        """It is an attempt all the same: its luck is spent."""
        luck = party.job.luck
        draws = {Kind.COMMIT: luck.commit, Kind.READ: luck.read, Kind.INVOKE: luck.call}
        task = _task_of(request)
        draws[KIND_OF[type(request)]].ns(task, _copier(party, request, task))

    def _unanswered(self, party: Party, request: Any, struck: Struck) -> None:
        """It is carried out, but nobody hears of it."""
        if isinstance(request, Invoke):
            self._driver.front.send(party, request, self._driver.front.receive_unanswered)
        else:
            self._usual[type(request)](party, request).callbacks = (self._carried_out,)
        self._wait_in_vain(party, request)

    def _carried_out(self, operation: Operation) -> None:
        now_ns, party = self._driver.clock.now_ns, operation.party
        answer(party, operation.instruction, now_ns, party.log.end(operation, now_ns))

    def _wait_in_vain(self, party: Party, request: Any) -> None:
        kind, clock = KIND_OF[type(request)], self._driver.clock
        task, told = _task_of(request), partial(_lost, "no answer")
        operation = Operation(
            (self._driver.end,),
            party,
            request,
            kind,
            task,
            _NONE,
            clock.now_ns,
            self._timeout_ns,
            self._driver.cause,
            told,
            Outcome.LOST,
        )
        clock.after(self._timeout_ns, TIMER + party.rank + request.op, operation)

    def _late(self, party: Party, publish: Publish | Offer, struck: Struck) -> None:
        self._driver.send(party, publish, (self._driver.notified,), self._late_ns, Outcome.DONE)

    def _double(self, party: Party, publish: Publish | Offer, struck: Struck) -> None:
        for _ in range(2):
            self._usual[type(publish)](party, publish)

    # what dies --------------------------------------------------------------------------------------------

    def _crash(self, party: Party, instruction: Any, struck: Struck) -> None:
        self._after_part(self._usual[type(instruction)](party, instruction), struck)

    _false_alarm = _crash

    def _after_part(self, operation: Operation, struck: Struck) -> None:
        """Something befalls whose operation it is when a part of what it takes alone has passed."""
        invocation = operation.party
        if isinstance(invocation, Invocation):
            self._befall(invocation, struck.effect, round(struck.part * operation.alone_ns), operation.kind)

    def _befall(self, invocation: Invocation, effect: Effect, delay_ns: int, kind: int | None = None) -> None:
        during = "" if kind is None else f" during a {_WORDS[Kind(kind)]}"
        act = self._dies if effect is Effect.CRASH else self._is_presumed_dead
        doom = Happening(act, invocation, during)
        invocation.dooms.append(doom)
        self._driver.clock.after(delay_ns, TIMER + invocation.rank, doom)

    def _dies(self, happening: Happening) -> None:
        self._driver.front.deaths.crash(happening.about, f"its instance died{happening.detail}")

    def _is_presumed_dead(self, happening: Happening) -> None:
        self.wake()
        self._driver.front.deaths.presume(happening.about, f"taken for dead{happening.detail}")

    def starts(self, operation: Operation) -> None:
        """An invocation's start has begun."""
        struck = operation.party.job.fates.scripted(Kind.START, operation.task)
        if struck is not None:
            self._after_part(operation, struck)

    def runs(self, invocation: Invocation) -> None:
        """An invocation's handler runs: it may die, or be taken for dead, at any moment."""
        fates, task, epoch = invocation.job.fates, invocation.task, invocation.epoch
        copier = copier_of(invocation, task)
        for effect, after_s in (
            (Effect.CRASH, fates.crash_s(task, epoch, copier)),
            (Effect.FALSE_ALARM, fates.false_alarm_s(task, epoch, copier)),
        ):
            if after_s < _LONGEST_S:
                self._befall(invocation, effect, to_ns(after_s))


_LONGEST_S = 10 * 366 * 86_400.0
"""No invocation lasts ten years: what is to befall it later need not be waited for."""
_WORDS = {kind: word for word, kind in DURING.items()}


def _task_of(instruction: Any) -> int:
    """The task on whose account an instruction is given."""
    task: int = instruction.entries[-1].task if isinstance(instruction, Commit) else instruction.task
    return task


def _copier(party: Party, instruction: Any, task: int) -> int:
    if isinstance(instruction, Invoke):
        return callee(party, instruction.worker, task)
    return copier_of(party, task)


def _only_noted(operation: Operation) -> None:
    """A message that nobody hears."""
    operation.party.log.end(operation, operation.begin_ns + operation.alone_ns)


def _execution_failed(reason: str, now_ns: int, op: int) -> ExecuteFailed:
    return ExecuteFailed(now_ns, op, reason)


def _call_refused(reason: str, now_ns: int, op: int) -> InvokeFailed:
    return InvokeFailed(now_ns, op, reason)


def _lost(reason: str, now_ns: int, op: int) -> OpLost:
    return OpLost(now_ns, op, reason)
