"""Switching on what helps, and nothing else.

Every optimization proposes a few plans. What they are worth is found by simulation, start-up included: they race under
one draw of luck (`planners.race`), and the winner is kept only if another draw, which had no part in choosing it, shows
an improvement that matters (`planners.evidence`): who chooses the best of a finite sample is flattered by it. Few runs
are asked for first, and more where these leave a doubt. The better an optimization alone, the earlier its turn, so that
of two that cannot go together the one that helps more is kept, and never the one that happens to come first. What was
asked, kept and left out, and why, stands in the plan's notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import msgspec

from planners.check import check_plan
from planners.evaluator import Evaluator
from planners.evidence import MATTERS, Improvement, improvement, is_clear
from planners.goal import Goal
from planners.plan import Plan
from planners.race import LAPS, Lap, Racer, race
from planners.switch import Switch
from platforms import Platform
from workloads import Workflow

PROPOSALS = 3
"""Of one optimization, how many are tried at most on one plan."""
CHOOSING, QUANTILE_CHOOSING = 5, 20
"""Runs to choose by, where the average is judged or a percentile: it takes more of them to be seen."""
LOOKS, QUANTILE_LOOKS = (5, 10, 30), (20, 60)
"""Fresh runs after which the winner may be judged without doubt; after the last ones it is."""
_TASK_RUNS = 6_000
"""Tasks times last fresh runs, for large workflows: the luck of many tasks evens out in each run."""
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
        self._n_choosing = CHOOSING if goal.quantile is None else QUANTILE_CHOOSING
        self._looks = _looks(workflow.n_tasks, LOOKS if goal.quantile is None else QUANTILE_LOOKS)
        self._choosing = evaluator.observe(plan, runs=self._n_choosing).evaluation
        self._notes: list[str] = []

    def through(self, switches: Sequence[Switch]) -> Plan:
        """Try each switch, the most promising first."""
        first = {switch.name: self._best(switch, LAPS[:1]) for switch in switches}
        for switch in sorted(switches, key=lambda switch: (_promise(first[switch.name]), switch.name)):
            best = first[switch.name]
            # What the plan cannot carry as it is, it is not asked to when others are on: that is looked at in vain.
            self._notes.append(self._tried(switch) if best else _cannot_carry(switch))
        asked = self._evaluator.n_simulations - self._asked
        notes = (*self._plan.notes, *self._notes, f"optimizations were judged by {asked:,} simulations")
        return msgspec.structs.replace(self._plan, notes=notes)

    def _best(self, switch: Switch, laps: Sequence[Lap]) -> Racer | None:
        """The best of the switch's proposals by the luck for choosing, None if there is none."""
        return race(self._proposed(switch), self._choosing, self._evaluator, self._goal, laps)

    def _proposed(self, switch: Switch) -> list[Plan]:
        """What it proposes and could be run; of a conflicting proposal nothing is kept."""
        observation = self._evaluator.observe(self._plan, runs=self._n_choosing)
        proposals = switch.proposals(self._plan, self._workflow, self._platform, observation)
        runnable = (plan for plan in proposals if not check_plan(plan, self._workflow, self._platform))
        return list(islice((plan for plan in runnable if plan != self._plan), PROPOSALS))

    def _tried(self, switch: Switch) -> str:
        """Switch it on if that is shown to help; says what came of it."""
        best = self._best(switch, (*LAPS, Lap(self._n_choosing, hopeless=0.0)))
        if best is None:
            return _cannot_carry(switch)
        choosing = best.evaluation
        if best.is_out or self._goal.key(choosing) >= self._goal.key(self._choosing):
            return f"{switch.name}: left out, no improvement seen in {len(choosing.costs_usd)} runs"
        found, asked = self._confirmed(best.plan)
        if found.is_shown:
            self._plan, self._choosing = best.plan, choosing
        return f"{switch.name}: {found}, in {asked} fresh runs"

    def _confirmed(self, plan: Plan) -> tuple[Improvement, int]:
        """By how much a plan is better than the present one under fresh luck, and in how many runs that was seen."""
        for runs in self._looks:
            before, after = (self._evaluator.evaluate(each, runs=runs, draw=_CONFIRMING) for each in (self._plan, plan))
            if is_clear(before, after, self._goal, MATTERS):
                break
        return improvement(before, after, self._goal, MATTERS), runs


def _cannot_carry(switch: Switch) -> str:
    return f"{switch.name}: this plan cannot carry it"


def _looks(n_tasks: int, looks: tuple[int, ...]) -> tuple[int, ...]:
    """All but the last; and that, too, if there are not too many tasks for it."""
    return looks if looks[-1] * n_tasks <= _TASK_RUNS else looks[:-1]


def _promise(best: Racer | None) -> tuple[float, ...]:
    """To sort switches by: whether there is nothing to try, then how good the best is."""
    return (True,) if best is None else (False, *best.promise)
