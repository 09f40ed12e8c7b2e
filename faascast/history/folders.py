"""Runs in result folders: their tables are read as they were written, nothing is simulated again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faascast.faults import BadInput
from faascast.history.records import TABLES, Columns, take_tables
from faascast.results.folder import DOCUMENTS, document_of
from planners.knowledge.history import HistoryBuilder
from workloads import load_workflow

_WHOLE = ("memory_mb", "bytes")


def take_folder(builder: HistoryBuilder, folder: Path) -> None:
    """Take in the runs of a folder that `faascast simulate --out` or `compare --out` has written."""
    for run in run_folders(folder):
        workflow = load_workflow(str(run / "workflow.json"))
        try:
            take_tables(builder, workflow, {name: read_columns(run / f"{name}.parquet") for name in TABLES})
        except (KeyError, TypeError, ValueError) as error:
            if hasattr(error, "faults"):
                raise
            raise BadInput(
                [f"{run}: a table is not as it was written ({error}); expected the tables of a run"]
            ) from None


def folders_of_runs(folders: Iterable[Path]) -> Iterator[Path]:
    """The folders themselves; in place of one that is no result but holds results, those, 2 before 10.

    So what `run --runs 3 --out runs` has written can be named as `runs`.
    """
    for folder in folders:
        there = sorted(folder.iterdir(), key=lambda each: (len(each.name), each.name)) if folder.is_dir() else []
        inner = [each for each in there if each.is_dir()]
        has_document = any((folder / name).is_file() for name in DOCUMENTS)
        yield from [folder] if has_document or not inner else inner


def run_folders(folder: Path) -> Iterator[Path]:
    """The folders of single runs."""
    name, document = document_of(folder)
    if name == "run.json":
        yield folder
        return
    folders = document.get("folders")
    if name != "comparison.json" or not isinstance(folders, dict) or not folders:
        raise BadInput([f"{folder / name} holds no run; expected what simulate --out or compare --out has written"])
    for inner in folders.values():
        if not isinstance(inner, str) or not (folder / inner / "run.json").is_file():
            raise BadInput([f"{folder / name}: folders names {inner!r:.100}; expected the folder of a run"])
        yield folder / inner


def read_columns(path: Path) -> Columns:
    """The columns of a table; what is null is NaN or None."""
    import pyarrow.parquet  # a tenth of a second that only its users should pay
    from pyarrow import ArrowException

    if not path.is_file():
        raise BadInput([f"{path} is missing; expected a table of the run"])
    try:
        table = pyarrow.parquet.read_table(path)
    except (OSError, ArrowException) as error:
        raise BadInput([f"{path} cannot be read ({error}); expected a Parquet table"]) from None
    return {name: _array(table.column(name)) for name in table.column_names}


def _array(column: Any) -> NDArray[Any]:
    return np.asarray(column.to_numpy(zero_copy_only=False))
