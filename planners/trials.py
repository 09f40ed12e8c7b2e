"""`Trials`: candidates tried by simulation within a bound, and which of them is best.

What a planner tries must not depend on the figures of its deadline and budget: then the best of what was tried can
only gain by a looser one. And a search that goes on where a smaller effort stops can only gain by a larger one. Both
hold exactly, on the luck the planner chooses by.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, TypeAlias

from planners.check import check_plan
from planners.evaluator import Evaluation, Evaluator, Observation
from planners.goal import Goal
from planners.no_worse import no_worse
from planners.plan import Plan
from platforms import Platform
from workloads import Workflow
from workloads.parameters import Figure

Effort: TypeAlias = Annotated[
    int, Figure("simulations asked for at most, counted in tasks; a run of n tasks counts n + 20", "tasks", least=1)
]
"""The parameter of planners that try plans out; one plan is tried whatever it says."""
EFFORT = 30_000
"""One or two seconds' worth."""

_OVERHEAD = 20
"""What beginning a run costs, in tasks."""
_RUN_TASKS = 1_500
"""Of a workflow with more than a tenth of so many tasks, fewer runs are simulated of each plan."""
_USUAL_RUNS = 10
_QUANTILE_RUNS = 20
_CONFIRMING = 1


class Trials:
    """The plans tried so far; a plan that `check_plan` refuses is none of them."""

    def __init__(
        self, workflow: Workflow, platform: Platform, evaluator: Evaluator, goal: Goal, effort: int = EFFORT
    ) -> None:
        self.goal = goal
        self._workflow, self._platform, self._evaluator = workflow, platform, evaluator
        self._runs = _runs_each(workflow.n_tasks, goal)
        self._left = effort
        self._asked = evaluator.n_simulations
        self._tried: dict[Plan, Evaluation] = {}
        self._observed: tuple[Plan, Observation] | None = None

    @property
    def is_over(self) -> bool:
        """Whether the bound is reached."""
        return self._left <= 0

    @property
    def n_tried(self) -> int:
        """How many plans were tried."""
        return len(self._tried)

    def evaluate(self, plan: Plan) -> Evaluation | None:
        """What comes of a plan; None if it cannot be run, or nothing more may be asked."""
        if plan not in self._tried:
            if self.is_over or check_plan(plan, self._workflow, self._platform):
                return None
            self._know(plan, self._evaluator.evaluate(plan, runs=self._runs))
        return self._tried[plan]

    def observe(self, plan: Plan) -> Observation | None:
        """The same, and when what happened; that of the last plan asked about is remembered."""
        if self._observed is not None and self._observed[0] == plan:
            return self._observed[1]
        if self.is_over or check_plan(plan, self._workflow, self._platform):
            return None
        observation = self._evaluator.observe(plan, runs=self._runs)
        self._know(plan, observation.evaluation)
        self._observed = (plan, observation)
        return observation

    def confirm(self, plans: Iterable[Plan]) -> list[Evaluation]:
        """What comes of plans that were tried, under luck that had no part in choosing them."""
        found = [self._evaluator.evaluate(plan, runs=self._runs, draw=_CONFIRMING) for plan in plans]
        self._left -= sum(self._price(each) for each in found)
        return found

    def try_all(self, plans: Iterable[Plan]) -> None:
        """Try one plan after the other, until nothing more may be asked."""
        for plan in plans:
            if self.is_over:
                return
            self.evaluate(plan)

    @contextmanager
    def limited_to(self, share: float) -> Iterator[None]:
        """Inside, no more than a share of what is left may be asked."""
        kept = round((1 - share) * max(0, self._left))
        self._left -= kept
        yield
        self._left += kept

    def best(self) -> Plan | None:
        """The best by the goal; None if none could be tried."""
        return self.best_by(self.goal)

    def best_by(self, goal: Goal) -> Plan | None:
        """The best by any goal; of equals the cheaper."""
        tried = self._tried
        return min(tried, key=lambda plan: (goal.key(tried[plan]), tried[plan].mean_cost_usd), default=None)

    def chosen(self, tolerance: float) -> Plan | None:
        """The best by the goal; where it asks for nothing but speed, the cheapest that is as good as the fastest.

        As good as: not slower by more than `tolerance`, by `planners.no_worse`.
        """
        best = self.best()
        if best is None or self.goal.deadline_s is not None or self.goal.budget_usd is not None:
            return best
        fastest = self._tried[best]
        as_good = [plan for plan, found in self._tried.items() if no_worse(fastest, found, self.goal, tolerance)]
        return min(as_good, key=lambda plan: self._tried[plan].mean_cost_usd, default=best)

    def unbeaten(self, most: int) -> list[Plan]:
        """At most so many of the plans that no other beats in both time and cost, from fastest to cheapest."""
        front: list[Plan] = []
        order = sorted(self._tried, key=lambda plan: (Goal(self.goal.sla).key(self._tried[plan]), self._usd(plan)))
        for plan in order:
            if not self._tried[plan].n_failed and (not front or self._usd(plan) < self._usd(front[-1])):
                front.append(plan)
        last = len(front) - 1
        return [front[i] for i in dict.fromkeys(last * k // max(1, most - 1) for k in range(most))] if front else []

    def told(self) -> str:
        """What was asked, for the plan's notes."""
        asked = self._evaluator.n_simulations - self._asked
        stopped = ", all its effort allows" if self.is_over else ""
        return f"chosen among {self.n_tried:,} plans by {asked:,} simulations{stopped}"

    def _know(self, plan: Plan, evaluation: Evaluation) -> None:
        self._left -= self._price(evaluation)
        self._tried[plan] = evaluation

    def _usd(self, plan: Plan) -> float:
        return self._tried[plan].mean_cost_usd

    def _price(self, evaluation: Evaluation) -> int:
        return len(evaluation.makespans_s) * (self._workflow.n_tasks + _OVERHEAD)


def _runs_each(n_tasks: int, goal: Goal) -> int | None:
    """Runs of each plan: fewer of large workflows, more where a percentile is judged; None = as many as is usual."""
    most = _RUN_TASKS // n_tasks
    if goal.quantile is not None:
        return max(1, min(_QUANTILE_RUNS, 2 * most))
    return None if most >= _USUAL_RUNS else max(1, most)
