"""A sweep in a folder: a file for each point, and tables of all that the last call asked for.

Points outlive the call that made them, so a sweep can be taken up again, or another one use the same folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from faascast.experiments.rows import Row, run_rows
from faascast.experiments.sweep import Sweep
from faascast.results.documents import document, sweep_content
from faascast.results.folder import whole_file, write_document
from faascast.results.kept_folder import kept_faults
from faascast.results.labels import Labels
from faascast.results.tables import ENDINGS, rows_table, write_table
from workloads.sources import write_workflow

POINTS = "points"
_OWN = re.compile(rf"sweep\.(json|csv|parquet)|workflow\.json|{POINTS}/[^/]+")
_MARKS = (POINTS, "sweep.json")


def sweep_faults(folder: Path) -> Iterator[str]:
    """Why no sweep can be kept here; nothing if it can."""
    yield from kept_faults(folder, "sweep", _OWN, _MARKS)


def write_sweep(folder: Path, sweep: Sweep) -> None:
    """Write the tables and the document of a sweep beside its points, each file in full or not at all."""
    table = rows_table(_rows(sweep))
    for ending in ENDINGS:
        with whole_file(folder / f"sweep{ending}") as path:
            write_table(path, table)
    with whole_file(folder / "workflow.json") as path:
        write_workflow(sweep.workflow, path)
    with whole_file(folder / "sweep.json") as path:
        write_document(path.parent, path.name, document("sweep", sweep_content(sweep)))


def _rows(sweep: Sweep) -> Iterator[Row]:
    """Every run of every point; a point without runs has one row that says why."""
    for point, outcome in zip(sweep.points, sweep.outcomes, strict=True):
        labels = Labels.of(sweep.workflow.name, outcome.planner, point.trial.platform.name, point.uses, sweep.seed)
        for row in run_rows(outcome):
            yield {**labels.columns(), "point": point.key, **sweep.values_of(point), **row}
