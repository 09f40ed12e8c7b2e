"""A plan of another planner, refined by moves that simulation shows to pay.

Beyond WUKONG, whose workers go on with whatever is next: the second task of a chain may go to a stronger worker, a
fan-in and its largest inputs come together, critical tasks choose their worker first, and a worker that waits is held
or released, whichever costs less (`planners.moves`). First the plan is made faster; then cheaper, without becoming
slower than `tolerance` allows or, where there is a deadline or a budget, down to the least cost that moves lead to.
The figures of the goal do not steer the search, they choose among what it tried: a looser one is never worse.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import msgspec

from planners.evaluator import Evaluation, Evaluator
from planners.goal import Goal
from planners.heft import Heft
from planners.moves import CriticalFirst, Gather, HoldOrRelease, Smaller, Stronger
from planners.moves.climb import Climb
from planners.no_worse import no_worse
from planners.one_per_task import OnePerTask
from planners.plan import Plan
from planners.planner import Judging
from planners.sizing import Ladder, size_ladder
from planners.trials import EFFORT, Effort, Trials
from planners.uniform import Uniform
from planners.wukong import Wukong
from platforms import Platform
from workloads import Workflow
from workloads.parameters import Figure

_FOR_TIME = (CriticalFirst(), Stronger(), Gather(), HoldOrRelease())
_FOR_MONEY = (Smaller(), HoldOrRelease())
_SHARE_FOR_TIME = 0.6
"""Of the effort; what it leaves over is for money."""


@dataclass(frozen=True)
class Refined(Judging):
    """The fastest of HEFT's, uniform's, WUKONG's and single tasks' plans, and moves that pay when simulated."""

    name: ClassVar[str] = "refined"

    sizes: Ladder = ""
    tolerance: Annotated[float, Figure("how much longer a run may become to save money", "", least=0, most=1)] = 0.01
    effort: Effort = EFFORT

    def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        """The fastest start, made faster, made cheaper."""
        trials = Trials(workflow, platform, self.evaluator_needed(evaluator), self.goal, self.effort)
        starts = list(_starts(workflow, platform, size_ladder(workflow, platform, self.sizes)))
        trials.try_all(starts)
        start = trials.best_by(Goal(self.sla))
        if start is None:
            return msgspec.structs.replace(starts[0], planner=str(self))
        plan = self._refined(start, workflow, platform, trials)
        notes = (f"from the plan of {start.planner}; {trials.told()}",)
        return msgspec.structs.replace(plan, planner=str(self), notes=notes, estimated_makespan_s=None)

    def _refined(self, start: Plan, workflow: Workflow, platform: Platform, trials: Trials) -> Plan:
        climb = Climb(workflow, platform, trials, size_ladder(workflow, platform, self.sizes))
        with trials.limited_to(_SHARE_FOR_TIME):
            climb.from_(start, _FOR_TIME, self._is_faster)
        fast = trials.best_by(Goal(self.sla)) or start
        first = trials.evaluate(fast)
        if first is not None and self.deadline_s is None and self.budget_usd is None:
            thrifty = trials.chosen(self.tolerance) or fast
            climb.from_(thrifty, _FOR_MONEY, lambda before, after: self._is_cheaper(first, before, after))
        else:
            climb.from_(fast, _FOR_MONEY, _costs_less)
        return trials.chosen(self.tolerance) or fast

    def _is_faster(self, before: Evaluation, after: Evaluation) -> bool:
        goal = Goal(self.sla)
        return goal.key(after) < goal.key(before)

    def _is_cheaper(self, first: Evaluation, before: Evaluation, after: Evaluation) -> bool:
        return _costs_less(before, after) and no_worse(first, after, Goal(self.sla), self.tolerance)


def _costs_less(before: Evaluation, after: Evaluation) -> bool:
    return not after.n_failed and after.mean_cost_usd < before.mean_cost_usd


def _starts(workflow: Workflow, platform: Platform, ladder: tuple[int, ...]) -> Iterator[Plan]:
    """Single tasks first, for they can nearly always be run; sizes from the largest that holds every task."""
    floor_mb = float(workflow.memory_mb.max())
    fitting = [size_mb for size_mb in reversed(ladder) if size_mb >= floor_mb]
    for size_mb in (fitting[0], fitting[len(fitting) // 2]):
        for kind in (OnePerTask, Heft, Wukong, Uniform):
            yield kind(size_mb=size_mb).plan(workflow, platform)
