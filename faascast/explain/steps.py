"""Steps: a critical path for people, with runs of like segments as one."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from executor.records.critical_path import Segment, WaitCause, segments_of
from executor.records.operations import Kind
from executor.records.run import Run

CLIENT = "client"
_IN_VAIN = (WaitCause.RETRY, WaitCause.THROTTLE)
_TRIED = (Kind.INVOKE, Kind.FETCH, Kind.EXECUTE, Kind.UPLOAD, Kind.COMMIT, Kind.READ)
_LAST = 6
"""Operations of a worker that are told of when it was given up."""


@dataclass(frozen=True, slots=True)
class Step:
    """Consecutive segments of one kind on one worker; ``parts`` are their causes and add up to its length.

    Times are since the submission.
    """

    kind: Kind
    begin_ns: int
    end_ns: int
    parts: tuple[tuple[WaitCause, int], ...]
    worker: str
    """Who did it, or was started; `client` for the client."""
    instance: int
    """Where; −1 for the client."""
    n: int
    """How many operations were folded into it."""
    task: str
    """The task that it was on account of, of several the last; empty if there was none."""
    says: str
    """What happened, in words that follow the worker's name."""

    @property
    def length_ns(self) -> int:
        """How much of the makespan it is."""
        return self.end_ns - self.begin_ns

    @property
    def cause(self) -> WaitCause:
        """The cause of most of it."""
        return max(self.parts, key=lambda part: part[1])[0]


def steps_of(run: Run, path: Sequence[Segment]) -> tuple[Step, ...]:
    """The steps of a run's critical path, in time order and without a gap."""
    fold = _Fold(run, path[0].begin_ns if path else 0)
    return tuple(fold.step(list(alike)) for _, alike in groupby(path, key=fold.likeness))


def last_steps(run: Run) -> tuple[Step, ...]:
    """What the worker that the platform gave up did last, in its last delivery; empty if no worker was given up."""
    if run.lost_invocation is None:
        return ()
    rows = np.flatnonzero(run.operations["invocation"] == run.lost_invocation)
    kinds = run.operations["kind"][rows]
    last = rows[kinds != Kind.LOST][-_LAST:].tolist()
    fold = _Fold(run, int(run.operations["begin_ns"].min()))
    return tuple(fold.step(list(segments_of(run.operations, run.invocations, row))) for row in last)


class _Fold:
    """Names for the numbers of one run's segments, and what makes two of them alike."""

    def __init__(self, run: Run, submitted_ns: int) -> None:
        self._submitted_ns = submitted_ns
        self._workflow = run.workflow
        self._worker: list[str] = run.invocations["worker"].tolist()
        self._instance: list[int] = run.invocations["instance"].tolist()
        self._start: list[str] = run.invocations["start"].tolist()

    def likeness(self, segment: Segment) -> tuple[Kind, int, int, bool]:
        """Kind, invocation, of what is computed the function, and whether it was in vain."""
        computes = segment.kind is Kind.EXECUTE and segment.task >= 0
        function = int(self._workflow.task_function[segment.task]) if computes else -1
        return segment.kind, segment.invocation, function, segment.cause in _IN_VAIN

    def step(self, alike: list[Segment]) -> Step:
        """Several segments as one."""
        first, last = alike[0], alike[-1]
        parts: dict[WaitCause, int] = {}
        for segment in alike:
            parts[segment.cause] = parts.get(segment.cause, 0) + segment.length_ns
        n_operations = len({(segment.task, segment.object) for segment in alike})
        return Step(
            kind=first.kind,
            begin_ns=first.begin_ns - self._submitted_ns,
            end_ns=last.end_ns - self._submitted_ns,
            parts=tuple(parts.items()),
            worker=self._worker[first.invocation] if first.invocation >= 0 else CLIENT,
            instance=self._instance[first.invocation] if first.invocation >= 0 else -1,
            n=n_operations,
            task=self._workflow.task_names[last.task] if last.task >= 0 else "",
            says=self._says_whether_in_vain(alike, n_operations),
        )

    def _says_whether_in_vain(self, alike: list[Segment], n: int) -> str:
        said = self._says(alike, n)
        return f"{said}, in vain" if alike[-1].cause in _IN_VAIN and alike[-1].kind in _TRIED else said

    def _says(self, alike: list[Segment], n: int) -> str:
        last = alike[-1]
        task = self._workflow.task_names[last.task] if last.task >= 0 else ""
        found = self._workflow.object_names[last.object] if last.object >= 0 else ""
        match last.kind:
            case Kind.INVOKE:
                return f"calls for {task}" if n == 1 else f"makes {n} calls, the last for {task}"
            case Kind.START:
                return f"starts {self._start[last.invocation]} on instance {self._instance[last.invocation]}"
            case Kind.FETCH:
                return f"fetches {found}" if n == 1 else f"fetches {n} objects, the last {found}"
            case Kind.EXECUTE:
                function = self._workflow.functions[self._workflow.task_function[last.task]]
                return f"runs {task}" if n == 1 else f"runs {n} × {function}, the last {task}"
            case Kind.UPLOAD:
                return f"uploads {found}" if n == 1 else f"uploads {n} objects, the last {found}"
            case Kind.COMMIT:
                return f"commits {task}" if n == 1 else f"commits {n} times, the last {task}"
            case Kind.READ:
                return f"reads what {task} waits for"
            case Kind.NOTIFY:
                return f"gives word of {task}"
            case Kind.TIMER:
                return "waits to try again" if last.cause in _IN_VAIN else "waits for word"
            case Kind.PREWARM:
                return "asks for an instance ahead of need"
            case Kind.LOST:
                return "is lost with its instance"
            case Kind.TAIL:
                return f"runs {task} to its end, on the last chunk of {found}"


def abridged(steps: Sequence[Step], most: int) -> list[Step | tuple[Step, ...]]:
    """The steps in order, in at most ``most`` entries if that can be: the shorter gathered between the longer."""
    if len(steps) <= most:
        return list(steps)
    by_length = sorted(range(len(steps)), key=lambda i: (-steps[i].length_ns, i))
    for n_shown in range(most - 1, 1, -1):
        entries = _gathered(steps, set(by_length[:n_shown]))
        if len(entries) <= most:
            return entries
    return _gathered(steps, set(by_length[:1]))


def _gathered(steps: Sequence[Step], shown: AbstractSet[int]) -> list[Step | tuple[Step, ...]]:
    entries: list[Step | tuple[Step, ...]] = []
    for is_shown, numbers in groupby(range(len(steps)), key=shown.__contains__):
        group = tuple(steps[i] for i in numbers)
        if is_shown or len(group) == 1:
            entries.extend(group)
        else:
            entries.append(group)
    return entries
