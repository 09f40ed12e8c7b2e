"""Tables of a run, computed from its records."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from executor.pool.instance import FOREVER_NS
from executor.pool.waits import Waited
from executor.records.operations import ROW, Kind, OperationLog, Outcome
from executor.records.table import Table
from executor.worker.view import marker_of
from sim.clock import NS_PER_S
from sim.job import NOT_YET, Invocation, Job, Prewarming
from sim.pool import Pool
from sim.stays import Stays

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


def _seconds(job: Job, ns: Array) -> Array:
    """Since the submission; NaN for what never happened."""
    return np.where(ns == NOT_YET, np.nan, (ns - job.submitted_ns) / NS_PER_S)


def _column(rows: list[Any], name: str, kind: str = "i8") -> Array:
    return np.array([getattr(row, name) for row in rows], dtype=kind)


def invocation_table(job: Job, stays: Stays) -> Table:
    """One row per delivery of a worker, then one per prewarm."""
    rows, n = stays.rows, len(job.invocations)
    requested_ns = _column(rows, "requested_ns")
    start = np.where(stays.cold, "cold", "warm").astype("U17")
    start[n:] = np.where(stays.cold[n:], "prewarm", "redundant prewarm")
    start[~stays.admitted] = "none"
    usd_per_s = np.array([job.setting.platform.prices.usd_per_s(mb) for mb in stays.memory_mb.tolist()], dtype="f8")
    names = np.array(
        [job.worker_name(row.worker) for row in job.invocations] + [""] * len(job.prewarmings), dtype=object
    )
    return Table(
        {
            "worker": names,
            "epoch": np.array([row.epoch for row in job.invocations] + [1] * len(job.prewarmings), dtype="i8"),
            "instance": np.array([_serial(row) for row in rows], dtype="i8"),
            "memory_mb": stays.memory_mb,
            "start": start.astype(object),
            "status": np.array([row.status for row in job.invocations] + ["done"] * len(job.prewarmings), dtype=object),
            "task": np.array([row.task for row in job.invocations] + [-1] * len(job.prewarmings), dtype="i8"),
            "requested_s": _seconds(job, requested_ns),
            "admitted_s": _seconds(job, stays.admitted_ns),
            "provisioned_s": _seconds(job, stays.provisioned_ns),
            "started_s": _seconds(job, stays.started_ns),
            "ended_s": _seconds(job, stays.ended_ns),
            "admission_ns": np.maximum(0, stays.admitted_ns - requested_ns),
            **_waited(rows),
            "billed_s": stays.billed_ns / NS_PER_S,
            "usd": usd_per_s * stays.billed_ns / NS_PER_S,
        }
    )


def _waited(rows: list[Invocation | Prewarming]) -> dict[str, Array]:
    """How much of the wait for admission is due to each limit."""
    parts = np.array([row.waited for row in rows], dtype="i8").reshape(len(rows), len(Waited._fields))
    return {name: parts[:, place] for place, name in enumerate(Waited._fields)}


def _serial(row: Invocation | Prewarming) -> int:
    return row.instance.serial if row.admitted_ns != NOT_YET else -1


def task_table(job: Job, operations: Table, invocations: Table) -> Table:
    """One row per execution that ended, in that order."""
    workflow = job.setting.workflow
    rows = np.flatnonzero(operations["kind"] == Kind.EXECUTE)
    task, invocation = operations["task"][rows], operations["invocation"][rows]
    begin_ns, end_ns, alone_ns = (operations[name][rows] for name in ("begin_ns", "end_ns", "alone_ns"))
    began_ns = np.minimum(begin_ns, _first_fetch_ns(operations, task, invocation, begin_ns))
    names = np.array(list(workflow.task_names), dtype=object)
    functions = np.array(workflow.functions, dtype=object)
    committed_ns = _committed_ns(job, operations)
    return Table(
        {
            "task": names[task],
            "function": functions[workflow.task_function[task]],
            "worker": invocations["worker"][invocation],
            "epoch": invocations["epoch"][invocation],
            "invocation": invocation.astype("i8"),
            "instance": invocations["instance"][invocation],
            "memory_mb": invocations["memory_mb"][invocation],
            "gathering_s": _seconds(job, began_ns),
            "start_s": _seconds(job, begin_ns),
            "end_s": _seconds(job, end_ns),
            "alone_s": alone_ns / NS_PER_S,
            "committed_s": _seconds(job, committed_ns[task]),
            "outcome": _outcomes(operations, rows),
            "counts": _counts(job, task, invocation, operations["outcome"][rows] == Outcome.DONE),
        }
    )


def _first_fetch_ns(operations: Table, task: Array, invocation: Array, default: Array) -> Array:
    """When the first fetch on account of each (task, invocation) began."""
    fetches = np.flatnonzero(operations["kind"] == Kind.FETCH)
    if not fetches.size:
        return default
    fetches = fetches[np.argsort(operations["begin_ns"][fetches], kind="stable")]
    width = int(operations["task"].max()) + 1
    key = operations["invocation"][fetches].astype("i8") * width + operations["task"][fetches]
    keys, first = np.unique(key, return_index=True)
    wanted = invocation.astype("i8") * width + task
    place = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
    begun = operations["begin_ns"][fetches[first[place]]]
    return np.where(keys[place] == wanted, begun, default)


def _committed_ns(job: Job, operations: Table) -> Array:
    """When each task was first committed; NOT_YET if never."""
    committed = np.full(job.setting.workflow.n_tasks, NOT_YET, dtype="i8")
    for task, row in zip(job.committed_tasks, job.commit_rows, strict=True):
        committed[task] = operations["end_ns"][row]
    return committed


def _counts(job: Job, task: Array, invocation: Array, done: Array) -> Array:
    """Whether an execution's outputs are the committed ones: its invocation is the version's worker and epoch.

    Where an invocation ran a task again, for what it had read ahead was void, that is the last one.
    """
    markers = np.array([marker_of(row.worker, row.epoch) for row in job.invocations], dtype="i8")
    version = np.array([job.ledger.committed_version(each) for each in task.tolist()], dtype="i8")
    counts = done & (markers[invocation] == version)
    if job.ahead:
        places = invocation.astype("i8") * job.setting.workflow.n_tasks + task
        last = {place: row for row, place in enumerate(places.tolist()) if counts[row]}
        counts &= np.isin(np.arange(len(places)), list(last.values()))
    return np.asarray(counts)


def transfer_table(job: Job, operations: Table, invocations: Table) -> Table:
    """One row per get or put that ended."""
    workflow, kind = job.setting.workflow, operations["kind"]
    rows = np.flatnonzero((kind == Kind.FETCH) | (kind == Kind.UPLOAD))
    found, invocation = operations["object"][rows], operations["invocation"][rows]
    object_names = np.array(list(workflow.object_names), dtype=object)
    task_names = np.array(list(workflow.task_names), dtype=object)
    return Table(
        {
            "direction": np.where(kind[rows] == Kind.FETCH, "get", "put").astype(object),
            "object": object_names[found],
            "bytes": workflow.object_bytes[found],
            "task": task_names[operations["task"][rows]],
            "worker": invocations["worker"][invocation],
            "epoch": invocations["epoch"][invocation],
            "invocation": invocation.astype("i8"),
            "instance": invocations["instance"][invocation],
            "start_s": _seconds(job, operations["begin_ns"][rows]),
            "end_s": _seconds(job, operations["end_ns"][rows]),
            "alone_s": operations["alone_ns"][rows] / NS_PER_S,
            "outcome": _outcomes(operations, rows),
        }
    )


def _outcomes(operations: Table, rows: Array) -> Array:
    return np.asarray(_OUTCOMES[operations["outcome"][rows]])


def instance_table(job: Job, pool: Pool, invocations: Table) -> Table:
    """The instances that served this run (and the pool's initial ones)."""
    served = set(invocations["instance"].tolist())
    chosen = [i for i in pool.instances if i.serial in served or (i.origin == "initial" and not job.number)]
    ended = np.array(
        [np.inf if i.ended_ns in (None, FOREVER_NS) else (i.ended_ns - job.submitted_ns) / NS_PER_S for i in chosen]
    )
    return Table(
        {
            "instance": _column(chosen, "serial"),
            "memory_mb": _column(chosen, "memory_mb"),
            "origin": np.array([i.origin for i in chosen], dtype=object),
            "uses": _column(chosen, "uses"),
            "created_s": (_column(chosen, "created_ns") - job.submitted_ns) / NS_PER_S,
            "ended_s": ended,
        }
    )
