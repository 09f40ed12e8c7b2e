"""The records of a run, as a history takes them in: what its tables say that a real system would see, too.

Times are those that passed, with whatever shared a CPU or a connection with it: of what it would have taken alone no
recording knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from executor.records.run import Run
from planners.knowledge.history import HistoryBuilder, Topic
from workloads import Workflow

Column = NDArray[Any]
Columns = Mapping[str, Column]
TABLES = ("tasks", "transfers", "invocations", "events")
"""Those of a run that are read."""

_NS_PER_S = 1e9
_MOST = 2.0**62
"""146 years in ns, 4 EB."""
_STARTS = {Topic.COLD: ("cold", "prewarm"), Topic.WARM: ("warm", "redundant prewarm")}
_REQUESTS = {Topic.CALL: ("invoke", "prewarm"), Topic.REQUEST: ("commit", "read"), Topic.NOTIFY: ("notify",)}


def take_run(builder: HistoryBuilder, run: Run) -> None:
    """Take in all records of a run."""
    take_tables(builder, run.workflow, {name: getattr(run, name) for name in TABLES})


def take_tables(builder: HistoryBuilder, workflow: Workflow, tables: Mapping[str, Columns]) -> None:
    """Take in the tables of a run of a workflow; KeyError for a table or column that is not there."""
    builder.add_runs()
    _executions(builder, workflow, _done(tables["tasks"]))
    _transfers(builder, _done(tables["transfers"]))
    _starts(builder, tables["invocations"])
    _requests(builder, _done(tables["events"]))


def _executions(builder: HistoryBuilder, workflow: Workflow, tasks: Columns) -> None:
    """Runs, and the outputs that they made."""
    number = {name: i for i, name in enumerate(workflow.task_names)}
    task = np.array([number[name] for name in tasks["task"].tolist()], dtype=np.int64)
    sums = np.zeros(workflow.n_tasks, dtype=np.int64)
    np.add.at(sums, workflow.inputs.keys, workflow.object_bytes[workflow.inputs.indices])
    read_bytes, functions = sums[task], _functions(workflow, task)
    sizes_mb = whole(tasks["memory_mb"])
    took_ns = nanoseconds(tasks["start_s"], tasks["end_s"])
    builder.add(Topic.RUN, took_ns, functions=functions, numbers=sizes_mb, n_bytes=read_bytes)
    outputs, counts = workflow.outputs, workflow.outputs.counts[task]
    run = np.repeat(np.arange(len(task)), counts)
    place = np.arange(len(run)) - np.repeat(np.cumsum(counts) - counts, counts)
    made = outputs.indices[outputs.indptr[task[run]] + place]
    builder.add(
        Topic.OUTPUT,
        workflow.object_bytes[made],
        functions=_functions(workflow, task[run]),
        numbers=place,
        n_bytes=read_bytes[run],
    )


def _functions(workflow: Workflow, task: Column) -> Sequence[str]:
    return [workflow.functions[function] for function in workflow.task_function[task].tolist()]


def _transfers(builder: HistoryBuilder, transfers: Columns) -> None:
    took_ns = nanoseconds(transfers["start_s"], transfers["end_s"])
    for topic in (Topic.GET, Topic.PUT):
        mine = transfers["direction"] == topic.value
        builder.add(topic, took_ns[mine], n_bytes=whole(transfers["bytes"][mine]))


def _starts(builder: HistoryBuilder, invocations: Columns) -> None:
    """Of invocations that were admitted and ran."""
    sizes_mb = whole(invocations["memory_mb"])
    began_s, provisioned_s, up_s = (invocations[name] for name in ("admitted_s", "provisioned_s", "started_s"))
    ran = ~np.isnan(began_s) & ~np.isnan(up_s)
    for topic, words in _STARTS.items():
        mine = ran & np.isin(invocations["start"].astype(str), words)
        builder.add(topic, nanoseconds(began_s[mine], up_s[mine]), numbers=sizes_mb[mine])
        if topic is Topic.COLD:
            mine &= ~np.isnan(provisioned_s)
            builder.add(Topic.INIT, nanoseconds(provisioned_s[mine], up_s[mine]), numbers=sizes_mb[mine])


def _requests(builder: HistoryBuilder, events: Columns) -> None:
    took_ns, kinds = nanoseconds(events["begin_s"], events["end_s"]), events["kind"].astype(str)
    for topic, words in _REQUESTS.items():
        builder.add(topic, took_ns[np.isin(kinds, words)])


def _done(table: Columns) -> Columns:
    """The rows of what was carried out."""
    done = table["outcome"] == "done"
    return {name: column[done] for name, column in table.items()}


def nanoseconds(begin_s: Column, end_s: Column) -> NDArray[np.int64]:
    """What passed between two times."""
    with np.errstate(over="ignore", invalid="ignore"):  # `whole` refuses what comes of it
        return whole((end_s - begin_s).astype(np.float64) * _NS_PER_S)


def whole(figures: Column | list[float]) -> NDArray[np.int64]:
    """Figures as whole numbers; ValueError for what is none, is negative or beyond measure."""
    column = np.rint(np.asarray(figures, dtype=np.float64))
    wrong = column[~((column >= 0) & (column <= _MOST))]
    if wrong.size:
        raise ValueError(f"a figure is {wrong[0]:g}; expected one from 0 to {_MOST:g}")
    return column.astype(np.int64)
