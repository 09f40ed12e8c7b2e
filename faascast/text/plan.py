"""A plan, for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from faascast.experiments.simulation import Case
from faascast.text.comparison import workflow_told
from faascast.text.figures import count, plural, seconds
from faascast.text.remarks import Remarks, notes_told, remarks, verdict_lines
from faascast.text.table import Paint, plain
from planners.bounds import lower_bound
from planners.plan import Plan
from planners.switches import switched_on

_NAME = 10


def plan_lines(case: Case, width: int | None = None, paint: Paint = plain) -> Iterator[str]:
    """What a plan decides, and how long it is expected to take."""
    plan = case.plan
    yield paint(f"{plan.planner}'s plan for {case.workflow.name} on {case.platform.name}", "strong")
    yield workflow_told(case.workflow)
    yield ""
    yield from _workers(plan)
    if plan.prewarms:
        yield _line("prewarms", count(sum(prewarm.count for prewarm in plan.prewarms)))
    if names := switched_on(plan):
        yield _line("switches", ", ".join(names))
    if plan.estimated_makespan_s is not None:
        yield _line("estimate", f"{seconds(plan.estimated_makespan_s)} s, by the planner's own formula")
    bound_s = lower_bound(case.workflow, plan, case.platform).makespan_s
    yield _line("bound", f"{seconds(bound_s)} s, which no run of it is expected to undercut")
    yield from verdict_lines(plan, _NAME, paint)
    told = Remarks(tuple(map(str, case.uses)), case.workflow.assumptions, notes_told(plan), case.warnings)
    yield from remarks(told, width, paint)


def _workers(plan: Plan) -> Iterator[str]:
    name = "workers"
    for memory_mb, n in sorted(Counter(worker.memory_mb for worker in plan.workers).items()):
        yield _line(name, f"{plural(n, 'worker')} of {memory_mb:,} MB")
        name = ""
    if plan.n_flexible:
        yield _line(name, f"flexible ones of {plan.flexible_mb:,} MB for {plural(plan.n_flexible, 'task')}")
    tasks = [len(tasks) for tasks in plan.tasks_by_worker()]
    if tasks:
        least = f"{min(tasks)} to " if min(tasks) < max(tasks) else ""
        yield _line("tasks", f"{least}{plural(max(tasks), 'task')} a worker")


def _line(name: str, text: str) -> str:
    return f"{name:{_NAME}}{text}".rstrip()
