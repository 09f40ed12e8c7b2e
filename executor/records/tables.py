"""Tables of a run, made of what it left."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from executor.pool.waits import Waited
from executor.records.left import NOT_YET, Left, Stay
from executor.records.measured import NS_PER_S, cpu_s, moved_bytes, took_place
from executor.records.operations import ROW, Kind, OperationLog, Outcome
from executor.records.stays import Stays
from executor.records.table import Table
from executor.worker.view import marker_of

Array = NDArray[Any]

_ROW = np.dtype(
    [
        ("kind", "i1"),
        ("outcome", "i1"),
        ("invocation", "<i4"),
        ("task", "<i4"),
        ("object", "<i4"),
        ("cause", "<i4"),
        ("begin_ns", "<i8"),
        ("end_ns", "<i8"),
        ("alone_ns", "<i8"),
    ]
)
assert _ROW.itemsize == ROW.size
_OUTCOMES = np.array([outcome.name.lower() for outcome in Outcome], dtype=object)


def operation_table(log: OperationLog) -> Table:
    """All that ended, in integer nanoseconds; the log keeps nothing after."""
    rows = np.frombuffer(log.take(), dtype=_ROW)
    return Table({name: rows[name] for name in _ROW.names or ()})


def _seconds(left: Left, ns: Array) -> Array:
    """Since the submission; NaN for what never happened."""
    return np.where(ns == NOT_YET, np.nan, (ns - left.submitted_ns) / NS_PER_S)


def _column(rows: list[Any], name: str, kind: str = "i8") -> Array:
    return np.array([getattr(row, name) for row in rows], dtype=kind)


def invocation_table(left: Left, stays: Stays) -> Table:
    """One row per delivery of a worker, then one per prewarm."""
    rows, n = stays.rows, len(left.deliveries)
    requested_ns = _column(rows, "requested_ns")
    start = np.where(stays.cold, "cold", "warm").astype("U17")
    start[n:] = np.where(stays.cold[n:], "prewarm", "redundant prewarm")
    start[~stays.admitted] = "none"
    usd_per_s = np.array([left.platform.prices.usd_per_s(mb) for mb in stays.memory_mb.tolist()], dtype="f8")
    names = np.array(
        [left.worker_name(row.worker) for row in left.deliveries] + [""] * len(left.prewarms), dtype=object
    )
    return Table(
        {
            "worker": names,
            "epoch": np.array([row.epoch for row in left.deliveries] + [1] * len(left.prewarms), dtype="i8"),
            "instance": np.array([_serial(row) for row in rows], dtype="i8"),
            "memory_mb": stays.memory_mb,
            "start": start.astype(object),
            "status": np.array([row.status for row in left.deliveries] + ["done"] * len(left.prewarms), dtype=object),
            "task": np.array([row.task for row in left.deliveries] + [-1] * len(left.prewarms), dtype="i8"),
            "requested_s": _seconds(left, requested_ns),
            "admitted_s": _seconds(left, stays.admitted_ns),
            "provisioned_s": _seconds(left, stays.provisioned_ns),
            "started_s": _seconds(left, stays.started_ns),
            "ended_s": _seconds(left, stays.ended_ns),
            "admission_ns": np.maximum(0, stays.admitted_ns - requested_ns),
            **_waited(rows),
            "billed_s": stays.billed_ns / NS_PER_S,
            "usd": usd_per_s * stays.billed_ns / NS_PER_S,
        }
    )


def _waited(rows: list[Stay]) -> dict[str, Array]:
    """How much of the wait for admission is due to each limit."""
    parts = np.array([row.waited for row in rows], dtype="i8").reshape(len(rows), len(Waited._fields))
    return {name: parts[:, place] for place, name in enumerate(Waited._fields)}


def _serial(row: Stay) -> int:
    return row.instance.serial if row.admitted_ns != NOT_YET else -1


def task_table(left: Left, operations: Table, invocations: Table) -> Table:
    """One row per execution that ended, in that order."""
    workflow = left.workflow
    rows = np.flatnonzero(operations["kind"] == Kind.EXECUTE)
    task, invocation = operations["task"][rows], operations["invocation"][rows]
    begin_ns, end_ns = (times[rows] for times in took_place(operations))
    began_ns = np.minimum(begin_ns, _first_fetch_ns(operations, task, invocation, begin_ns))
    names = np.array(list(workflow.task_names), dtype=object)
    functions = np.array(workflow.functions, dtype=object)
    committed_ns = _committed_ns(left, operations)
    return Table(
        {
            "task": names[task],
            "function": functions[workflow.task_function[task]],
            "worker": invocations["worker"][invocation],
            "epoch": invocations["epoch"][invocation],
            "invocation": invocation.astype("i8"),
            "instance": invocations["instance"][invocation],
            "memory_mb": invocations["memory_mb"][invocation],
            "gathering_s": _seconds(left, began_ns),
            "start_s": _seconds(left, begin_ns),
            "end_s": _seconds(left, end_ns),
            "alone_s": operations["alone_ns"][rows] / NS_PER_S,
            "cpu_s": cpu_s(operations)[rows],
            "committed_s": _seconds(left, committed_ns[task]),
            "outcome": _outcomes(operations, rows),
            "counts": _counts(left, task, invocation, operations["outcome"][rows] == Outcome.DONE),
        }
    )


def _first_fetch_ns(operations: Table, task: Array, invocation: Array, default: Array) -> Array:
    """When the first fetch on account of each (task, invocation) began."""
    fetches = np.flatnonzero(operations["kind"] == Kind.FETCH)
    if not fetches.size:
        return default
    begins_ns, _ = took_place(operations)
    fetches = fetches[np.argsort(begins_ns[fetches], kind="stable")]
    width = int(operations["task"].max()) + 1
    key = operations["invocation"][fetches].astype("i8") * width + operations["task"][fetches]
    keys, first = np.unique(key, return_index=True)
    wanted = invocation.astype("i8") * width + task
    place = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
    begun = begins_ns[fetches[first[place]]]
    return np.where(keys[place] == wanted, begun, default)


def _committed_ns(left: Left, operations: Table) -> Array:
    """When each task was first committed; NOT_YET if never."""
    committed = np.full(left.workflow.n_tasks, NOT_YET, dtype="i8")
    for task, row in left.commits:
        committed[task] = operations["end_ns"][row]
    return committed


def _counts(left: Left, task: Array, invocation: Array, done: Array) -> Array:
    """Whether an execution's outputs are the committed ones: its invocation is the version's worker and epoch.

    Where an invocation ran a task again, for what it had read ahead was void, that is the last one.
    """
    markers = np.array([marker_of(row.worker, row.epoch) for row in left.deliveries], dtype="i8")
    version = np.array([left.version_of(each) for each in task.tolist()], dtype="i8")
    counts = done & (markers[invocation] == version)
    if left.may_run_twice:
        places = invocation.astype("i8") * left.workflow.n_tasks + task
        last = {place: row for row, place in enumerate(places.tolist()) if counts[row]}
        counts &= np.isin(np.arange(len(places)), list(last.values()))
    return np.asarray(counts)


def transfer_table(left: Left, operations: Table, invocations: Table) -> Table:
    """One row per get or put that ended."""
    workflow, kind = left.workflow, operations["kind"]
    rows = np.flatnonzero((kind == Kind.FETCH) | (kind == Kind.UPLOAD))
    found, invocation = operations["object"][rows], operations["invocation"][rows]
    begin_ns, end_ns = (times[rows] for times in took_place(operations))
    object_names = np.array(list(workflow.object_names), dtype=object)
    task_names = np.array(list(workflow.task_names), dtype=object)
    return Table(
        {
            "direction": np.where(kind[rows] == Kind.FETCH, "get", "put").astype(object),
            "object": object_names[found],
            "bytes": moved_bytes(workflow, operations)[rows],
            "task": task_names[operations["task"][rows]],
            "worker": invocations["worker"][invocation],
            "epoch": invocations["epoch"][invocation],
            "invocation": invocation.astype("i8"),
            "instance": invocations["instance"][invocation],
            "start_s": _seconds(left, begin_ns),
            "end_s": _seconds(left, end_ns),
            "alone_s": operations["alone_ns"][rows] / NS_PER_S,
            "outcome": _outcomes(operations, rows),
        }
    )


def _outcomes(operations: Table, rows: Array) -> Array:
    return np.asarray(_OUTCOMES[operations["outcome"][rows]])


def instance_table(left: Left) -> Table:
    """The instances that served this run, and those that it found, used or not."""
    chosen = list(left.instances)
    ended = [np.inf if i.ended_ns is None or i.ended_ns < 0 else _since(left, i.ended_ns) for i in chosen]
    return Table(
        {
            "instance": _column(chosen, "serial"),
            "memory_mb": _column(chosen, "memory_mb"),
            "origin": np.array([i.origin for i in chosen], dtype=object),
            "uses": _column(chosen, "uses"),
            "created_s": (_column(chosen, "created_ns") - left.submitted_ns) / NS_PER_S,
            "ended_s": np.array(ended, dtype="f8"),
            "pid": np.array([getattr(i, "pid", -1) for i in chosen], dtype="i8"),
            "peak_memory_mb": np.array([getattr(i, "peak_memory_mb", np.nan) for i in chosen], dtype="f8"),
        }
    )


def _since(left: Left, at_ns: int) -> float:
    return (at_ns - left.submitted_ns) / NS_PER_S
