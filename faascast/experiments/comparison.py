"""`Comparison`: planners side by side."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from executor.records.run import Run
from faascast.experiments.rows import frame, run_rows, summary_row
from faascast.experiments.summary import Summary, summarize
from faascast.experiments.trial import Outcome
from faascast.settings import Use
from planners.plan import Plan
from platforms import Platform
from sim import simulate
from workloads import Workflow

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, eq=False)
class Comparison:
    """Entry `i` of each tuple belongs to the `i`-th planner; the first planner is the reference."""

    workflow: Workflow
    platform: Platform
    uses: tuple[Use, ...]
    """Where the settings hold."""
    seed: int
    reps: int
    plans: tuple[Plan | None, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def planners(self) -> tuple[str, ...]:
        """Their canonical names."""
        return tuple(outcome.planner for outcome in self.outcomes)

    @cached_property
    def summaries(self) -> tuple[Summary, ...]:
        """What is said of each planner."""
        return summarize(self.outcomes, self.seed)

    @property
    def best(self) -> str | None:
        """The planner with the least median makespan; None if no run completed."""
        medians_s = {each.planner: each.medians.get("makespan_s") for each in self.summaries}
        known_s = {planner: median_s for planner, median_s in medians_s.items() if median_s is not None}
        return min(known_s, key=known_s.__getitem__) if known_s else None

    def run(self, planner: str | None = None, seed: int | None = None) -> Run:
        """One of the runs with all its records, made again.

        By default the typical run of the best planner: that of the median makespan (the faster of the two in the
        middle); where no run completed, the first. KeyError for an unknown planner, ValueError for one without
        a plan.
        """
        chosen = planner or self.best or self.planners[0]
        if chosen not in self.planners:
            raise KeyError(f"{chosen!r} is none of the planners compared: {', '.join(self.planners)}")
        plan, outcome = next(pair for pair in zip(self.plans, self.outcomes, strict=True) if pair[1].planner == chosen)
        if plan is None:
            raise ValueError(f"{chosen} has no plan to run: {'; '.join(outcome.reasons)}")
        return simulate(self.workflow, plan, self.platform, seed=_typical(outcome) if seed is None else seed)

    @property
    def summary(self) -> pandas.DataFrame:
        """What is said of each planner, a row each."""
        return frame(map(summary_row, self.summaries))

    @property
    def runs(self) -> pandas.DataFrame:
        """Every run of every planner, a row each."""
        return frame(chain.from_iterable(map(run_rows, self.outcomes)))


def _typical(outcome: Outcome) -> int:
    """The seed of the median run."""
    makespans_s = [(run.makespan_s, i) for i, run in enumerate(outcome.runs) if run.makespan_s is not None]
    middle = sorted(makespans_s)[(len(makespans_s) - 1) // 2][1] if makespans_s else 0
    return outcome.runs[middle].seed
