"""The promises, one function each: what is found wrong with a planner in a case."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from planners.bounds import lower_bound
from planners.check import check_plan
from planners.conformance.examples import distinct, reordered_workflows, without_turns
from planners.conformance.finding import Case, Finding
from planners.evaluator import Evaluation
from planners.goal import Goal
from planners.plan import Plan
from planners.planner import Judging
from workloads import Workflow

_LOOSER = (1.0, 1.1, 1.5, 3.0)
"""Deadlines and budgets, as multiples of what is needed without them."""
_EFFORTS = ("effort", "evaluations")
"""What the parameter is called that says how much a planner may ask."""
_ROUNDING = 1e-9


def is_valid(case: Case) -> Iterator[Finding]:
    """A plan can be run, has an order of all tasks, and says who made it."""
    plan = case.first_plan
    for fault in check_plan(plan, case.workflow, case.platform):
        yield case.finding("a plan is valid", str(fault))
    if sorted(plan.priority) != list(range(case.workflow.n_tasks)):
        yield case.finding("a plan is valid", "its priorities are no order of the tasks, each place once")
    if plan.planner != str(case.planner):
        yield case.finding("a plan is valid", f"its planner is {plan.planner!r}, expected {str(case.planner)!r}")


def is_repeatable(case: Case) -> Iterator[Finding]:
    """Planning twice gives one plan: there is no clock and no random state in it."""
    if case.plan() != case.first_plan:
        yield case.finding("planning twice gives one plan", "the second plan differs from the first")


def keeps_the_bound(case: Case) -> Iterator[Finding]:
    """No plan is faster on average than its lower bound, which holds without streams and copies of tasks."""
    plan = case.first_plan
    if plan.orders.stream or plan.orders.duplicate or check_plan(plan, case.workflow, case.platform):
        return
    least_s = lower_bound(case.workflow, plan, case.platform).makespan_s
    found = case.evaluator_of(case.workflow, case.platform).evaluate(plan)
    if not found.n_failed and found.makespans_s.mean() < least_s * (1 - _ROUNDING):
        yield case.finding(
            "no plan undercuts its lower bound",
            f"a mean makespan of {found.makespans_s.mean()} s, at least {least_s} s",
        )


def ignores_names(case: Case) -> Iterator[Finding]:
    """Other names of tasks and objects, the same plan."""
    workflow, renamed = distinct(), distinct(prefix="zz")
    plan, other = (replace(case.plan(workflow=each), workflow="", notes=()) for each in (workflow, renamed))
    if plan != other:
        yield Finding("names decide nothing", "other names", "another plan than for the same workflow with other names")


def ignores_order(case: Case) -> Iterator[Finding]:
    """Tasks in another order: the same tasks together, on workers of the same sizes that hold as they did.

    Ties may go by the order of tasks, so the workflows have none, and on the platform nothing is served in turn: calls,
    fetches, instances that are still warm; workers' numbers may differ. Nothing is asked of a planner with a `seed`,
    whose chance goes by the order of tasks.
    """
    if any(field.name == "seed" for field in dataclasses.fields(case.planner)):
        return
    case = dataclasses.replace(case, platform=without_turns(case.platform))
    for workflow, reordered in reordered_workflows():
        plan, other = (_shape(each, case.plan(workflow=each)) for each in (workflow, reordered))
        if plan != other:
            yield Finding("the order of tasks decides nothing but ties", "another order", f"{other}, expected {plan}")


def gains_by_looser_goals(case: Case) -> Iterator[Finding]:
    """A looser deadline or a larger budget never gives a worse result, by the planner's own luck."""
    if not isinstance(case.planner, Judging):
        return
    free = _evaluated(case, case.planner)
    for field, needed in (("deadline_s", Goal(case.planner.sla).time_s(free)), ("budget_usd", free.mean_cost_usd)):
        before: Evaluation | None = None
        for share in _LOOSER:
            planner = _with(case.planner, field, share * needed)
            found = _evaluated(case, planner)
            if before is not None and _is_worse(planner.goal, before, found):
                what = (
                    f"{planner.goal.key(found)} with {field}={share * needed:g}, {planner.goal.key(before)} with less"
                )
                yield case.finding("a looser goal is never worse", what)
            before = found


def gains_by_effort(case: Case) -> Iterator[Finding]:
    """Twice the effort never gives a worse result, by the planner's own luck."""
    if not isinstance(case.planner, Judging):
        return
    for field in (each.name for each in dataclasses.fields(case.planner) if each.name in _EFFORTS):
        effort = getattr(case.planner, field)
        if effort is None:
            continue  # there is none to double
        planner = dataclasses.replace(case.planner, budget_usd=_evaluated(case, case.planner).mean_cost_usd)
        found = [_evaluated(case, _with(planner, field, k * effort)) for k in (1, 2)]
        if _is_worse(planner.goal, *found):
            what = f"{planner.goal.key(found[1])} with twice the {field}, {planner.goal.key(found[0])} before"
            yield case.finding("more effort is never worse", what)


def _with(planner: Judging, parameter: str, value: object) -> Judging:
    changed: dict[str, Any] = {parameter: value}
    return dataclasses.replace(planner, **changed)


def _evaluated(case: Case, planner: Judging) -> Evaluation:
    return case.evaluator_of(case.workflow, case.platform).evaluate(case.plan(planner))


def _is_worse(goal: Goal, before: Evaluation, after: Evaluation) -> bool:
    (missed, least), (missed_now, now) = goal.key(before), goal.key(after)
    return missed_now > missed + _ROUNDING or (missed_now >= missed and now > least * (1 + _ROUNDING))


def _shape(workflow: Workflow, plan: Plan) -> tuple[object, ...]:
    """What is left of a plan without the numbers of tasks and workers."""
    tasks = (sorted(workflow.task_names[task] for task in each) for each in plan.tasks_by_worker())
    workers = sorted((each, worker.memory_mb, worker.hold) for each, worker in zip(tasks, plan.workers, strict=True))
    return workers, plan.flexible_mb, plan.prewarms
