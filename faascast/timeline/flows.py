"""Flows: from which put each get took its bytes, and which call each start is due to, as rows of the operations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from executor.records.events import outcomes
from executor.records.operations import NO_ROW, Kind
from executor.records.run import Run


class Flow(NamedTuple):
    """From the end of one operation to the begin of another."""

    source: int
    target: int


class _Put(NamedTuple):
    end_ns: int
    row: int
    invocation: int


def data_flows(run: Run) -> Iterator[Flow]:
    """From the put of each object to every get that brought the same version; what was there before has no put.

    A version is read once it is committed, and its put has ended by then. Where several epochs put an object, the
    version that was committed in the end is read as soon as it is there, and before that the last one.
    """
    operations = run.operations
    puts = _puts(run)
    versions = _versions(run) if any(len(of_object) > 1 for of_object in puts.values()) else frozenset()
    gets = np.flatnonzero((operations["kind"] == Kind.FETCH) & (outcomes(operations) == 0))
    found, begins_ns = operations["object"][gets].tolist(), operations["begin_ns"][gets].tolist()
    for get, each, begin_ns in zip(gets.tolist(), found, begins_ns, strict=True):
        ended = [put for put in puts.get(each, ()) if put.end_ns <= begin_ns]
        committed = [put for put in ended if (each, put.invocation) in versions]
        if ended:
            yield Flow((committed or ended)[-1].row, get)


def _puts(run: Run) -> dict[int, list[_Put]]:
    """Per object, its puts that ended well, in that order."""
    operations, puts = run.operations, dict[int, list[_Put]]()
    rows = np.flatnonzero((operations["kind"] == Kind.UPLOAD) & (outcomes(operations) == 0))
    columns = (operations[name][rows].tolist() for name in ("object", "end_ns", "invocation"))
    for row, found, end_ns, invocation in zip(rows.tolist(), *columns, strict=True):
        puts.setdefault(found, []).append(_Put(end_ns, row, invocation))
    return puts


def _versions(run: Run) -> frozenset[tuple[int, int]]:
    """The objects of each execution that was the committed one in the end: (object, invocation)."""
    number = {name: task for task, name in enumerate(run.workflow.task_names)}
    counted = run.tasks.where(run.tasks["counts"])
    outputs = run.workflow.outputs
    return frozenset(
        (found, invocation)
        for task, invocation in zip(counted["task"].tolist(), counted["invocation"].tolist(), strict=True)
        for found in outputs.row(number[task]).tolist()
    )


def call_flows(run: Run) -> Iterator[Flow]:
    """From each call to the start of the invocation that it asked for."""
    kind, cause = run.operations["kind"], run.operations["cause"]
    starts = np.flatnonzero((kind == Kind.START) & (cause != NO_ROW))
    called = starts[kind[cause[starts]] == Kind.INVOKE]
    for start in called.tolist():
        yield Flow(int(cause[start]), start)
