"""Tables as Parquet (zstd) and CSV, the same rows and columns in both.

Times are in seconds since the submission. Unknown is null, never 0 or −1. Every row begins with its labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from executor.records.run import Run
from executor.records.table import Table
from faascast.experiments.measures import measures_of
from faascast.results.labels import Labels

if TYPE_CHECKING:
    import pyarrow as pa

ENDINGS = (".parquet", ".csv")
SERIALS = ("instance", "invocation", "epoch", "bytes", "cause", "pid")
"""Columns in which a negative number is none."""


def run_tables(run: Run, labels: Labels) -> dict[str, pa.Table]:
    """What is known of a run: one row for the run, for each task's executions, and so on."""
    row = measures_of(run)
    measures = {name: getattr(row, name) for name in row.__struct_fields__ if name != "seed"}
    return {
        "runs": rows_table([{**labels.columns(), **measures}]),
        "tasks": arrow_table(run.tasks, labels),
        "invocations": arrow_table(_with_names(run), labels),
        "instances": arrow_table(run.instances, labels),
        "transfers": arrow_table(run.transfers, labels),
        "events": arrow_table(run.events, labels),
    }


def rows_table(rows: Iterable[Mapping[str, object]]) -> pa.Table:
    """A table of rows that have the same columns; one that is null throughout is text."""
    import pyarrow as pa  # a tenth of a second that only its users should pay

    table = pa.Table.from_pylist([dict(row) for row in rows])
    for i, field in enumerate(table.schema):
        if pa.types.is_null(field.type):
            table = table.set_column(i, field.name, table.column(i).cast(pa.string()))
    return table


def write_tables(folder: Path, tables: Mapping[str, pa.Table]) -> None:
    """Write each table as `name.parquet` and `name.csv`."""
    for name, table in tables.items():
        for ending in ENDINGS:
            write_table(folder / f"{name}{ending}", table)


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table as what the path's ending says."""
    import pyarrow.csv  # as above
    import pyarrow.parquet

    if path.suffix == ".csv":
        pyarrow.csv.write_csv(table, path)
    else:
        pyarrow.parquet.write_table(table, path, compression="zstd")


def _with_names(run: Run) -> Table:
    """The invocations with the task each was made for by name, and every time in seconds."""
    columns = {name: values for name, values in run.invocations.items() if not name.endswith("_ns")}
    names = run.workflow.task_names
    tasks = [names[task] if task >= 0 else None for task in run.invocations["task"].tolist()]
    return Table({**columns, "task": np.array(tasks, dtype=object)})


def arrow_table(table: Table, labels: Labels) -> pa.Table:
    """A table with its labels before its own columns."""
    import pyarrow as pa  # as above

    constant = {name: pa.repeat(pa.scalar(value), table.n_rows) for name, value in labels.columns().items()}
    return pa.table({**constant, **dict(_own(table))})


def _own(table: Table) -> Iterator[tuple[str, Any]]:
    import pyarrow as pa  # as above

    for name, values in table.items():
        if values.dtype == object:
            yield name, pa.array(values, type=pa.string())
        else:
            unknown = values < 0 if name in SERIALS else np.isnan(values) if values.dtype.kind == "f" else None
            yield name, pa.array(values, mask=unknown)
