"""Figures as people read them: as many digits as they need, with their unit."""

from __future__ import annotations

import math

from faascast.explain.text import readable_bytes
from planners.goal import Goal
from planners.level import AVERAGE, level_name

NOTHING = "–"
"""Stands where there is nothing to say."""


def seconds(value: float, *, signed: bool = False) -> str:
    """Seconds with four digits, at most three of them decimals; no more than the simulator can mean."""
    return f"{value:{'+' if signed else ''}.{_decimals(value)}f}".replace("-", "−")


def interval(low: float, high: float, *, signed: bool = False) -> str:
    """Two ends, in parentheses."""
    between = "…" if signed else "–"
    return f"({seconds(low, signed=signed)}{between}{seconds(high, signed=signed)})"


def percent(share: float, *, signed: bool = True) -> str:
    """A share in percent, signed as a change is."""
    decimals = 1 if abs(share) < 0.0995 else 0
    return f"{100 * share:{'+' if signed else ''},.{decimals}f} %".replace("-", "−")


def usd(value: float, *others: float) -> str:
    """Money with three digits, however little it is, or those it is shown with."""
    least = min([abs(each) for each in (value, *others) if each], default=1.0)
    return f"{value:.{max(2, 2 - math.floor(math.log10(least)))}f}".replace("-", "−")


def count(value: float) -> str:
    """A count; a half only where a median falls between two."""
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def plural(n: int, noun: str) -> str:
    """`1 task`, `2 tasks`."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def size(n_bytes: float) -> str:
    """Bytes with a decimal prefix."""
    return readable_bytes(n_bytes)


def _decimals(value: float) -> int:
    rounded = float(f"{abs(value):.4g}")
    return 3 if rounded < 1 else min(3, max(0, 3 - math.floor(math.log10(rounded))))


def judged_told(goal: Goal) -> str:
    """What of the makespans is judged."""
    return "average makespan" if goal.sla == AVERAGE else f"{level_name(goal.sla)} of the makespans"


def goal_told(goal: Goal) -> str:
    """What is asked for, in words."""
    judged = judged_told(goal)
    deadline = [f"{judged} of at most {goal.deadline_s:g} s"] if goal.deadline_s is not None else []
    budget = [f"mean cost of at most {goal.budget_usd:g} USD"] if goal.budget_usd is not None else []
    least = "least mean cost" if goal.saves else f"least {judged}"
    return ", ".join([*deadline, *budget, least])
