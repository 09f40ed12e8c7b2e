"""The verdict on a plan: whether it keeps the deadline and the budget it was made for, in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from planners.check import check_plan
from planners.evaluator import Evaluation, Evaluator
from planners.goal import Goal
from planners.level import level_name
from planners.plan import Plan
from planners.statistics import Needs, least_sample
from platforms import Platform
from workloads import Workflow

INFEASIBLE = "infeasible, the best found is"
_ASKED = re.compile(r" for a (deadline|budget) of \S+ \w+.* \([0-9]+ fresh runs?[^()]*\)$")
_RUNS = 30
_MOST_TASKS = 30_000
"""Simulated for a verdict, over all its runs."""
_DRAW = 2
"""Luck by which no plan is chosen."""


def verdict(goal: Goal, evaluation: Evaluation) -> str:
    """What came of a plan against each thing asked for; begins with `INFEASIBLE` where one of them is not kept."""
    told = ", ".join(_told(goal, evaluation))
    n = len(evaluation.failures)
    runs = f"{n} fresh run{'' if n == 1 else 's'} when planned{needs_told(goal, n)}"
    return f"{'' if goal.is_met(evaluation) else INFEASIBLE + ' '}{told} ({runs})"


def too_few(goal: Goal, n_runs: int) -> Needs | None:
    """How many runs it takes to tell what is judged, if these are too few: a percentile beyond all of them."""
    needed = 1 if goal.quantile is None else least_sample(goal.quantile)
    return Needs(needed) if n_runs < needed else None


def needs_told(goal: Goal, n_runs: int) -> str:
    """To be said after a number of runs, if they are too few."""
    needs = too_few(goal, n_runs)
    return f", {level_name(goal.sla)} {needs}" if needs else ""


def as_believed(notes: Iterable[str]) -> tuple[str, ...]:
    """The notes of a plan made for a world that is believed in: of that one alone is what its verdict says."""
    notes = tuple(notes)
    found = verdict_of(notes)
    return tuple(f"{note[:-1]}, of what is believed)" if note == found else note for note in notes)


def with_verdict(plan: Plan, workflow: Workflow, platform: Platform, evaluator: Evaluator | None, goal: Goal) -> Plan:
    """The plan with its verdict among its notes, if anything was asked for and there is somebody to ask."""
    asked = goal.deadline_s is not None or goal.budget_usd is not None
    if evaluator is None or not asked or check_plan(plan, workflow, platform):
        return plan
    runs = max(1, min(_RUNS, _MOST_TASKS // workflow.n_tasks))
    found = verdict(goal, evaluator.evaluate(plan, runs=runs, draw=_DRAW))
    return msgspec.structs.replace(plan, notes=(*plan.notes, found))


def verdict_of(notes: Iterable[str]) -> str | None:
    """The verdict among a plan's notes, None if there is none."""
    return next((note for note in notes if note.startswith(INFEASIBLE) or _ASKED.search(note)), None)


def is_infeasible(notes: Iterable[str]) -> bool | None:
    """Whether a plan's notes say that it does not keep what was asked for; None if they say nothing of it."""
    found = verdict_of(notes)
    return None if found is None else found.startswith(INFEASIBLE)


def _told(goal: Goal, evaluation: Evaluation) -> Iterator[str]:
    if evaluation.n_failed:
        yield f"{evaluation.n_failed} failed runs"
    elif goal.deadline_s is not None:
        yield f"{level_name(goal.sla)} makespan {goal.time_s(evaluation):.3f} s for a deadline of {goal.deadline_s:g} s"
    if goal.budget_usd is not None:
        yield f"mean cost {evaluation.mean_cost_usd:.6g} USD for a budget of {goal.budget_usd:g} USD"
