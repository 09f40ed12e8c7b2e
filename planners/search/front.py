"""`Front`: what shorter makespans cost. The plans of a search that no other one beats in both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from planners.evaluator import Evaluation
from planners.goal import Goal
from planners.plan import Plan
from planners.search.contest import TELLING_DRAW, Contest, Tried
from planners.search.searching import Found

MOST_POINTS = 30
"""Of a front: the ends, and evenly many between them."""


@dataclass(frozen=True, eq=False)
class Point:
    """A plan, and what came of it under luck that no plan was chosen with."""

    plan: Plan
    origin: str
    """The planner it is from, or `search`."""
    time_s: float
    """Mean or percentile of the makespans, as judged; infinite if a run failed."""
    cost_usd: float
    """Mean cost."""
    is_met: bool
    """Whether deadline and budget are kept, as far as there are any."""
    evaluation: Evaluation


@dataclass(frozen=True, eq=False)
class Front:
    """Points by makespan, each cheaper than all before it, and the plans that the search began with."""

    goal: Goal
    n_runs: int
    """Of each plan."""
    points: tuple[Point, ...]
    starts: tuple[Point, ...]
    """By the makespan; one of them may be in the front, too."""

    def __iter__(self) -> Iterator[Point]:
        return iter(self.points)

    def __len__(self) -> int:
        return len(self.points)


def front_of(found: Found, best: Plan | None = None) -> Front:
    """The front of all that was tried: first by the luck for choosing, then again by fresh luck.

    `best` is what was made of the best plan since.
    """
    contest = found.contest
    full = [tried for tried in contest.full if tried.full is not None and not tried.full.n_failed]
    chosen = _spread([full[i] for i in undominated([_choosing(tried, contest.space.goal) for tried in full])])
    points = [point_of(tried.plan, tried.origin, contest) for tried in (found.champion, *chosen)]
    points += [point_of(best, "search", contest)] if best is not None else []
    points = [*{point.plan.bare(): point for point in reversed(points)}.values()]  # who tried a plan first named it
    starts = [point_of(tried.plan, tried.origin, contest) for tried in contest.tried if tried.origin != "search"]
    every = [point for point in (*points, *starts) if not point.evaluation.n_failed]
    kept = [every[i] for i in undominated([(point.time_s, point.cost_usd) for point in every])]
    by_time = sorted(starts, key=lambda point: (point.time_s, point.cost_usd))
    return Front(
        contest.space.goal,
        len(contest.confirmed(found.champion.plan, TELLING_DRAW).failures),
        tuple(kept),
        tuple(by_time),
    )


def undominated(figures: Sequence[tuple[float, float]]) -> list[int]:
    """Which pairs no other one beats, being no worse in both and better in one; by the first, of equal pairs one.

    >>> undominated([(3, 1), (1, 3), (2, 3), (2, 2), (3, 1)])
    [1, 3, 0]
    """
    kept: list[int] = []
    for i in sorted(range(len(figures)), key=lambda i: (*figures[i], i)):
        if not kept or figures[i][1] < figures[kept[-1]][1]:
            kept.append(i)
    return kept


def _choosing(tried: Tried, goal: Goal) -> tuple[float, float]:
    return goal.time_s(tried.best_known), tried.best_known.mean_cost_usd


def _spread(front: Sequence[Tried]) -> Iterable[Tried]:
    if len(front) <= MOST_POINTS:
        return front
    return [front[i] for i in np.linspace(0, len(front) - 1, MOST_POINTS).round().astype(int).tolist()]


def point_of(plan: Plan, origin: str, contest: Contest) -> Point:
    """A plan under luck that none was chosen with."""
    goal, fresh = contest.space.goal, contest.confirmed(plan, TELLING_DRAW)
    return Point(plan, origin, goal.time_s(fresh), fresh.mean_cost_usd, goal.is_met(fresh), fresh)
