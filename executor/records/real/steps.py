"""Steps: what each machine was told, what it asked for, and the rows of what it had done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from executor.faults.effects import TOO_MANY_REQUESTS
from executor.instance.records import Did
from executor.records.operations import Kind, Outcome
from executor.records.real.remains import RecordsError, Remains
from executor.records.real.rows import Row
from executor.worker.events import (
    ExecuteFailed,
    FetchFailed,
    InvokeFailed,
    OpLost,
    UploadFailed,
    WorkerEvent,
)
from executor.worker.instructions import (
    CLIENT,
    Commit,
    Execute,
    Fetch,
    Invoke,
    Prewarm,
    ReadSets,
    Release,
    SetTimer,
    Subscribe,
    Upload,
)

_KINDS: Mapping[type, Kind] = {
    Invoke: Kind.INVOKE,
    Fetch: Kind.FETCH,
    Execute: Kind.EXECUTE,
    Upload: Kind.UPLOAD,
    Commit: Kind.COMMIT,
    ReadSets: Kind.READ,
    Subscribe: Kind.READ,
    Release: Kind.READ,
    SetTimer: Kind.TIMER,
    Prewarm: Kind.PREWARM,
}
_FAILED = (ExecuteFailed, FetchFailed, UploadFailed)
ON_INSTANCE = (Fetch, Execute, Upload)


class Step:
    """One step of a machine. ``row`` is what caused it: None before that is known, and where nothing did."""

    __slots__ = ("event", "instructions", "number", "place", "row")

    def __init__(self, number: int, place: int, event: WorkerEvent, instructions: list[Any]) -> None:
        self.number = number
        self.place = place
        self.event = event
        self.instructions = instructions
        self.row: Row | None = None


class Asked:
    """An operation that a step asked for, and its rows: none if nobody knows how it ended; or one, mostly.

    There are two where it was carried out, and its machine heard that there was no answer.
    """

    __slots__ = ("instruction", "rows", "step")

    def __init__(self, step: Step, instruction: Any) -> None:
        self.step = step
        self.instruction = instruction
        self.rows: list[Row] = []


class Steps:
    """All steps of a run, and all that was asked for in them."""

    def __init__(self, remains: Remains) -> None:
        self.of: dict[int, list[Step]] = {
            number: [Step(number, place, frame.event, frame.instructions) for place, frame in enumerate(frames)]
            for number, frames in remains.steps.items()
        }
        self.asked: dict[tuple[int, int], Asked] = {}
        self._deeds = {(number, did.op): did for number, deeds in remains.deeds.items() for did in deeds if did.op}
        for step in self:
            for instruction in step.instructions:
                if type(instruction) in _KINDS:  # a cancellation names the operation of another
                    self.asked[step.number, instruction.op] = Asked(step, instruction)
        for step in self:
            if (op := getattr(step.event, "op", None)) is not None:
                self._end(step, op)

    def __iter__(self) -> Iterator[Step]:
        """Machine by machine, each in order."""
        for number in sorted(self.of):
            yield from self.of[number]

    @property
    def in_time(self) -> list[Step]:
        """All steps as they came; of one instant, in the order of their machines."""
        return sorted(self, key=lambda step: (step.event.time_ns, step.number, step.place))

    def end(self, number: int, asked: Asked, end_ns: int, outcome: Outcome) -> Row:
        """The row of an operation that ended, for its machine to hear of or not."""
        instruction = asked.instruction
        deed: Did | None = self._deeds.get((number, instruction.op))
        row = Row(
            _KINDS[type(instruction)],
            number,
            end_ns,
            op=instruction.op,
            task=_task_of(instruction),
            found=_found_in(instruction),
            outcome=outcome,
            deed=deed,
        )
        asked.rows.append(row)
        return row

    def _end(self, step: Step, op: int) -> None:
        """A machine hears of the end of something: that is what caused its step."""
        asked = self.asked.get((step.number, op))
        if asked is None:
            who = "the client" if step.number == CLIENT else f"invocation {step.number}"
            raise RecordsError(f"step {step.place} of {who}: operation {op} ended, and was never asked for")
        end_ns = step.event.time_ns
        deed = self._deeds.get((step.number, op))
        if deed is not None and isinstance(asked.instruction, Invoke):
            end_ns = min(end_ns, deed.end_ns)  # the platform took or refused it then
        step.row = self.end(step.number, asked, end_ns, _outcome_of(step.event, asked.instruction))


def _outcome_of(event: WorkerEvent, instruction: Any) -> Outcome:
    if isinstance(event, OpLost):
        return Outcome.LOST
    if isinstance(event, InvokeFailed):
        return Outcome.THROTTLED
    if not isinstance(event, _FAILED):
        return Outcome.DONE
    if isinstance(event, FetchFailed) and event.missing and instruction.chunks > 1:
        return Outcome.LOST
    return Outcome.THROTTLED if event.reason == TOO_MANY_REQUESTS else Outcome.FAILED


def _task_of(instruction: Any) -> int:
    """The task on whose account something is asked for; −1 for timers and prewarms."""
    if isinstance(instruction, Commit):
        return instruction.entries[-1].task
    task: int = getattr(instruction, "task", -1)
    return task


def _found_in(instruction: Any) -> int:
    """The object that is moved, or read ahead; −1 if none is."""
    if isinstance(instruction, Execute):
        return instruction.ahead[0] if instruction.ahead else -1
    found: int = getattr(instruction, "object", -1)
    return found
