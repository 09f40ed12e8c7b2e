"""`Comparison`: planners side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from executor.records.run import Run
from faascast.experiments.rows import frame, run_rows, summary_row
from faascast.experiments.summary import Summary, summarize
from faascast.experiments.trial import Outcome, plan_with
from faascast.settings import Use
from faascast.text.comparison import comparison_lines
from planners.plan import Plan
from planners.planner import Planner
from platforms import Platform
from sim import simulate
from sim.seeds import run_seeds
from workloads import Workflow

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, eq=False, repr=False)
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
    foreseeing: Mapping[str, Planner] = field(default_factory=dict)
    """Planners that know a run's luck, by name: each run has a plan of its own, `plans` holds the first run's."""

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

    def to_text(self, width: int | None = 100) -> str:
        """Two tables and what is to be known with them, for a terminal of this width; None is without limit."""
        return "\n".join(comparison_lines(self, width))

    def __repr__(self) -> str:
        runs = f"{len(self.outcomes)} planners × {self.reps} runs"
        return f"Comparison({self.workflow.name!r} on {self.platform.name!r}: {runs})"

    @property
    def typical_seed(self) -> int:
        """The seed of the best planner's median run (of two in the middle the faster); if none completed, the first."""
        outcome = next((each for each in self.outcomes if each.planner == self.best), None)
        runs = outcome.runs if outcome else ()
        makespans_s = sorted((run.makespan_s, i) for i, run in enumerate(runs) if run.makespan_s is not None)
        return runs[makespans_s[(len(makespans_s) - 1) // 2][1]].seed if makespans_s else run_seeds(self.seed, 1)[0]

    def run(self, planner: str | None = None, seed: int | None = None) -> Run:
        """A planner's run with all its records, made again; of the best planner by default.

        All planners have the same typical seed, so that two of these runs differ by their plans, not by luck.
        KeyError for a planner that is not compared, ValueError for one without a plan.
        """
        chosen = planner or self.best or self.planners[0]
        if chosen not in self.planners:
            raise KeyError(f"{chosen!r} is none of the planners compared: {', '.join(self.planners)}")
        plan, outcome = next(pair for pair in zip(self.plans, self.outcomes, strict=True) if pair[1].planner == chosen)
        if plan is None:
            raise ValueError(f"{chosen} has no plan to run: {'; '.join(outcome.reasons)}")
        seed = self.typical_seed if seed is None else seed
        if chosen in self.foreseeing:
            planned = plan_with(self.foreseeing[chosen], self.workflow, self.platform, self.seed, seed)
            plan = planned.plan or plan
        return simulate(self.workflow, plan, self.platform, seed=seed)

    @property
    def summary(self) -> pandas.DataFrame:
        """What is said of each planner, a row each."""
        return frame(map(summary_row, self.summaries))

    @property
    def runs(self) -> pandas.DataFrame:
        """Every run of every planner, a row each."""
        return frame(chain.from_iterable(map(run_rows, self.outcomes)))
