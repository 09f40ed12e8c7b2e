"""Sweeps: planners × settings × runs, each point kept as soon as it is done, so that a sweep can be taken up again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from faascast.experiments.points import Point, PointStore, points
from faascast.experiments.processes import Crew
from faascast.experiments.rows import Row, frame, run_rows, summary_row
from faascast.experiments.summary import Summary, summarize
from faascast.experiments.trial import Outcome, carry_out
from faascast.faults import Intake
from faascast.inputs import (
    ALL_PLANNERS,
    DEFAULT_PLATFORM,
    DEFAULT_REPS,
    DEFAULT_SEED,
    Report,
    WorkflowLike,
    as_workflow,
    number_faults,
)
from faascast.settings import PlannerLike, PlatformLike
from workloads import FillRules, Workflow
from workloads.fill import REFUSE

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, eq=False)
class Sweep:
    """The points of a sweep and what came of each."""

    workflow: Workflow
    axes: Mapping[str, Sequence[object]]
    """Setting → its values."""
    seed: int
    reps: int
    points: tuple[Point, ...]
    outcomes: tuple[Outcome, ...]
    """Entry `i` belongs to point `i`."""

    @cached_property
    def summaries(self) -> tuple[Summary, ...]:
        """What is said of each point."""
        return tuple(summarize([outcome], self.seed)[0] for outcome in self.outcomes)

    @property
    def summary(self) -> pandas.DataFrame:
        """What is said of each point, a row each, with its settings."""
        return frame(self.summary_rows())

    @property
    def runs(self) -> pandas.DataFrame:
        """Every run of every point, a row each, with its point's settings; a point without runs has one row."""
        return frame(self.run_rows())

    def values_of(self, point: Point) -> Row:
        """A point's settings; of an axis whose texts are all numbers, as numbers."""
        return {key: self._typed[key][values.index(point.settings[key])] for key, values in self.axes.items()}

    @cached_property
    def _typed(self) -> dict[str, list[object]]:
        return {key: _as_numbers(values) for key, values in self.axes.items()}

    def summary_rows(self) -> Iterator[Row]:
        """The rows of `summary`."""
        for point, summary in zip(self.points, self.summaries, strict=True):
            yield {**self.values_of(point), **summary_row(summary, difference=False)}

    def run_rows(self) -> Iterator[Row]:
        """The rows of `runs`."""
        for point, outcome in zip(self.points, self.outcomes, strict=True):
            for row in run_rows(outcome):
                yield {**self.values_of(point), **row}


def _as_numbers(values: Sequence[object]) -> list[object]:
    for kind in (int, float):
        with suppress(ValueError):
            return [kind(value) if isinstance(value, str) else value for value in values]
    return [*map(str, values)]


def sweep(
    workflow: WorkflowLike,
    planners: Sequence[PlannerLike] = ALL_PLANNERS,
    platform: PlatformLike = DEFAULT_PLATFORM,
    *,
    axes: Mapping[str, Sequence[object]],
    fill: FillRules = REFUSE,
    faults: Sequence[str] = (),
    reps: int = DEFAULT_REPS,
    seed: int = DEFAULT_SEED,
    processes: int = 1,
    store: Path | str | None = None,
    report: Report = lambda done, total: None,
) -> Sweep:
    """Run a workflow `reps` times at each point: every planner with every combination of the settings' values.

    All points share the seeds of their runs. With a `store`, a folder, each point is kept there as soon as it is
    done, and what is there already is not run again; a changed workflow, platform, planner, seed or number of
    runs is another point. A point that has no plan, fails or meets an error is part of the result and stops no
    other. BadInput is raised before anything is run, for input that nobody could run, with all that is wrong with it
    and the `faults` that the caller has found.
    """
    intake = Intake()
    intake.refuse(*faults, *number_faults(reps=reps, seed=seed, processes=processes))
    found = intake.take(lambda: as_workflow(workflow, fill))
    fingerprint = found.fingerprint if found else ""
    every = intake.take(lambda: points(fingerprint, planners, platform, axes, seed, reps))
    intake.close()
    assert found is not None
    assert every is not None
    outcomes = _outcomes(found, every, PointStore(Path(store)) if store else None, processes, report)
    return Sweep(found, axes, seed, reps, every, tuple(outcomes[point.key] for point in every))


def _outcomes(
    workflow: Workflow, every: Sequence[Point], store: PointStore | None, processes: int, report: Report
) -> dict[str, Outcome]:
    """By key; two points that come to the same are run once."""
    by_key = {point.key: point for point in every}
    kept = {key: store.load(key) for key in by_key} if store else {}
    outcomes = {key: outcome for key, outcome in kept.items() if outcome is not None}
    left = [point for key, point in by_key.items() if key not in outcomes]
    report(len(outcomes), len(by_key))
    with Crew(workflow, min(processes, len(left))) as crew:
        for index, outcome in crew.as_they_come(carry_out, [point.trial for point in left]):
            key = left[index].key
            outcomes[key] = outcome
            if store:
                store.save(key, outcome)
            report(len(outcomes), len(by_key))
    return outcomes
