"""One workflow under one planner on one state of the pool: what was measured, beside what was predicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faascast.experiments.calibration.shapes import distance
from faascast.experiments.validation.causes import CAUSES, in_all, mean_of, of_tasks, on_the_path, task_errors
from faascast.experiments.validation.errors import Errors, errors_of
from faascast.experiments.validation.predict import Predicted
from faascast.experiments.validation.samples import Cell, Sample

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CellReport:
    """One cell: what was measured in runs that the prediction has not seen, and what was predicted."""

    cell: Cell
    measured_s: Floats
    """Makespans."""
    known_s: Floats
    """Makespans of the cell's runs that were calibrated with."""
    predicted_s: Floats
    runs: Errors
    """Of each run: how far it is from the median predicted for its plan and its pool."""
    path: Mapping[str, tuple[float, float]]
    """Measured and predicted seconds on the critical path by cause; each adds up to the mean makespan."""
    sums: Mapping[str, tuple[float, float]]
    """Measured and predicted seconds in all by cause."""
    tasks: Mapping[str, Sequence[float]]
    """Relative errors of single tasks' mean times, by cause."""
    billed_gb_s: tuple[float, float]
    """Measured and predicted, means."""
    cost_usd: tuple[float, float]

    @property
    def error(self) -> float:
        """Of the median makespan, relative and signed: above 0 where the prediction is too long."""
        return float(np.median(self.predicted_s) / np.median(self.measured_s) - 1)

    @property
    def floor(self) -> float | None:
        """The same between the two halves of the recorded runs, unsigned; None where one half has none."""
        if not len(self.known_s):
            return None
        return abs(float(np.median(self.known_s) / np.median(self.measured_s) - 1))

    @property
    def ks(self) -> float:
        """Kolmogorov-Smirnov distance of measured and predicted makespans, 0 to 1."""
        return distance(self.measured_s, self.predicted_s)

    @property
    def wasserstein(self) -> float:
        """Mean distance between quantiles of measured and predicted makespans, relative to the measured median."""
        levels = (np.arange(200) + 0.5) / 200
        apart = np.abs(np.quantile(self.measured_s, levels) - np.quantile(self.predicted_s, levels))
        return float(apart.mean() / np.median(self.measured_s))

    @property
    def blame(self) -> tuple[str, float]:
        """The cause with the largest part in the error on the critical path, and its part of the makespan, signed."""
        whole_s = sum(measured for measured, _ in self.path.values())
        cause = max(CAUSES, key=lambda each: abs(self.path[each][1] - self.path[each][0]))
        measured, predicted = self.path[cause]
        return cause, (predicted - measured) / whole_s if whole_s else 0.0


def report_of(
    cell: Cell, samples: Sequence[Sample], known: Sequence[Sample], predicted: Sequence[Predicted]
) -> CellReport:
    """All predictions of a cell together: its runs may have found the pool in different states."""
    measured_s = np.array([sample.makespan_s for sample in samples])
    known_s = np.array([sample.makespan_s for sample in known])
    events = [sample.evidence.tables["events"] for sample in samples]
    paths = (
        mean_of([on_the_path(each) for each in events]),
        mean_of([path for each in predicted for path in each.paths]),
    )
    sums = mean_of([in_all(each) for each in events]), mean_of([part for each in predicted for part in each.sums])
    billed = [sample.evidence.billed_gb_s for sample in samples]
    costs = [sample.evidence.cost_usd for sample in samples]
    return CellReport(
        cell=cell,
        measured_s=measured_s,
        known_s=known_s,
        predicted_s=np.concatenate([each.makespans_s for each in predicted]),
        runs=errors_of([float(np.median(each.makespans_s)) for each in predicted], measured_s.tolist()),
        path={cause: (paths[0][cause], paths[1][cause]) for cause in CAUSES},
        sums={cause: (sums[0][cause], sums[1][cause]) for cause in CAUSES},
        tasks=task_errors([of_tasks(each) for each in events], [part for each in predicted for part in each.tasks]),
        billed_gb_s=(float(np.mean(billed)), float(np.mean(np.concatenate([each.billed_gb_s for each in predicted])))),
        cost_usd=(float(np.mean(costs)), float(np.mean(np.concatenate([each.costs_usd for each in predicted])))),
    )
