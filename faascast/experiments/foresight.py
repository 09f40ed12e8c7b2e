"""Knowing the luck of a run before it: what `exact` planners are told, run by run."""

from __future__ import annotations

from planners.knowledge.informed import informed, parted
from planners.knowledge.modes import Exact
from planners.planner import Planner
from platforms import Platform
from sim.draws import Factors
from sim.luck import widths_of
from workloads import Workflow


def foresees(planner: Planner) -> bool:
    """Whether a planner is to know the luck of a run, and so plans each run anew."""
    return isinstance(parted(planner)[1], Exact)


def foreseeing(planner: Planner, workflow: Workflow, platform: Platform, run_seed: int) -> Planner:
    """The planner, told the luck of the run with this seed if it is to know it."""
    if not foresees(planner):
        return planner
    factors = Factors((run_seed,), platform.noise, workflow.n_tasks).first
    widths = tuple(widths_of((run_seed,), workflow).values())
    return informed(parted(planner)[0], Exact(run_seed, tuple(factors.tolist()), widths))
