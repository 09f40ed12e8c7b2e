"""Evidence that one plan is better than another, and not merely flattered by luck.

Two evaluations under the same luck are compared run by run. The one-sided 95 % interval of the improvement is the
percentile bootstrap over pairs, of the mean or quantile that is judged; and where a quantile is judged the mean must
not have become worse, for a quantile of few runs says little about the others.

What is faster may cost more, within the budget; where none is set, by no larger a share than it is faster.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planners.evaluator import Evaluation
from planners.goal import Goal

CONFIDENCE = 0.95
_RESAMPLES = 1_000
_SEED = 0
"""Of the bootstrap, whose resamples are the same for every comparison."""
_LEAST_SHARE = 1e-9
"""Improvements below this share of what is improved are rounding."""
_INSTANT_S = 1e-9

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Improvement:
    """By how much a plan is better; negative if it is worse. In s, or USD where money is saved."""

    before: float
    after: float
    at_least: float
    """The lower end of the one-sided interval."""
    is_shown: bool
    """Whether it excludes zero, for the mean too, and nothing else that the goal asks for was given up."""

    @property
    def share(self) -> float:
        """The improvement as a share of what it was before."""
        return (self.before - self.after) / self.before if self.before else 0.0


def improvement(before: Evaluation, after: Evaluation, goal: Goal) -> Improvement:
    """How much better `after` is than `before`, run `i` of both under the same luck."""
    if after.n_failed or before.n_failed:
        rescued = before.n_failed > after.n_failed == 0
        return Improvement(float("nan"), float("nan"), float("nan"), rescued)
    if goal.saves and goal.shortfall(before) == 0:
        return _of(before.costs_usd, after.costs_usd, Goal(), goal.is_met(after))
    return _of(before.makespans_s, after.makespans_s, goal, is_affordable(before, after, goal))


def is_hopeless(before: Evaluation, glance: Evaluation, goal: Goal) -> bool:
    """Whether the first runs after a change were better in none and worse in some: in time, or in money to be saved."""
    n = len(glance.costs_usd)
    worse = glance.makespans_s - before.makespans_s[:n]
    if goal.saves and goal.shortfall(before) == 0:
        worse = glance.costs_usd - before.costs_usd[:n]
    return bool((worse >= 0).all() and (worse > 0).any())


def is_affordable(before: Evaluation, after: Evaluation, goal: Goal) -> bool:
    """Whether the budget is kept; without one, whether time times cost has not grown."""
    if goal.budget_usd is not None:
        return after.mean_cost_usd <= max(goal.budget_usd, before.mean_cost_usd)
    most_usd = before.mean_cost_usd * goal.time_s(before) / max(goal.time_s(after), _INSTANT_S)
    return after.mean_cost_usd <= most_usd * (1 + _LEAST_SHARE)


def _of(before: Floats, after: Floats, goal: Goal, keeps_the_rest: bool) -> Improvement:
    judged, mean = (_lower_end(before, after, quantile) for quantile in (goal.quantile, None))
    least = _LEAST_SHARE * goal.of(before)
    return Improvement(goal.of(before), goal.of(after), judged, keeps_the_rest and judged > least and mean > least)


def _lower_end(before: Floats, after: Floats, quantile: float | None) -> float:
    """Of the one-sided interval for how far the mean or quantile went down."""
    n = len(before)
    drawn = np.random.default_rng(_SEED).integers(n, size=(_RESAMPLES, n))
    if quantile is None:
        gains: Floats = (before - after)[drawn].mean(axis=1)
    else:
        gains = np.quantile(before[drawn], quantile, axis=1) - np.quantile(after[drawn], quantile, axis=1)
    return float(np.quantile(gains, 1 - CONFIDENCE))
