"""Fates: what befalls the operations of one run, from the platform's rates and from a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from executor.faults.effects import Effect, Struck
from executor.faults.script import FaultScript
from executor.records.operations import Kind
from executor.worker.events import Started
from executor.worker.instructions import (
    CLIENT,
    Commit,
    Execute,
    Fetch,
    Invoke,
    Offer,
    Publish,
    ReadSets,
    Release,
    Subscribe,
    Upload,
)
from platforms.faults import FaultRates
from sim.copiers import attempt
from sim.draws import Cause, Seed
from sim.faults.chances import Chance, time_to_s
from sim.luck import Luck
from sim.setting import Setting

KIND_OF: Mapping[type, Kind] = {
    Fetch: Kind.FETCH,
    Execute: Kind.EXECUTE,
    Upload: Kind.UPLOAD,
    Commit: Kind.COMMIT,
    ReadSets: Kind.READ,
    Subscribe: Kind.READ,
    Release: Kind.READ,
    Invoke: Kind.INVOKE,
    Publish: Kind.NOTIFY,
    Offer: Kind.NOTIFY,
    Started: Kind.START,
}
"""What an instruction is in the log; a start is told of by its event."""


class Fates:
    """One run's faults. Which attempt an operation is, its luck knows (and the run, of executions)."""

    __slots__ = ("_chances", "_copy_runs", "_counts", "_executions", "_luck", "_rates", "_script", "_seed", "_slot_of")

    def __init__(
        self,
        seed: Seed,
        setting: Setting,
        luck: Luck,
        executions: Sequence[int],
        copy_runs: Mapping[tuple[int, int], int],
        script: FaultScript | None,
    ) -> None:
        self._seed = seed
        self._script = script
        self._counts: dict[tuple[Kind, int], int] = {}
        self._slot_of = setting.slot_of
        self._luck = luck
        self._executions = executions
        self._copy_runs = copy_runs
        self._rates = setting.platform.faults.rates
        self._chances = _chances(seed, setting, self._rates)

    def of(self, kind: Kind, instruction: Any, task: int, copier: int = 0) -> Struck | None:
        """What befalls an operation that begins now; None: nothing. The script goes before the rates.

        ``copier``: whose attempt it is (`sim.copiers`).
        """
        scripted = self.scripted(kind, task) if self._script else None
        if scripted is None and kind in self._chances:
            subject, tried = self._subject(kind, instruction, task, copier)
            for effect, chance in self._chances[kind]:
                part = chance.strikes(subject, tried + 1)
                if part is not None:
                    return Struck(effect if kind is Kind.NOTIFY else _either(effect, part), part)
        return scripted

    def _subject(self, kind: Kind, instruction: Any, task: int, copier: int) -> tuple[int, int]:
        """What an operation is about, by number, and how often that was tried before."""
        luck = self._luck
        match kind:
            case Kind.FETCH:
                slot = self._slot_of[task] + instruction.place
                return slot, luck.get.tried(slot, copier)
            case Kind.EXECUTE:
                runs = self._copy_runs.get((task, copier), 0)
                return task, attempt(copier, runs) if copier else self._executions[task]
            case Kind.UPLOAD:
                return instruction.object, luck.put.tried(instruction.object, copier)
            case Kind.COMMIT:
                return task, luck.commit.tried(task, copier)
            case Kind.READ:
                return task, luck.read.tried(task, copier)
            case Kind.INVOKE:
                return task, luck.call.tried(task, copier)
            case _ if instruction.worker == CLIENT:
                return len(self._executions) + task, luck.goal.tried(task)
            case _:
                return task, luck.notify.tried(task)

    def may_strike_first(self, kind: Kind) -> bool:
        """Whether a first attempt at any operation of a kind is struck, or the script has something for it."""
        scripted = self._script is not None and kind in self._script.kinds
        return scripted or any(chance.strikes_first for _, chance in self._chances.get(kind, ()))

    def scripted(self, kind: Kind, task: int) -> Struck | None:
        """What the script has for the next attempt at a task's operation."""
        attempts = self._script.of(kind, task) if self._script else None
        if attempts is None:
            return None
        count = self._counts[kind, task] = self._counts.get((kind, task), 0) + 1
        return attempts.get(count)

    def crash_s(self, task: int, epoch: int, copier: int = 0) -> float:
        """How long an invocation runs before its instance dies by itself."""
        return time_to_s(self._seed, Cause.CRASH, self._rates.crash_per_s, task, attempt(copier, epoch))

    def false_alarm_s(self, task: int, epoch: int, copier: int = 0) -> float:
        """How long an invocation runs before the platform takes it for dead."""
        return time_to_s(self._seed, Cause.FALSE_ALARM, self._rates.false_alarm_per_s, task, attempt(copier, epoch))


def struck_kinds(rates: FaultRates, script: FaultScript | None) -> frozenset[Kind]:
    """Kinds of operations that anything can befall."""
    by_rate = {kind for kind, causes in _CAUSES.items() if any(getattr(rates, name) for name, _, _ in causes)}
    return frozenset(by_rate | (script.kinds if script else frozenset()))


def _either(effect: Effect, part: float) -> Effect:
    """Of the requests that get no answer, one half was carried out."""
    return Effect.UNANSWERED if effect is Effect.LOSE and part < 0.5 else effect


_CAUSES: Mapping[Kind, tuple[tuple[str, Effect, Cause], ...]] = {
    Kind.EXECUTE: (("task_error", Effect.FAIL, Cause.TASK_ERROR),),
    Kind.FETCH: (("store_error", Effect.FAIL, Cause.GET_ERROR),),
    Kind.UPLOAD: (("store_error", Effect.FAIL, Cause.PUT_ERROR),),
    Kind.COMMIT: (("request_loss", Effect.LOSE, Cause.COMMIT_LOSS),),
    Kind.READ: (("request_loss", Effect.LOSE, Cause.READ_LOSS),),
    Kind.INVOKE: (
        ("request_loss", Effect.LOSE, Cause.CALL_LOSS),
        ("invocation_refusal", Effect.THROTTLE, Cause.CALL_REFUSAL),
    ),
    Kind.NOTIFY: (
        ("message_loss", Effect.LOSE, Cause.MESSAGE_LOSS),
        ("message_delay", Effect.LATE, Cause.MESSAGE_DELAY),
        ("message_duplication", Effect.DOUBLE, Cause.MESSAGE_DUPLICATION),
    ),
}
"""Rates by the kind of operation they are about."""


def _chances(seed: Seed, setting: Setting, rates: FaultRates) -> dict[Kind, tuple[tuple[Effect, Chance], ...]]:
    workflow = setting.workflow
    n_tasks = workflow.n_tasks
    sizes = {
        Kind.FETCH: int(workflow.inputs.indices.size),
        Kind.UPLOAD: workflow.n_objects,
        Kind.NOTIFY: 2 * n_tasks,  # to workers, then to the client
    }
    found = {}
    for kind, causes in _CAUSES.items():
        n = sizes.get(kind, n_tasks)
        chances = tuple(
            (effect, Chance(seed, cause, getattr(rates, name), n))
            for name, effect, cause in causes
            if getattr(rates, name)
        )
        if chances:
            found[kind] = chances
    return found
