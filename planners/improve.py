"""Switching on what helps, and nothing else.

Every optimization proposes a few plans. What they are worth is found by simulation, start-up included: the most
promising under one draw of luck, and it is kept only if another draw, which had no part in choosing it, shows an
improvement (`planners.evidence`): who chooses the best of a finite sample is flattered by it. Few runs are asked for
first, and more where these leave a doubt. The better an
optimization alone, the earlier its turn, so that of two that cannot go together the one that helps more is kept, and
never the one that happens to come first. What was asked, kept and left out, and why, stands in the plan's notes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from planners.check import check_plan
from planners.evaluator import Evaluation, Evaluator
from planners.evidence import CLEAR, Improvement, improvement, is_affordable, is_clear, is_hopeless
from planners.goal import Goal
from planners.plan import Plan
from planners.switch import Switch
from platforms import Platform
from workloads import Workflow

PROPOSALS = 3
"""Of one optimization, how many are tried at most on one plan."""
RUNS = (6, 30)
"""For choosing and for confirming, where the average is judged."""
QUANTILE_RUNS = (20, 60)
"""Where a percentile is: it takes more of them to be seen."""
GLANCES = ((2, CLEAR), (5, 0.0))
"""Numbers of runs after which a proposal is dropped that was worse in all by such a share: by 0, in some and better in
none."""
_FEW = 3
"""A third of the runs for confirming is enough where it leaves no doubt."""
_CONFIRMING = 1


def improve(
    plan: Plan, workflow: Workflow, platform: Platform, evaluator: Evaluator, switches: Sequence[Switch], goal: Goal
) -> Plan:
    """`plan` with those of the `switches` on that are shown to help."""
    if check_plan(plan, workflow, platform):
        return plan  # who checks the plan will say why nothing can be made of it
    return _Search(workflow, platform, evaluator, goal, plan).through(switches)


class _Search:
    """One plan on its way to a better one."""

    def __init__(self, workflow: Workflow, platform: Platform, evaluator: Evaluator, goal: Goal, plan: Plan) -> None:
        self._workflow, self._platform, self._evaluator, self._goal = workflow, platform, evaluator, goal
        self._asked = evaluator.n_simulations
        self._plan = plan
        self._n_choosing, self._n_confirming = RUNS if goal.quantile is None else QUANTILE_RUNS
        self._choosing = evaluator.observe(plan, runs=self._n_choosing).evaluation
        self._notes: list[str] = []

    def through(self, switches: Sequence[Switch]) -> Plan:
        """Try each switch, the most promising first."""
        first = {switch.name: self._best(switch) for switch in switches}
        order = sorted(switches, key=lambda switch: (self._promise(first[switch.name]), switch.name))
        start = self._plan
        for switch in order:
            self._try(switch, first[switch.name] if self._plan is start else self._best(switch))
        asked = self._evaluator.n_simulations - self._asked
        notes = (*self._plan.notes, *self._notes, f"optimizations were judged by {asked:,} simulations")
        return msgspec.structs.replace(self._plan, notes=notes)

    def _promise(self, found: tuple[Plan, Evaluation] | None) -> tuple[float, ...]:
        """To compare by: whether it is one, whether it is hopeless, whether it costs too much, how good it is."""
        if found is None:
            return (True,)
        _, evaluation = found
        is_dear = not is_affordable(self._choosing, evaluation, self._goal)
        return (False, self._is_short(evaluation), is_dear, *self._goal.key(evaluation))

    def _best(self, switch: Switch) -> tuple[Plan, Evaluation] | None:
        """The best of the switch's proposals by the luck for choosing, None if there is none."""
        tried = [(plan, self._glanced_at(plan)) for plan in self._proposed(switch)]
        return min(tried, key=self._promise, default=None)

    def _is_short(self, evaluation: Evaluation) -> bool:
        """Whether a glance was enough."""
        return len(evaluation.costs_usd) < self._n_choosing

    def _glanced_at(self, plan: Plan) -> Evaluation:
        """What comes of a plan in as many runs as it takes to choose; in few, if these say that it is hopeless."""
        for runs, share in GLANCES:
            glance = self._evaluator.evaluate(plan, runs=runs)
            if is_hopeless(self._choosing, glance, self._goal, share):
                return glance
        return self._evaluator.evaluate(plan, runs=self._n_choosing)

    def _proposed(self, switch: Switch) -> Iterator[Plan]:
        """What it proposes and could be run; of a conflicting proposal nothing is kept."""
        observation = self._evaluator.observe(self._plan, runs=self._n_choosing)
        proposals = switch.proposals(self._plan, self._workflow, self._platform, observation)
        runnable = (plan for plan in proposals if not check_plan(plan, self._workflow, self._platform))
        return islice((plan for plan in runnable if plan != self._plan), PROPOSALS)

    def _try(self, switch: Switch, best: tuple[Plan, Evaluation] | None) -> None:
        if best is None:
            self._notes.append(f"{switch.name}: this plan cannot carry it")
            return
        plan, choosing = best
        if self._is_short(choosing) or self._goal.key(choosing) >= self._goal.key(self._choosing):
            self._notes.append(f"{switch.name}: left out, no improvement seen in {len(choosing.costs_usd)} runs")
            return
        found, asked = self._confirmed(plan)
        self._notes.append(f"{switch.name}: {found}, in {asked} fresh runs")
        if found.is_shown:
            self._plan, self._choosing = plan, choosing

    def _confirmed(self, plan: Plan) -> tuple[Improvement, int]:
        """By how much a plan is better than the present one under fresh luck, and in how many runs that was seen."""
        for runs in (self._n_confirming // _FEW, self._n_confirming):
            before, after = (self._evaluator.evaluate(each, runs=runs, draw=_CONFIRMING) for each in (self._plan, plan))
            if is_clear(before, after, self._goal):
                break
        return improvement(before, after, self._goal), runs
