"""A comparison in a folder: its tables, its input, and in a folder for each planner the run of the typical seed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, count
from pathlib import Path

from faascast.experiments.comparison import Comparison
from faascast.experiments.rows import Row, run_rows, summary_row
from faascast.results.documents import comparison_content, document
from faascast.results.folder import write_document
from faascast.results.labels import Labels
from faascast.results.run_folder import write_run
from faascast.results.tables import rows_table, write_tables
from workloads.sources import write_workflow


def write_comparison(folder: Path, comparison: Comparison) -> None:
    """Write a comparison into a folder that is there and empty."""
    tables = {"comparison": rows_table(_summary_rows(comparison)), "runs": rows_table(_run_rows(comparison))}
    write_tables(folder, tables)
    write_workflow(comparison.workflow, folder / "workflow.json")
    (folder / "platform.toml").write_text(comparison.platform.to_toml(), "utf-8")
    folders = {}
    for name, outcome in zip(folder_names(comparison.planners), comparison.outcomes, strict=True):
        if outcome.runs:
            (folder / name).mkdir()
            write_run(folder / name, comparison.run(outcome.planner), comparison.uses, outcome.warnings)
            folders[outcome.planner] = name
    content = comparison_content(comparison) | {"folders": folders}
    write_document(folder, "comparison.json", document("comparison", content))


def folder_names(planners: Sequence[str]) -> tuple[str, ...]:
    """Names of folders for planners, free of what a shell would take for its own; all distinct."""
    names: list[str] = []
    for planner in planners:
        stem = re.sub(r"[^\w.-]+", "-", planner).strip("-.")
        tries = chain([stem], (f"{stem}-{k}" for k in count(2)))
        names.append(next(name for name in tries if name not in names))
    return tuple(names)


def _summary_rows(comparison: Comparison) -> Iterator[Row]:
    for summary in comparison.summaries:
        yield _labels(comparison, summary.planner) | summary_row(summary)


def _run_rows(comparison: Comparison) -> Iterator[Row]:
    """As in the table of a single run: the seed is the run's own."""
    for outcome in comparison.outcomes:
        for row in run_rows(outcome):
            yield _labels(comparison, outcome.planner) | row


def _labels(comparison: Comparison, planner: str) -> Row:
    platform = comparison.platform.name
    return Labels.of(comparison.workflow.name, planner, platform, comparison.uses, comparison.seed).columns()
