"""A validation as plain data, as a table, and in a folder with a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from faascast.experiments.validation.causes import CAUSES
from faascast.experiments.validation.errors import Errors
from faascast.experiments.validation.flowbench import Group, Prediction, groups_of
from faascast.experiments.validation.ranking import Pair, rank_correlation
from faascast.experiments.validation.report import CellReport
from faascast.experiments.validation.validation import Validation
from faascast.plots.style import save
from faascast.plots.validation import predicted_measured
from faascast.results.calibration import calibration_content
from faascast.results.documents import document, versions
from faascast.results.folder import whole_folder, write_document
from faascast.results.tables import rows_table, write_tables
from faascast.text.validation import validation_lines


def write_validation(folder: Path, validation: Validation) -> None:
    """Write document, tables, text, the calibrated platform and the picture into a folder that is there and empty."""
    write_tables(folder, {"validation": rows_table(map(cell_row, validation.cells))})
    (folder / "validation.txt").write_text("\n".join(validation_lines(validation)) + "\n", "utf-8")
    (folder / "platform.toml").write_text(validation.calibration.platform.to_toml(), "utf-8")
    save(predicted_measured(validation), folder / "validation.png")
    write_document(folder, "validation.json", document("validation", validation_content(validation)))


def validation_content(validation: Validation) -> dict[str, object]:
    """A validation in figures."""
    return {
        "cells": [_cell(cell) for cell in validation.cells],
        "makespan_error": _errors(validation.errors),
        "makespan_floor": _errors(validation.floors),
        "run_error": _errors(validation.run_errors),
        "run_floor": _errors(validation.run_floors),
        "bill_error": _errors(validation.bill_errors),
        "causes": [_cause(cause, validation.causes[cause]) for cause in CAUSES],
        "rank_correlation": rank_correlation(validation.pairs),
        "pairs": [_pair(pair) for pair in validation.pairs],
        "is_on_target": validation.is_on_target,
        "n_failed": validation.n_failed,
        "unpredicted": list(validation.unpredicted),
        "calibration": calibration_content(validation.calibration),
        "versions": versions(),
    }


def cell_row(cell: CellReport) -> dict[str, object]:
    """A cell as a row of a table."""
    measured_s, predicted_s = float(np.median(cell.measured_s)), float(np.median(cell.predicted_s))
    row: dict[str, object] = {
        **cell.cell._asdict(),
        "n_measured": len(cell.measured_s),
        "n_known": len(cell.known_s),
        "measured_s": measured_s,
        "predicted_s": predicted_s,
        "error": cell.error,
        "floor": cell.floor,
        "run_error_median": cell.runs.median,
        "run_error_p90": cell.runs.p90,
        "ks": cell.ks,
        "wasserstein": cell.wasserstein,
        "measured_gb_s": cell.billed_gb_s[0],
        "predicted_gb_s": cell.billed_gb_s[1],
        "measured_usd": cell.cost_usd[0],
        "predicted_usd": cell.cost_usd[1],
    }
    for cause in CAUSES:
        name = cause.replace("-", "_").lower()
        row[f"measured_{name}_s"], row[f"predicted_{name}_s"] = cell.path[cause]
    return row


def _cell(cell: CellReport) -> dict[str, object]:
    tasks = [
        {"cause": cause, "n_tasks": len(errors), "median_error": float(np.median(np.abs(errors)))}
        for cause, errors in cell.tasks.items()
        if len(errors)
    ]
    return {
        **{name: value for name, value in cell_row(cell).items() if not _is_of_a_cause(name)},
        "causes": [_cause(cause, cell.path[cause]) for cause in CAUSES],
        "sums": [_cause(cause, cell.sums[cause]) for cause in CAUSES],
        "tasks": tasks,
        "measured_runs_s": cell.measured_s.tolist(),
        "known_runs_s": cell.known_s.tolist(),
        "predicted_runs_s": cell.predicted_s.tolist(),
    }


def _is_of_a_cause(name: str) -> bool:
    return any(name.endswith(f"_{cause.replace('-', '_').lower()}_s") for cause in CAUSES)


def _cause(cause: str, seconds: tuple[float, float]) -> dict[str, object]:
    return {"cause": cause, "measured_s": seconds[0], "predicted_s": seconds[1]}


def _errors(errors: Errors | None) -> dict[str, Any] | None:
    return asdict(errors) if errors else None


def _pair(pair: Pair) -> dict[str, object]:
    return {**asdict(pair), "is_wrong": pair.is_wrong}


# ---- FlowBench


def write_flowbench(folder: Path, predictions: Sequence[Prediction]) -> None:
    """Write document and table of predictions of recorded runs."""
    with whole_folder(folder) as inside:
        write_tables(inside, {"flowbench": rows_table(map(asdict, predictions))})
        write_document(inside, "validation.json", document("flowbench", flowbench_content(predictions)))


def flowbench_content(predictions: Sequence[Prediction]) -> dict[str, object]:
    """Predictions of recorded runs in figures."""
    return {
        "groups": [_group(group) for group in groups_of(predictions)],
        "runs": [asdict(prediction) for prediction in predictions],
        "versions": versions(),
    }


def _group(group: Group) -> dict[str, object]:
    calm = group.without_slow_disks
    return {
        "workflow": group.name,
        "errors": {method: asdict(errors) for method, errors in group.every.items()},
        "errors_without_slow_disks": {method: asdict(errors) for method, errors in calm.items()} if calm else None,
    }
