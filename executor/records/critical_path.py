"""The causal critical path: why a run took as long as it did.

Every operation begins at the instant at which the operation that caused it ended. From the last commit back along
the causes to the submission there is therefore no gap, and the segments' lengths, integers, add up to the makespan.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from executor.records.measured import took_place
from executor.records.operations import NO_ROW, Kind, Outcome
from executor.records.table import Table


class WaitCause(StrEnum):
    """What a second of a makespan was spent on."""

    INVOCATION = "invocation"
    CONCURRENCY = "concurrency"
    SIZE_CONCURRENCY = "size concurrency"
    RAMP = "ramp"
    START_UP = "start-up"
    FETCH = "fetch"
    CPU = "CPU"
    CPU_SHARE = "CPU share"
    UPLOAD = "upload"
    NETWORK_SHARE = "network share"
    DEPENDENCY = "dependency"
    OVERHEAD = "overhead"
    THROTTLE = "throttle"
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class Segment:
    """Part of a makespan with one cause. ``task``, ``object`` and ``invocation`` are indices; −1 is none."""

    cause: WaitCause
    begin_ns: int
    end_ns: int
    kind: Kind
    task: int
    object: int
    invocation: int

    @property
    def length_ns(self) -> int:
        """How much of the makespan it is."""
        return self.end_ns - self.begin_ns


_WHOLE = {
    Kind.INVOKE: WaitCause.INVOCATION,
    Kind.PREWARM: WaitCause.INVOCATION,
    Kind.COMMIT: WaitCause.DEPENDENCY,
    Kind.READ: WaitCause.DEPENDENCY,
    Kind.NOTIFY: WaitCause.DEPENDENCY,
    Kind.TIMER: WaitCause.DEPENDENCY,
    Kind.LOST: WaitCause.RETRY,
    Kind.TAIL: WaitCause.CPU,
}
_SHARED = {
    Kind.FETCH: (WaitCause.FETCH, WaitCause.NETWORK_SHARE),
    Kind.UPLOAD: (WaitCause.UPLOAD, WaitCause.NETWORK_SHARE),
    Kind.EXECUTE: (WaitCause.CPU, WaitCause.CPU_SHARE),
}


_AHEAD = (WaitCause.CPU, WaitCause.DEPENDENCY)
"""What a run that read ahead takes longer, it waited for chunks."""
_LIMITS = (
    (WaitCause.CONCURRENCY, "concurrency_ns"),
    (WaitCause.SIZE_CONCURRENCY, "size_concurrency_ns"),
    (WaitCause.RAMP, "ramp_ns"),
)
"""What an invocation waits for before it is admitted. A wait that goes back and forth is told limit by limit."""


def critical_path(operations: Table, invocations: Table, last: int) -> tuple[Segment, ...]:
    """Segments from the submission to the end of operation ``last``, in time order; empty ones are left out."""
    rows = path_rows(operations, last)
    return tuple(segment for row in rows for segment in segments_of(operations, invocations, row) if segment.length_ns)


def path_rows(operations: Table, last: int) -> list[int]:
    """The operations on the critical path to the end of operation ``last``, in time order; none if that is none."""
    rows: list[int] = []
    causes = operations["cause"]
    row = last
    while row != NO_ROW:
        rows.append(row)
        row = int(causes[row])
    return rows[::-1]


def segments_of(operations: Table, invocations: Table, row: int) -> Iterator[Segment]:
    """What one operation's time was spent on, from its begin to its end; segments may be empty."""
    kind = Kind(operations["kind"][row])
    failed = _failure(operations, row)
    begins, ends = int(operations["begin_ns"][row]), int(operations["end_ns"][row])
    begin, end = (begins, ends) if failed else _took_place(operations, row)
    task, found, invocation = (int(operations[name][row]) for name in ("task", "object", "invocation"))
    if kind is Kind.START:
        parts = list(_start(invocations, invocation, begin, end))
    elif failed:
        parts = [(failed, begin, end)]
    elif kind in _SHARED:
        alone, shared = _SHARED[kind] if kind is not Kind.EXECUTE or found < 0 else _AHEAD
        middle = min(end, begin + int(operations["alone_ns"][row]))
        parts = [(alone, begin, middle), (shared, middle, end)]
    else:
        parts = [(_WHOLE[kind], begin, end)]
    around = [(WaitCause.OVERHEAD, begins, begin)], [(WaitCause.OVERHEAD, end, ends)]
    for cause, since, until in (*around[0], *parts, *around[1]):
        yield Segment(cause, since, until, kind, task, found, invocation)


def _took_place(operations: Table, row: int) -> tuple[int, int]:
    """From when to when it really was under way: in a real run, less than until its machine had heard of it."""
    begins_ns, ends_ns = took_place(operations)
    return int(begins_ns[row]), int(ends_ns[row])


def _failure(operations: Table, row: int) -> WaitCause | None:
    """What is to blame for an operation that failed, or for the back-off after it; None if nothing failed."""
    judged_by_cause = operations["kind"][row] == Kind.TIMER and operations["outcome"][row] == Outcome.DONE
    blamed = int(operations["cause"][row]) if judged_by_cause else row
    outcome = int(operations["outcome"][blamed]) if blamed != NO_ROW else Outcome.DONE
    if outcome == Outcome.DONE:
        return None
    return WaitCause.THROTTLE if outcome == Outcome.THROTTLED else WaitCause.RETRY


def _start(invocations: Table, invocation: int, begin_ns: int, end_ns: int) -> Iterator[tuple[WaitCause, int, int]]:
    """The wait for each limit, then the start itself."""
    for cause, column in _LIMITS:
        until_ns = begin_ns + int(invocations[column][invocation])
        yield cause, begin_ns, until_ns
        begin_ns = until_ns
    yield WaitCause.START_UP, begin_ns, end_ns
