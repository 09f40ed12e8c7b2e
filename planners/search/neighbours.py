"""Neighbours of a plan: what one step of a search may lead to."""

from __future__ import annotations

import numpy as np

from planners.plan import Plan
from planners.search.draft import Draft
from planners.search.focus import Focus
from planners.search.moves import MOVES
from planners.search.space import Space
from planners.search.tuning import retime, switch_off, switch_on

_CRITICAL_SHARE = 0.6
"""Of the moves, those that begin at a task of the critical chain."""
_TUNING_SHARE = 0.3
"""Of the moves, those about optimizations, if there are any to switch."""


def neighbour(space: Space, plan: Plan, focus: Focus, rng: np.random.Generator) -> Plan | None:
    """One of a plan's neighbours; None if the move that was drawn leads nowhere."""
    if space.switches and rng.random() < _TUNING_SHARE:
        return _tuned(space, plan, focus, rng)
    draft = Draft(space, plan)
    move = MOVES[int(rng.integers(len(MOVES)))]
    return draft.plan() if move(draft, _task(space, focus, rng), rng) else None


def _tuned(space: Space, plan: Plan, focus: Focus, rng: np.random.Generator) -> Plan | None:
    kind = int(rng.integers(4))
    if kind == 0:
        return switch_off(space, plan, rng)
    return retime(space, plan, rng) if kind == 1 else switch_on(space, plan, focus, rng)


def _task(space: Space, focus: Focus, rng: np.random.Generator) -> int:
    if focus.critical and rng.random() < _CRITICAL_SHARE:
        return focus.critical[int(rng.integers(len(focus.critical)))]
    return int(rng.integers(space.workflow.n_tasks))
