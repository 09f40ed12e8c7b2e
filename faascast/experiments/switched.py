"""What each optimization of a plan did in a run, and what it saved: the same luck, with all but it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from executor.records.run import Run
from optimizations.account import Account
from optimizations.optimization import Optimization
from planners.check import check_plan
from planners.switches import all_switches
from sim import simulate


@dataclass(frozen=True)
class Switched:
    """One optimization in one run."""

    name: str
    account: Account
    saved_s: float | None
    """How much longer the run takes without it, all else (luck too) being equal; None if one of the two failed."""
    saved_usd: float | None
    """How much more it then costs; negative: it costs less."""


def switched(run: Run) -> tuple[Switched, ...]:
    """Every optimization that the run's plan asks for; each is one more simulation."""
    return tuple(_switched(run))


def _switched(run: Run) -> Iterator[Switched]:
    for name, switch in all_switches().items():
        if isinstance(switch, Optimization) and switch.is_on(run.plan):
            yield Switched(name, switch.account(run), *_saved(run, _without(run, switch)))


def _saved(run: Run, without: Run | None) -> tuple[float | None, float | None]:
    if without is None or without.makespan_s is None or run.makespan_s is None:
        return None, None
    return without.makespan_s - run.makespan_s, without.cost_usd - run.cost_usd


def _without(run: Run, switch: Optimization) -> Run | None:
    plan = switch.off(run.plan)
    if check_plan(plan, run.workflow, run.platform):
        return None  # something else in the plan needs it
    return simulate(run.workflow, plan, run.platform, seed=run.seed, faults=run.faults or ())
