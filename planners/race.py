"""A race of proposals for one change: all are run a few times, and the better half of them a few times more.

Few runs, under luck that all share, tell a good proposal from a bad one more often than not; which of two good ones is
better hardly matters, for the winner has to show what it is worth under luck of its own (`planners.improve`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from planners.evaluator import Evaluation, Evaluator
from planners.evidence import CLEAR, is_affordable, is_hopeless
from planners.goal import Goal
from planners.plan import Plan


@dataclass(frozen=True)
class Lap:
    """So many runs of each that is still in the race."""

    runs: int
    hopeless: float
    """Who is worse than the present plan in all runs, by such a share at least, is out; if 0, in some and better in
    none."""


LAPS = (Lap(2, CLEAR), Lap(5, 0.0))
"""Before the last, of as many runs as it takes to choose."""


@dataclass(frozen=True, eq=False)
class Racer:
    """A proposal, what came of it so far, and whether it is out for being worse than the present plan."""

    plan: Plan
    evaluation: Evaluation
    is_out: bool
    promise: tuple[float, ...]
    """To sort by: whether it is out, whether it costs too much, how good it is."""


def race(
    plans: Iterable[Plan], before: Evaluation, evaluator: Evaluator, goal: Goal, laps: Sequence[Lap]
) -> Racer | None:
    """Who is first after some laps; None if nobody starts. `before` has as many runs as the longest lap."""
    field, ranking = list(plans), []
    for lap in laps:
        ranking = sorted((_after(lap, plan, before, evaluator, goal) for plan in field), key=lambda each: each.promise)
        field = [each.plan for each in ranking[: math.ceil(len(ranking) / 2)] if not each.is_out]
        if not field:
            break
    return ranking[0] if ranking else None


def _after(lap: Lap, plan: Plan, before: Evaluation, evaluator: Evaluator, goal: Goal) -> Racer:
    found = evaluator.evaluate(plan, runs=lap.runs)
    is_out = is_hopeless(before, found, goal, lap.hopeless)
    is_dear = not is_affordable(before.first(lap.runs), found, goal)
    return Racer(plan, found, is_out, (is_out, is_dear, *goal.key(found)))
