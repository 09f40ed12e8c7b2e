"""Whether what was asked for is kept by runs: a deadline, a budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from faascast.experiments.measures import Measures
from faascast.settings import GOALS, Use
from planners.evaluator import Evaluation
from planners.goal import Goal
from planners.level import AVERAGE
from planners.verdict import too_few


@dataclass(frozen=True)
class Kept:
    """What a planner's runs make of a goal."""

    goal: Goal
    makespan_s: float | None
    """Mean or percentile, as judged; None if a run failed."""
    mean_cost_usd: float
    is_met: bool
    needs_runs: int | None = None
    """How many runs it takes to tell the percentile that is judged, where there are fewer."""


def goal_of(uses: Sequence[Use]) -> Goal | None:
    """The goal that settings ask for; None if there is neither a deadline nor a budget."""
    return goal_in({use.key: use.value for use in uses})


def goal_in(settings: Mapping[str, object]) -> Goal | None:
    """The same of settings by key."""
    asked = {key: settings[key] for key in GOALS if key in settings and str(settings[key]) != "none"}
    if "deadline_s" not in asked and "budget_usd" not in asked:
        return None
    deadline_s, budget_usd = (float(str(asked[key])) if key in asked else None for key in ("deadline_s", "budget_usd"))
    return Goal(str(asked.get("sla", AVERAGE)), deadline_s, budget_usd)


def kept(goal: Goal, runs: Sequence[Measures]) -> Kept | None:
    """What runs make of it; None if there are none."""
    if not runs:
        return None
    evaluation = Evaluation(
        makespans_s=np.array([np.nan if run.makespan_s is None else run.makespan_s for run in runs]),
        costs_usd=np.array([run.cost_usd for run in runs]),
        failures=tuple(run.failure if run.makespan_s is None else None for run in runs),
    )
    time_s = None if evaluation.n_failed else goal.time_s(evaluation)
    needs = too_few(goal, len(runs))
    return Kept(goal, time_s, evaluation.mean_cost_usd, goal.is_met(evaluation), needs.n_runs if needs else None)
