"""Lives: what each instance was at every moment, and how long invocations waited to get one."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import numpy as np

from executor.records.critical_path import WaitCause
from executor.records.events import waits_of
from executor.records.operations import Kind
from executor.records.run import Run
from faascast.timeline.activities import (
    NS_PER_S,
    Activity,
    Span,
    invocations_by_instance,
    last_exit_ns,
    or_ns,
    spans,
    submitted_ns,
    to_ns,
)
from faascast.traces.events import complete
from faascast.traces.operations import Operations
from faascast.traces.tracks import Group, Track, Tracks
from faascast.traces.words import Words

SPENT_ON = {
    Activity.PROVISIONING: WaitCause.START_UP,
    Activity.INIT: WaitCause.START_UP,
    Activity.WARM_START: WaitCause.START_UP,
    Activity.COMPUTING: WaitCause.CPU,
    Activity.FETCH: WaitCause.FETCH,
    Activity.UPLOAD: WaitCause.UPLOAD,
    Activity.DEPENDENCY: WaitCause.DEPENDENCY,
    Activity.CALL: WaitCause.INVOCATION,
    Activity.LOST: WaitCause.RETRY,
}
"""The cause under which an instance's activity is counted, if it is on the critical path."""
STATES = {
    Activity.PROVISIONING: "starting",
    Activity.INIT: "starting",
    Activity.WARM_START: "starting",
    Activity.HOLD: "held",
    Activity.LOST: "held",
    Activity.KEEP_ALIVE: "idle",
}
"""What an instance is counted as; busy if it is not named here."""


class Lives:
    """The slices of a run's instances and of its queue; which invocation was in which state and when, to be counted."""

    def __init__(self, run: Run, words: Words, tracks: Tracks, operations: Operations) -> None:
        self._run = run
        self._words = words
        self._tracks = tracks
        self._operations = operations
        self._submitted_ns = submitted_ns(run)
        self._until_ns = last_exit_ns(run)
        starts = np.flatnonzero(run.operations["kind"] == Kind.START)
        started = run.operations["invocation"][starts]
        self._start_row = dict(zip(started.tolist(), starts.tolist(), strict=True))
        self.states: dict[str, tuple[array[int], array[int]]] = {
            state: (array("q"), array("q")) for state in ("busy", "held", "starting", "idle")
        }
        self.queued = (array("q"), array("q"))

    # the queue --------------------------------------------------------------------------------------------

    def queue(self) -> Iterator[bytes]:
        """Invocations from their request to their admission, where they had to wait."""
        invocations = self._run.invocations
        requested_s, admitted_s = invocations["requested_s"], invocations["admitted_s"]
        waited = np.flatnonzero((admitted_s > requested_s) | (np.isfinite(requested_s) & ~np.isfinite(admitted_s)))
        if not waited.size:
            return
        self._tracks.process("waiting for admission", "held up by the platform's limits")
        group = Group(self._tracks, "queue")
        for number in waited[np.argsort(requested_s[waited], kind="stable")].tolist():
            begin_ns = to_ns(requested_s[number])
            end_ns = max(begin_ns, or_ns(admitted_s[number], self._until_ns))
            self.queued[0].append(begin_ns)
            self.queued[1].append(end_ns)
            track = group.track(begin_ns, end_ns)
            yield complete(self._name(number), "admission", track, begin_ns, end_ns, self._args(number))
            row = self._start_row.get(number)
            for wait in waits_of(self._run.operations, self._run.invocations, row) if row is not None else ():
                times_ns = (wait.begin_ns - self._submitted_ns, wait.end_ns - self._submitted_ns)
                yield complete(str(wait.cause), "wait", track, *times_ns, {})

    # instances --------------------------------------------------------------------------------------------

    def instances(self) -> Iterator[bytes]:
        """Instance by instance: its life, then what was done on it."""
        served = invocations_by_instance(self._run)
        lives = groupby(spans(self._run), key=lambda span: span.instance)
        serial, life = next(lives, (None, iter(())))
        for row in self._run.instances.rows():
            instance = row["instance"]
            uses = f"{row['uses']} use{'' if row['uses'] == 1 else 's'}"
            self._tracks.process(f"instance {instance}", f"{row['memory_mb']} MB, {row['origin']}, {uses}")
            track = self._tracks.thread(f"instance {instance}")
            if serial == instance:
                yield from self._life(track, instance, served.get(instance, ()), list(life))
                serial, life = next(lives, (None, iter(())))
            else:
                yield from self._life(track, instance, served.get(instance, ()), [])
            yield from self._operations.slices_of(instance)

    def _life(self, track: Track, instance: int, served: Iterable[int], life: list[Span]) -> Iterator[bytes]:
        self._count(life)
        ends_of_waits = self._ends_of_waits(instance, life)
        during: dict[int, list[Span]] = {}
        for span in life:
            during.setdefault(span.invocation, []).append(span)
        for span in during.get(-1, ()):
            yield complete(str(span.activity), "idle", track, span.begin_ns, span.end_ns, {})
        for number in served:
            yield self._invocation(track, number)
            for span in during.get(number, ()):
                args: dict[str, Any] = {"spent_on": SPENT_ON.get(span.activity)}
                if span.activity is Activity.HOLD:
                    args["until"] = ends_of_waits.get((number, span.end_ns))
                yield complete(str(span.activity), "activity", track, span.begin_ns, span.end_ns, args)

    def _invocation(self, track: Track, number: int) -> bytes:
        """An invocation from its admission to its end, around what it did."""
        invocations = self._run.invocations
        begin_ns = to_ns(invocations["admitted_s"][number])
        end_ns = max(begin_ns, or_ns(invocations["ended_s"][number], self._until_ns))
        if (row := self._start_row.get(number)) is not None:
            self._operations.places.put(row, track, begin_ns, begin_ns)
        is_killed = invocations["status"][number] == "killed"
        categories = "invocation,killed" if is_killed else "invocation"
        name, args = self._name(number), self._args(number)
        return complete(name, categories, track, begin_ns, end_ns, args, is_alarming=is_killed)

    def _name(self, number: int) -> str:
        invocations = self._run.invocations
        name = invocations["worker"][number] or str(invocations["start"][number])
        if invocations["epoch"][number] > 1:
            name += f", epoch {invocations['epoch'][number]}"
        return f"{name}, killed" if invocations["status"][number] == "killed" else name

    def _args(self, number: int) -> dict[str, Any]:
        invocations = self._run.invocations
        plain = {name: invocations[name][number] for name in ("worker", "start", "status")}
        counted = {name: int(invocations[name][number]) for name in ("epoch", "memory_mb")}
        row = self._start_row.get(number)
        cause = int(self._run.operations["cause"][row]) if row is not None else -1
        return {
            "event": row,
            **plain,
            **counted,
            "invoked_for": self._words.task(int(invocations["task"][number])),
            "waited_for_admission_s": float(invocations["admission_ns"][number]) / NS_PER_S,
            "billed_s": float(invocations["billed_s"][number]),
            "usd": float(invocations["usd"][number]),
            "cause": self._words.told(cause),
            "cause_event": cause if cause >= 0 else None,
        }

    def _ends_of_waits(self, instance: int, life: Iterable[Span]) -> dict[tuple[int, int], str | None]:
        """Per (invocation, moment) at which a hold ended: what it had been waited for."""
        ends_ns = [span.end_ns for span in life if span.activity is Activity.HOLD]
        if not ends_ns:
            return {}
        operations = self._run.operations
        rows = self._operations.rows_of(instance)
        rows = rows[np.isin(operations["begin_ns"][rows], np.array(ends_ns) + self._submitted_ns)]
        columns = (operations[name][rows].tolist() for name in ("invocation", "begin_ns", "cause"))
        return {
            (invocation, begin_ns - self._submitted_ns): self._words.told(cause)
            for invocation, begin_ns, cause in zip(*columns, strict=True)
        }

    def _count(self, life: Iterable[Span]) -> None:
        for span in life:
            begins_ns, ends_ns = self.states[STATES.get(span.activity, "busy")]
            begins_ns.append(span.begin_ns)
            ends_ns.append(span.end_ns)
