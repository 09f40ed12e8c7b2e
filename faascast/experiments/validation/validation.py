"""Half of the recorded runs calibrates, the other half is predicted blind, and the two are laid side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from faascast.experiments.calibration.calibrate import Calibration, calibrate
from faascast.experiments.calibration.evidence import Evidence
from faascast.experiments.validation.causes import CAUSES
from faascast.experiments.validation.errors import Errors, errors_of
from faascast.experiments.validation.predict import Predictor
from faascast.experiments.validation.ranking import Pair, pairs_of
from faascast.experiments.validation.report import CellReport, report_of
from faascast.experiments.validation.samples import Halves, Sample, by_cell, halves_of, samples_of
from faascast.faults import BadInput
from faascast.inputs import DEFAULT_SEED, Report
from platforms import Platform

N_SIMULATED = 40
"""Simulated runs behind each prediction."""
MEDIAN_TARGET, P90_TARGET = 0.05, 0.15
"""What is aimed at, over all cells: of the errors of the makespans."""


@dataclass(frozen=True, eq=False)
class Validation:
    """Predicted against measured."""

    cells: tuple[CellReport, ...]
    pairs: tuple[Pair, ...]
    calibration: Calibration
    n_failed: int
    """Recorded runs that failed; they are neither calibrated with nor predicted."""
    unpredicted: tuple[str, ...]
    """Cells that could not be predicted, and why."""

    @property
    def errors(self) -> Errors:
        """Of the cells' median makespans."""
        measured = [float(np.median(cell.measured_s)) for cell in self.cells]
        return errors_of([float(np.median(cell.predicted_s)) for cell in self.cells], measured)

    @property
    def floors(self) -> Errors | None:
        """The same between the halves of the recorded runs."""
        cells = [cell for cell in self.cells if len(cell.known_s)]
        if not cells:
            return None
        measured = [float(np.median(cell.measured_s)) for cell in cells]
        return errors_of([float(np.median(cell.known_s)) for cell in cells], measured)

    @property
    def run_errors(self) -> Errors:
        """Of all runs, each against the predicted median of its cell."""
        expected = [float(np.median(cell.predicted_s)) for cell in self.cells for _ in cell.measured_s]
        return errors_of(expected, np.concatenate([cell.measured_s for cell in self.cells]).tolist())

    @property
    def run_floors(self) -> Errors | None:
        """Of all runs, each against the median of its cell's runs that were calibrated with."""
        cells = [cell for cell in self.cells if len(cell.known_s)]
        if not cells:
            return None
        expected = [float(np.median(cell.known_s)) for cell in cells for _ in cell.measured_s]
        return errors_of(expected, np.concatenate([cell.measured_s for cell in cells]).tolist())

    @property
    def bill_errors(self) -> Errors:
        """Of the cells' mean billed GB-seconds."""
        measured, predicted = zip(*(cell.billed_gb_s for cell in self.cells), strict=True)
        return errors_of(predicted, measured)

    @property
    def causes(self) -> dict[str, tuple[float, float]]:
        """Measured and predicted seconds on the critical paths of all cells, by cause."""
        return {cause: _both([cell.path[cause] for cell in self.cells]) for cause in CAUSES}

    @property
    def wrong_pairs(self) -> tuple[Pair, ...]:
        """Pairs that differ significantly in reality and are predicted in the wrong order."""
        return tuple(pair for pair in self.pairs if pair.is_wrong)

    @property
    def is_on_target(self) -> bool:
        """Whether errors are as small, and planners in the order, that is aimed at."""
        found = self.errors
        return found.median <= MEDIAN_TARGET and found.p90 <= P90_TARGET and not self.wrong_pairs


def _both(parts: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return sum(measured for measured, _ in parts), sum(predicted for _, predicted in parts)


def validate_runs(
    runs: Sequence[Evidence],
    *,
    platform: Platform | None = None,
    n_simulated: int = N_SIMULATED,
    seed: int = DEFAULT_SEED,
    report: Report = lambda done, total: None,
) -> Validation:
    """Calibrate with every other round of recorded runs, and predict the others.

    ``platform`` is what to calibrate instead of what the runs were recorded on. BadInput if there is nothing to
    calibrate with, or nothing to predict.
    """
    return validate_samples(samples_of(runs), platform=platform, n_simulated=n_simulated, seed=seed, report=report)


def validate_samples(
    samples: Sequence[Sample],
    *,
    platform: Platform | None = None,
    n_simulated: int = N_SIMULATED,
    seed: int = DEFAULT_SEED,
    report: Report = lambda done, total: None,
) -> Validation:
    """The same for runs whose rounds are known."""
    halves = halves_of(samples)
    if not halves.known or not halves.unseen:
        raise BadInput(
            [
                f"recorded runs: {len(halves.all)} succeeded, in {len(by_cell(halves.all))} combinations of workflow, "
                "planner and pool; expected two of one at least, of which one is predicted from the other"
            ]
        )
    calibration = calibrate([sample.evidence for sample in halves.known], platform=platform)
    predictor = Predictor(calibration, n_simulated, seed)
    cells, unpredicted = _reports(halves, predictor, report)
    if not cells:
        raise BadInput(unpredicted)
    medians_s = {cell.cell: float(np.median(cell.predicted_s)) for cell in cells}
    pairs = pairs_of(by_cell(halves.all), medians_s)
    return Validation(tuple(cells), tuple(pairs), calibration, len(halves.failed), tuple(unpredicted))


def _reports(halves: Halves, predictor: Predictor, report: Report) -> tuple[list[CellReport], list[str]]:
    known = by_cell(halves.known)
    unseen = by_cell(halves.unseen)
    cells, unpredicted = [], []
    for number, (cell, samples) in enumerate(unseen.items()):
        report(number, len(unseen))
        try:
            predicted = [predictor.predict(sample.evidence) for sample in samples]
        except BadInput as refusal:
            unpredicted += [f"{' · '.join(cell)}: {fault}" for fault in refusal.faults]
            continue
        cells.append(report_of(cell, samples, known.get(cell, []), predicted))
    report(len(unseen), len(unseen))
    return cells, unpredicted
