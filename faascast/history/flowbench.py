"""Recorded runs of FlowBench: Pegasus workflows, a CSV file a run, in a ZIP file a workflow.

FlowBench (PoSeiDon project) holds runs on machines of a cluster, some of them slowed down on purpose; those rows are
left out. Of a computing job its function, bytes staged in and out and times are taken: what a job ran, less its
staging, is its computing (in whole seconds, with the start of its container), a staging is a transfer. How much memory
its container had is not recorded, so whoever reads says at which size its computing is to count.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faascast.faults import BadInput
from faascast.history.records import whole
from planners.knowledge.history import HistoryBuilder, Topic

COLUMNS = (
    "type",
    "anomaly_type",
    "runtime",
    "stage_in_delay",
    "stage_in_bytes",
    "stage_out_delay",
    "stage_out_bytes",
    "kickstart_transformations",
)
_NS_PER_S = 1e9


def take_flowbench(builder: HistoryBuilder, path: Path, memory_mb: int) -> None:
    """Take in a CSV file of one run, or a ZIP file of many; BadInput if it is neither."""
    for name, text in flowbench_files(path):
        rows = csv.DictReader(io.StringIO(text))
        if missing := [column for column in COLUMNS if column not in _heads(rows)]:
            raise BadInput([f"{name} has no columns {', '.join(missing)}; expected a run of FlowBench"])
        builder.add_runs()
        try:
            _take(builder, [row for row in rows if _counts(row)], memory_mb)
        except (ValueError, csv.Error) as error:
            raise BadInput([f"{name}: {error}"]) from None


def _heads(rows: csv.DictReader[str]) -> Sequence[str]:
    try:
        return rows.fieldnames or ()
    except csv.Error:  # no line of text
        return ()


def _counts(row: Mapping[str, str]) -> bool:
    """Whether it is a computing job that nobody slowed down."""
    return row["type"] == "compute" and row["anomaly_type"] == "None"


def flowbench_files(path: Path) -> Iterator[tuple[str, str]]:
    """The name and text of each run in a CSV file, or in a ZIP file in the order of their names."""
    try:
        if path.suffix != ".zip":
            yield str(path), path.read_text("utf-8")
            return
        with zipfile.ZipFile(path) as archive:
            for name in sorted(each for each in archive.namelist() if each.endswith(".csv")):
                yield f"{path}: {name}", archive.read(name).decode("utf-8")
    except (zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise BadInput(
            [f"{path} cannot be read ({error}); expected a run of FlowBench (CSV), or a ZIP of them"]
        ) from None


def _take(builder: HistoryBuilder, rows: list[dict[str, str]], memory_mb: int) -> None:
    staged = (("stage_in", Topic.GET), ("stage_out", Topic.PUT))
    for name, topic in staged:
        known = [row for row in rows if _known(row, f"{name}_delay", f"{name}_bytes")]
        builder.add(
            topic, _column(known, _figure(f"{name}_delay", _NS_PER_S)), n_bytes=_column(known, _figure(f"{name}_bytes"))
        )
    known = [row for row in rows if _known(row, "runtime", "stage_in_bytes", "kickstart_transformations")]
    functions = [row["kickstart_transformations"] for row in known]
    read_bytes = _column(known, _figure("stage_in_bytes"))
    sizes_mb = np.full(len(known), memory_mb)
    builder.add(Topic.RUN, _column(known, _computing_ns), functions=functions, numbers=sizes_mb, n_bytes=read_bytes)
    made = [row for row in known if _known(row, "stage_out_bytes")]
    builder.add(
        Topic.OUTPUT,
        _column(made, _figure("stage_out_bytes")),
        functions=[row["kickstart_transformations"] for row in made],
        n_bytes=_column(made, _figure("stage_in_bytes")),
    )


def _known(row: Mapping[str, str], *columns: str) -> bool:
    return all(row[column] for column in columns)


def _figure(column: str, factor: float = 1) -> Callable[[Mapping[str, str]], float]:
    return lambda row: float(row[column]) * factor


def _computing_ns(row: Mapping[str, str]) -> float:
    """Clocks tick in whole seconds: a staging may seem to take longer than all."""
    staging_s = sum(float(row[column] or 0) for column in ("stage_in_delay", "stage_out_delay"))
    return max(0.0, float(row["runtime"]) - staging_s) * _NS_PER_S


def _column(rows: list[dict[str, str]], read: Callable[[Mapping[str, str]], float]) -> NDArray[np.int64]:
    return whole([read(row) for row in rows])
