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
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from faascast.faults import BadInput
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
_NS_PER_S = 10**9


def take_flowbench(builder: HistoryBuilder, path: Path, memory_mb: int) -> None:
    """Take in a CSV file of one run, or a ZIP file of many; BadInput if it is neither."""
    for name, text in _files(path):
        rows = csv.DictReader(io.StringIO(text))
        if missing := [column for column in COLUMNS if column not in (rows.fieldnames or ())]:
            raise BadInput([f"{name} has no columns {', '.join(missing)}; expected a run of FlowBench"])
        builder.add_runs()
        _take(builder, [row for row in rows if row["type"] == "compute" and row["anomaly_type"] == "None"], memory_mb)


def _files(path: Path) -> Iterator[tuple[str, str]]:
    """The CSV files in the order of their names."""
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


def _figure(column: str, factor: int = 1) -> Callable[[Mapping[str, str]], int]:
    return lambda row: round(max(0.0, float(row[column])) * factor)


def _computing_ns(row: Mapping[str, str]) -> int:
    staging_s = sum(float(row[column] or 0) for column in ("stage_in_delay", "stage_out_delay"))
    return round(max(0.0, float(row["runtime"]) - staging_s) * _NS_PER_S)


def _column(
    rows: list[dict[str, str]], read: Callable[[Mapping[str, str]], int]
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([read(row) for row in rows], dtype=np.int64)
