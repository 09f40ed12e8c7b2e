"""The contest: plans against the best so far, in the order in which a search tries them.

A plan is first run a few times, under luck that all plans share; only one that looks promising beside another is run
as often as is usual. If that shows it to be better than the *champion* (`planners.evidence`), it is run under another
draw of luck, and becomes the champion only if that shows the same: the best of many is flattered by the luck it was
chosen with.

What is tried next never depends on how many plans there are to be. So a search with more of them begins with the
same ones, and as champions only improve, its result is never worse.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from planners.check import check_plan
from planners.evaluator import Evaluation, Evaluator
from planners.evidence import improvement
from planners.goal import Goal
from planners.plan import Plan
from planners.search.focus import Focus, focus_on
from planners.search.space import Space

Report: TypeAlias = Callable[[int, int], None]
"""Told how many plans are tried, and of how many."""

FEW = 3
"""Runs of a plan that is not promising."""
USUAL, MOST_USUAL = 10, 60
CONFIRMING = 3
"""Times the usual runs, to confirm."""
CONFIRMING_DRAW, TELLING_DRAW = 1, 2
_IN_THE_TAIL = 2
_TASK_RUNS = 20_000
"""Runs times tasks of one plan, for large workflows."""
_SLACK = 0.02
"""By how much a plan may look worse and still be promising."""


def usual_runs(goal: Goal, n_tasks: int) -> int:
    """Runs of a promising plan: enough that two are beyond the percentile judged; fewer if there are many tasks."""
    runs = USUAL if goal.quantile is None else min(MOST_USUAL, math.ceil(round(_IN_THE_TAIL / (1 - goal.quantile), 6)))
    return max(2, min(max(USUAL, runs), _TASK_RUNS // n_tasks))


@dataclass(frozen=True, eq=False)
class Tried:
    """A plan and what came of it."""

    plan: Plan
    few: Evaluation
    """Its first few runs."""
    full: Evaluation | None
    """All of its runs, None if it was not promising."""
    origin: str
    """The planner it is from, or `search`."""

    @property
    def best_known(self) -> Evaluation:
        """The evaluation with most runs."""
        return self.full or self.few


class Contest:
    """The account of one search."""

    def __init__(self, space: Space, evaluator: Evaluator, n_most: int, report: Report) -> None:
        self.space = space
        self.evaluator = evaluator
        self.n_most = n_most
        self.runs = usual_runs(space.goal, space.workflow.n_tasks)
        self.tried: list[Tried] = []
        self._report = report
        self._known: set[Plan] = set()
        self._focus: dict[Plan, Focus] = {}
        self.champion: Tried | None = None
        self._confirmed: Evaluation | None = None
        self._to_beat: tuple[float, float] = math.inf, math.inf
        """The key of what has challenged the champion in vain, if anything has."""

    @property
    def is_over(self) -> bool:
        """Whether as many plans were tried as may be."""
        return len(self.tried) >= self.n_most

    @property
    def full(self) -> list[Tried]:
        """The plans that were promising, in the order in which they were tried."""
        return [tried for tried in self.tried if tried.full is not None]

    def is_fresh(self, plan: Plan) -> bool:
        """Whether a plan was not tried yet and can be run."""
        return plan.bare() not in self._known and not check_plan(plan, self.space.workflow, self.space.platform)

    def begin_with(self, plan: Plan, origin: str) -> Tried:
        """Try a plan to begin with, which is run as often as is usual, and under both draws; the best is champion."""
        full = self.evaluator.evaluate(plan, runs=self.runs)
        tried = self._kept(Tried(plan, full.first(FEW), full, origin))
        confirmed, key = self.confirmed(plan, CONFIRMING_DRAW), self.space.goal.key
        if self._confirmed is None or key(confirmed) < key(self._confirmed):
            self._crown(tried, confirmed)
        return tried

    def try_out(self, plan: Plan, is_promising: Callable[[Evaluation], bool]) -> Tried:
        """Try a plan that is fresh; it is run on if its first few runs are promising."""
        few = self.evaluator.evaluate(plan, runs=min(FEW, self.runs))
        if is_promising(few):
            full = self.evaluator.evaluate(plan, runs=self.runs)
            tried = self._kept(Tried(plan, few, full, "search"))
            self._challenge(tried, full)
            return tried
        return self._kept(Tried(plan, few, None, "search"))

    def focus(self, plan: Plan) -> Focus:
        """What is seen of a plan, watched once."""
        watched = plan.bare()
        if watched not in self._focus:
            self._focus[watched] = focus_on(watched, self.space.parents, self.evaluator)
        return self._focus[watched]

    def confirmed(self, plan: Plan, draw: int) -> Evaluation:
        """What comes of a plan under luck that it was not tried with."""
        return self.evaluator.evaluate(plan, runs=CONFIRMING * self.runs, draw=draw)

    def _challenge(self, tried: Tried, full: Evaluation) -> None:
        """It becomes champion if it is shown to be better by the usual luck and then by the other."""
        goal, champion = self.space.goal, self.champion
        if champion is None or champion.full is None or self._confirmed is None:
            return
        if goal.key(full) >= self._to_beat or not is_shown_better(champion.full, full, goal):
            return
        self._to_beat = goal.key(full)
        confirmed = self.confirmed(tried.plan, CONFIRMING_DRAW)
        if is_shown_better(self._confirmed, confirmed, goal):
            self._crown(tried, confirmed)

    def _crown(self, tried: Tried, confirmed: Evaluation) -> None:
        self.champion, self._confirmed = tried, confirmed
        self._to_beat = math.inf, math.inf

    def _kept(self, tried: Tried) -> Tried:
        self._known.add(tried.plan.bare())
        self.tried.append(tried)
        self._report(len(self.tried), self.n_most)
        return tried


def is_shown_better(before: Evaluation, after: Evaluation, goal: Goal) -> bool:
    """Whether it is better by what the goal asks for and nothing else: without a budget, whatever it costs."""
    saves = goal.saves and goal.shortfall(before) == 0
    asked = goal if saves or goal.budget_usd is not None else replace(goal, budget_usd=math.inf)
    return improvement(before, after, asked).is_shown


def looks_no_worse(few: Evaluation, than: Evaluation, goal: Goal) -> bool:
    """Whether a few runs are about as good as the first ones of another plan, or better."""
    short, objective = goal.key(few)
    than_short, than_objective = goal.key(than)
    if math.isinf(than_short):
        return (short, objective) <= (than_short, than_objective)
    return short < than_short or (short <= than_short + _SLACK and objective <= (1 + _SLACK) * than_objective)
