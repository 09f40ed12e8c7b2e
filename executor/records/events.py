"""The event table: every operation of a run in words, one row each, in the order of the operation log.

It says who did what and when, on account of which task and object, what caused it, and what came of it. Names stand
for numbers; an event's number is its row, and ``cause`` is the number of the event at whose end it began.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from executor.records.critical_path import Segment, WaitCause, path_rows, segments_of
from executor.records.measured import NS_PER_S, moved_bytes
from executor.records.operations import Kind
from executor.records.table import Table
from workloads import Workflow

Array = NDArray[Any]

CLIENT = "client"
OUTCOMES = ("done", "failed", "throttled", "lost", "killed")
"""What came of an operation, in the words of the column ``outcome``, by its number in the log."""

_OWN: Mapping[Kind, WaitCause] = {
    Kind.START: WaitCause.START_UP,
    Kind.FETCH: WaitCause.FETCH,
    Kind.EXECUTE: WaitCause.CPU,
    Kind.UPLOAD: WaitCause.UPLOAD,
}
"""What an operation's own work is; the rest of its time it waits."""


def outcomes(operations: Table) -> Array:
    """The number of each operation's outcome; all are done where the log does not tell."""
    return operations["outcome"] if "outcome" in operations else np.zeros(operations.n_rows, dtype="i1")


def with_waits(operations: Table) -> Array:
    """Which operations took longer than their own work, or may have: transfers, computing and starts."""
    kind = operations["kind"]
    shares = np.isin(kind, (Kind.FETCH, Kind.EXECUTE, Kind.UPLOAD))
    longer = operations["end_ns"] - operations["begin_ns"] > operations["alone_ns"]
    return np.asarray((shares & longer) | (kind == Kind.START))


def waits_of(operations: Table, invocations: Table, row: int) -> list[Segment]:
    """What one operation waited for, beside its own work."""
    own = _OWN.get(Kind(operations["kind"][row]))
    segments = segments_of(operations, invocations, row)
    return [segment for segment in segments if segment.length_ns and segment.cause is not own]


def event_table(workflow: Workflow, operations: Table, invocations: Table, last: int | None) -> Table:
    """All events; ``last`` is the one that completed the run. Times are in seconds since the submission.

    −1 and None are what an event does not have; ``waited_s`` is the part of it that was spent on ``waited_for``.
    """
    kind, task, found, invocation = (operations[name] for name in ("kind", "task", "object", "invocation"))
    begin_ns, end_ns = operations["begin_ns"], operations["end_ns"]
    submitted_ns = int(begin_ns.min(initial=np.iinfo("i8").max)) if operations.n_rows else 0
    waited_s, waited_for = _waited(operations, invocations)
    is_critical = np.zeros(operations.n_rows, dtype="?")
    if last is not None:
        is_critical[path_rows(operations, last)] = True
    functions = [workflow.functions[function] for function in workflow.task_function.tolist()]
    return Table(
        {
            "event": np.arange(operations.n_rows, dtype="i8"),
            "kind": _words([each.name.lower() for each in Kind], kind),
            "worker": _words(invocations["worker"].tolist(), invocation, CLIENT),
            "epoch": _numbers(invocations["epoch"], invocation),
            "invocation": invocation.astype("i8"),
            "instance": _numbers(invocations["instance"], invocation),
            "task": _words(workflow.task_names, task),
            "function": _words(functions, task),
            "object": _words(workflow.object_names, found),
            "bytes": moved_bytes(workflow, operations),
            "begin_s": (begin_ns - submitted_ns) / NS_PER_S,
            "end_s": (end_ns - submitted_ns) / NS_PER_S,
            "alone_s": operations["alone_ns"] / NS_PER_S,
            "waited_s": waited_s,
            "waited_for": waited_for,
            "outcome": _words(OUTCOMES, outcomes(operations)),
            "cause": operations["cause"].astype("i8"),
            "is_critical": is_critical,
        }
    )


def _waited(operations: Table, invocations: Table) -> tuple[Array, Array]:
    """Per event: how long it waited, and for what; several causes are joined by a plus."""
    waited_s = np.zeros(operations.n_rows)
    waited_for = np.full(operations.n_rows, None, dtype=object)
    for row in np.flatnonzero(with_waits(operations)).tolist():
        if parts := waits_of(operations, invocations, row):
            waited_s[row] = sum(part.length_ns for part in parts) / NS_PER_S
            waited_for[row] = " + ".join(part.cause for part in parts)
    return waited_s, waited_for


def _words(words: Iterable[str], numbers: Array, otherwise: str | None = None) -> Array:
    """Words for numbers; the last entry stands for −1."""
    return np.array([*words, otherwise], dtype=object)[numbers]


def _numbers(values: Array, numbers: Array) -> Array:
    """Values by number; −1 has none, and stays −1."""
    return np.append(np.asarray(values, dtype="i8"), -1)[numbers]
