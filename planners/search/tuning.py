"""Moves of what optimizations ask for: switched on as their switches propose, off, and prewarms by their times."""

from __future__ import annotations

from itertools import islice

import msgspec
import numpy as np

from planners.plan import Plan, Prewarm
from planners.search.draft import Draft, asked_kinds, without
from planners.search.focus import Focus
from planners.search.space import Space

PROPOSALS = 4
"""Of one switch, how many may be tried."""
_LEAST_S = 0.01
_SPREAD = 0.2


def switch_on(space: Space, plan: Plan, focus: Focus, rng: np.random.Generator) -> Plan | None:
    """What one of the switches proposes for the plan, None if it proposes nothing, or another one was observed."""
    if focus.plan != plan.bare():
        return None
    switch = space.switches[int(rng.integers(len(space.switches)))]
    proposed = switch.proposals(plan, space.workflow, space.platform, focus.observation)
    proposals = [*islice(proposed, PROPOSALS)]
    return proposals[int(rng.integers(len(proposals)))] if proposals else None


def switch_off(space: Space, plan: Plan, rng: np.random.Generator) -> Plan | None:
    """The plan without one kind of orders, or without prewarms."""
    kinds = [*asked_kinds(plan.orders), *(["prewarms"] if plan.prewarms else [])]
    if not kinds:
        return None
    kind = kinds[int(rng.integers(len(kinds)))]
    draft = Draft(space, plan)
    if kind == "prewarms":
        draft.prewarms = ()
    else:
        draft.orders = without(draft.orders, kind)
    return draft.plan()


def retime(space: Space, plan: Plan, rng: np.random.Generator) -> Plan | None:
    """A prewarm is earlier, later, gone, or one more or one less."""
    if not plan.prewarms:
        return None
    which = int(rng.integers(len(plan.prewarms)))
    changed = _changed(plan.prewarms[which], int(rng.integers(4)), rng)
    draft = Draft(space, plan)
    draft.prewarms = (*plan.prewarms[:which], *changed, *plan.prewarms[which + 1 :])
    return draft.plan()


def _changed(prewarm: Prewarm, how: int, rng: np.random.Generator) -> tuple[Prewarm, ...]:
    if how == 0:
        return ()
    if how == 1:
        count = max(1, prewarm.count + (1 if rng.integers(2) else -1))
        return (msgspec.structs.replace(prewarm, count=count),)
    shift_s = float(rng.normal()) * max(_LEAST_S, _SPREAD * prewarm.at_s)
    return (msgspec.structs.replace(prewarm, at_s=round(max(0.0, prewarm.at_s + shift_s), 3)),)
