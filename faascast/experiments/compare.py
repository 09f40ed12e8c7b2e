"""Comparing planners: the same runs of one workflow on one platform under each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from faascast.experiments.comparison import Comparison
from faascast.experiments.foresight import foresees
from faascast.experiments.measures import Measures
from faascast.experiments.processes import Crew
from faascast.experiments.trial import Planned, outcome_of, plan_with, run_foreseen, run_plan
from faascast.faults import Intake
from faascast.inputs import (
    ALL_PLANNERS,
    DEFAULT_PLATFORM,
    DEFAULT_REPS,
    DEFAULT_SEED,
    Report,
    WorkflowLike,
    as_workflow,
    number_faults,
    planner_faults,
)
from faascast.settings import PlannerLike, PlatformLike, Settings, resolve
from planners.plan import Plan
from planners.planner import Planner
from platforms import Platform
from sim.seeds import run_seeds
from workloads import FillRules, Workflow
from workloads.fill import REFUSE

_SEEDS_AT_A_TIME = 5


def compare(
    workflow: WorkflowLike,
    planners: Sequence[PlannerLike] = ALL_PLANNERS,
    platform: PlatformLike = DEFAULT_PLATFORM,
    *,
    reps: int = DEFAULT_REPS,
    seed: int = DEFAULT_SEED,
    settings: Settings | None = None,
    fill: FillRules = REFUSE,
    faults: Sequence[str] = (),
    processes: int = 1,
    report: Report = lambda done, total: None,
) -> Comparison:
    """Run a workflow `reps` times under each planner; run `k` has the same luck under all of them.

    `settings` are fields of the platform and parameters of planners (`faascast.settings`); `fill` says how to fill
    figures that the workflow's file does not know. The result does not depend on the number of processes. A planner
    without a plan, and a run that fails, are part of the result. BadInput is raised only for input that nobody could
    run, with all that is wrong with it and the `faults` that the caller has found.
    """
    intake = Intake()
    found = intake.take(lambda: as_workflow(workflow, fill))
    resolved = intake.take(lambda: resolve(planners, platform, settings))
    intake.refuse(*faults, *number_faults(reps=reps, seed=seed, processes=processes))
    intake.refuse(*planner_faults(resolved.planners) if resolved else ())
    intake.close()
    assert found is not None
    assert resolved is not None
    orders = [_PlanOrder(planner, resolved.platform, seed) for planner in resolved.planners]
    n_orders = len(orders) * max(1, reps // _SEEDS_AT_A_TIME)
    with Crew(found, min(processes, n_orders)) as crew:
        planned = crew.in_order(_plan, orders)
        parts = _run_all(crew, orders, planned, run_seeds(seed, reps), report)
    return Comparison(
        workflow=found,
        platform=resolved.platform,
        uses=resolved.uses,
        seed=seed,
        reps=reps,
        plans=tuple(each.plan for each in planned),
        outcomes=tuple(map(outcome_of, planned, parts)),
        foreseeing={str(planner): planner for planner in resolved.planners if foresees(planner)},
    )


class _PlanOrder(NamedTuple):
    planner: Planner
    platform: Platform
    seed: int


class _RunOrder(NamedTuple):
    plan: Plan
    platform: Platform
    seeds: tuple[int, ...]
    replan: _PlanOrder | None
    """How each of them is planned anew, if it is."""


def _run_order(plan: Plan, order: _PlanOrder, seeds: tuple[int, ...]) -> _RunOrder:
    return _RunOrder(plan, order.platform, seeds, order if foresees(order.planner) else None)


def _plan(workflow: Workflow, order: _PlanOrder) -> Planned:
    return plan_with(order.planner, workflow, order.platform, order.seed)


def _run(workflow: Workflow, order: _RunOrder) -> tuple[Measures, ...] | str:
    if order.replan is None:
        return run_plan(workflow, order.plan, order.platform, order.seeds)
    return run_foreseen(order.replan.planner, workflow, order.platform, order.replan.seed, order.seeds)


def _run_all(
    crew: Crew, planning: Sequence[_PlanOrder], planned: Sequence[Planned], seeds: Sequence[int], report: Report
) -> list[list[tuple[Measures, ...] | str]]:
    """Per planner its runs, in parts, each some seeds."""
    batches = [seeds[i : i + _SEEDS_AT_A_TIME] for i in range(0, len(seeds), _SEEDS_AT_A_TIME)]
    plans = [(each.plan, order) for each, order in zip(planned, planning, strict=True) if each.plan is not None]
    orders = [_run_order(plan, order, tuple(batch)) for plan, order in plans for batch in batches]
    total, done = len(plans) * len(seeds), 0

    def count(index: int) -> None:
        nonlocal done
        done += len(orders[index].seeds)
        report(done, total)

    parts = crew.in_order(_run, orders, count)
    by_plan = iter(zip(*[iter(parts)] * len(batches), strict=True))
    return [list(next(by_plan)) if each.plan is not None else [] for each in planned]
