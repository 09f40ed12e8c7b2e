"""Evidence that one plan is better than another, and not merely flattered by luck.

Two evaluations under the same luck are compared run by run. The one-sided 95 % interval of the improvement is the
percentile bootstrap over pairs, of the mean or quantile that is judged; and where a quantile is judged the mean must
not have become worse, for a quantile of few runs says little about the others.

What is faster may cost more, within the budget; where none is set, by no larger a share than it is faster.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planners.evaluator import Evaluation
from planners.goal import Goal

CONFIDENCE = 0.95
_RESAMPLES = 1_000
_SEED = 0
"""Of the bootstrap, whose resamples are the same for every comparison."""
CLEAR = 0.05
"""A difference of such a share in each of a few runs is more than luck."""
MATTERS = 0.005
"""A change of a smaller share is not worth having: figures of platforms are not known so well."""
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
    why_not: str = ""
    """Of what was better at first sight, why it does not count."""
    of: str = "time"
    """What it is an improvement of: time or money."""

    @property
    def share(self) -> float:
        """The improvement as a share of what it was before."""
        return (self.before - self.after) / self.before if 0 < self.before < math.inf else 0.0

    def __str__(self) -> str:
        """The verdict, and what it rests on."""
        if self.before == math.inf:
            return "kept, for no run fails with it" if self.is_shown else f"left out, for {self.why_not}"
        verdict = "kept" if self.is_shown else f"left out, for {self.why_not}" if self.why_not else "left out"
        return f"{verdict}: {self.in_shares()}"

    def in_shares(self) -> str:
        """By how much it is less, or more."""
        if self.share < 0:
            return f"{-100 * self.share:.1f} % more {self.of}"
        least = self.at_least / self.before if self.before else 0.0
        return f"{100 * self.share:.1f} % less {self.of}, at least {100 * least:.1f} % at 95 %".replace("-", "−")


def improvement(before: Evaluation, after: Evaluation, goal: Goal, matters: float = 0.0) -> Improvement:
    """How much better `after` is than `before`, run `i` of both under the same luck.

    An improvement that is surely below the share `matters`, by the same interval's upper end, does not count.
    """
    if after.n_failed or before.n_failed:
        return _of_failures(before, after)
    if saves := _saves(before, goal):
        why_not = "" if goal.is_met(after) else "the deadline would not be kept"
    else:
        why_not = "" if is_affordable(before, after, goal) else "it costs too much for that"
    was, now = _compared(before, after, goal)
    judged = _judged(before, goal)
    if not why_not and _is_too_little(was, now, judged, matters):
        why_not = "it is too little to matter"
    return replace(_of(was, now, judged, why_not), of="money" if saves else "time")


def is_clear(before: Evaluation, after: Evaluation, goal: Goal, matters: float = 0.0) -> bool:
    """Whether more runs would hardly tell another story.

    Each is better, and together by a share that is `CLEAR`; or they are no better by what is judged, or surely by less
    than the share that `matters`; or some fail.
    """
    if after.n_failed or before.n_failed:
        return after.n_failed > 0
    was, now = _compared(before, after, goal)
    judged = _judged(before, goal)
    if judged.of(now) >= judged.of(was) or _is_too_little(was, now, judged, matters):
        return True
    return bool((now < was).all() and now.sum() <= (1 - CLEAR) * was.sum())


def is_hopeless(before: Evaluation, glance: Evaluation, goal: Goal, by: float = 0.0) -> bool:
    """Whether the first runs after a change were better in none and worse in some: in time, or in money to be saved.

    Each worse by a share of at least `by`; or some fail where none did.
    """
    if glance.n_failed:
        return not before.n_failed
    was, now = _compared(before, glance, goal)
    return bool((now >= (1 + by) * was).all() and (now > was).any())


def _saves(before: Evaluation, goal: Goal) -> bool:
    """Whether money is what to gain, for the deadline is kept."""
    return goal.saves and goal.shortfall(before) == 0


def _judged(before: Evaluation, goal: Goal) -> Goal:
    """Money to be saved is judged on average."""
    return Goal() if _saves(before, goal) else goal


def _compared(before: Evaluation, after: Evaluation, goal: Goal) -> tuple[Floats, Floats]:
    """What is to become less, in the runs that both have in common."""
    n = len(after.costs_usd)
    if _saves(before, goal):
        return before.costs_usd[:n], after.costs_usd
    return before.makespans_s[:n], after.makespans_s


def is_affordable(before: Evaluation, after: Evaluation, goal: Goal) -> bool:
    """Whether the budget is kept; without one, whether time times cost has not grown."""
    if goal.budget_usd is not None:
        return after.mean_cost_usd <= max(goal.budget_usd, before.mean_cost_usd)
    most_usd = before.mean_cost_usd * goal.time_s(before) / max(goal.time_s(after), _INSTANT_S)
    return after.mean_cost_usd <= most_usd * (1 + _LEAST_SHARE)


def _of_failures(before: Evaluation, after: Evaluation) -> Improvement:
    """A plan that never fails is better than one that does; nothing else is known of plans that do."""
    n = len(after.costs_usd)
    if after.n_failed:
        return Improvement(math.inf, math.inf, 0.0, is_shown=False, why_not=f"{after.n_failed} of {n} runs fail")
    return Improvement(math.inf, math.inf, 0.0, is_shown=True)


def _of(before: Floats, after: Floats, goal: Goal, why_not: str) -> Improvement:
    judged, mean = (_ends(before, after, quantile)[0] for quantile in (goal.quantile, None))
    least = _LEAST_SHARE * goal.of(before)
    is_better = judged > least and mean > least
    return Improvement(goal.of(before), goal.of(after), judged, is_better and not why_not, why_not if is_better else "")


def _is_too_little(before: Floats, after: Floats, goal: Goal, matters: float) -> bool:
    """Whether the improvement, if it is one, is surely smaller than what matters."""
    return matters > 0 and _ends(before, after, goal.quantile)[1] < matters * goal.of(before)


def _ends(before: Floats, after: Floats, quantile: float | None) -> tuple[float, float]:
    """Of the one-sided intervals for how far the mean or quantile went down: the lower end, the upper end."""
    n = len(before)
    drawn = np.random.default_rng(_SEED).integers(n, size=(_RESAMPLES, n))
    if quantile is None:
        gains: Floats = (before - after)[drawn].mean(axis=1)
    else:
        gains = np.quantile(before[drawn], quantile, axis=1) - np.quantile(after[drawn], quantile, axis=1)
    least, most = np.quantile(gains, (1 - CONFIDENCE, CONFIDENCE))
    return float(least), float(most)
