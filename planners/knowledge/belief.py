"""`Belief`: the world as a planner takes it to be, and how a plan made for it becomes one of the real world."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from planners.plan import Plan
from planners.verdict import as_believed
from platforms import Platform
from workloads import Workflow


@dataclass(frozen=True)
class Belief:
    """Tasks, objects and edges are those of the real workflow, number by number; so are memory floors.

    What the platform's provider publishes is known, too: sizes and their CPU, limits, keep-alive and prices.
    """

    workflow: Workflow
    platform: Platform
    run_seed: int | None = None
    """The run whose luck is known, None where none is."""
    notes: tuple[str, ...] = ()
    """What was assumed, for the plan to tell."""


def rebound(plan: Plan, belief: Belief, workflow: Workflow, planner: str) -> Plan:
    """A plan made for what is believed as one of the real workflow; whether it fits, `check_plan` says as always.

    Its estimate stays the planner's, made of believed figures, and of these is its verdict.
    """
    return msgspec.structs.replace(
        plan, planner=planner, workflow=workflow.fingerprint, notes=(*as_believed(plan.notes), *belief.notes)
    )
