"""Local search by late acceptance: one change at a time, kept if the plan is no worse than the one some steps ago.

Burke, Bykov, EJOR 258 (2017): instead of a temperature that would have to know when the search ends, the plan is
compared with what was held `memory` steps ago. Changes are drawn (`planners.search.neighbours`), more often about
the chain of tasks that the makespan hangs on.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from planners.evaluator import Evaluation
from planners.plan import Plan
from planners.search.contest import FEW, Contest, Tried, looks_no_worse
from planners.search.neighbours import neighbour
from planners.search.searching import Searching
from workloads.parameters import Figure

_TRIES = 100
"""Changes drawn until one leads to a plan not tried yet."""
_ELITE = 8
"""Of so many best plans one is gone on with when nothing better was found for long."""


@dataclass(frozen=True)
class LocalSearch(Searching):
    """From the best of other planners' plans, one small change after the other, judged by simulation."""

    name: ClassVar[str] = "local-search"

    memory: Annotated[int, Figure("a plan is kept if it is no worse than that so many steps ago", "steps", least=1)] = (
        12
    )
    patience: Annotated[int, Figure("steps without a better plan, then on from another good one", "steps", least=1)] = (
        60
    )

    def explore(self, contest: Contest) -> None:
        """Walk until it is over, or nothing new is near any plan."""
        if contest.champion is not None:
            _Walk(contest, self, contest.champion).go()


class _Walk:
    """Where the search stands, and where it came from."""

    def __init__(self, contest: Contest, planner: LocalSearch, start: Tried) -> None:
        self._contest, self._patience = contest, planner.patience
        self._rng = np.random.default_rng(planner.seed)
        self._here, self._since_record = start, 0
        self._memory = deque([self._key(start)], planner.memory)

    def go(self) -> None:
        """Step by step; where nothing new is near, on from the best plan that has anything new near it."""
        while not self._contest.is_over:
            fresh = self._fresh(self._here) or self._elsewhere()
            if fresh is None:
                return
            self._step(fresh)

    def _fresh(self, near: Tried) -> Plan | None:
        focus = self._contest.focus(near.plan)
        drawn = (neighbour(self._contest.space, near.plan, focus, self._rng) for _ in range(_TRIES))
        return next((plan for plan in drawn if plan is not None and self._contest.is_fresh(plan)), None)

    def _elsewhere(self) -> Plan | None:
        for tried in sorted(self._contest.full, key=self._key):
            fresh = self._fresh(tried)
            if fresh is not None:
                self._settle(tried)
                return fresh
        return None

    def _step(self, plan: Plan) -> None:
        champion = self._contest.champion
        tried = self._contest.try_out(plan, self._is_promising)
        if tried.full is not None and self._key(tried) <= max(self._key(self._here), self._memory[0]):
            self._here = tried
        self._memory.append(self._key(self._here))
        self._since_record = 0 if self._contest.champion is not champion else self._since_record + 1
        if self._since_record >= self._patience:
            elite = sorted(self._contest.full, key=self._key)[:_ELITE]
            self._settle(elite[int(self._rng.integers(len(elite)))])

    def _settle(self, tried: Tried) -> None:
        self._here, self._since_record = tried, 0
        self._memory = deque([self._key(tried)], self._memory.maxlen)

    def _is_promising(self, few: Evaluation) -> bool:
        full = self._here.full
        return full is None or looks_no_worse(few, full.first(FEW), self._contest.space.goal)

    def _key(self, tried: Tried) -> tuple[float, float, float]:
        """By the goal; of two that are equally good the cheaper one is better."""
        evaluation = tried.best_known
        return (*self._contest.space.goal.key(evaluation), evaluation.mean_cost_usd)
