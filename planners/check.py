"""Does a plan fit its workflow and platform? Everything wrong with it at once, and what is merely doubtful."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from planners.deadlock import certain_deadlocks, ends_nobody, possible_deadlocks
from planners.durations import maybe_too_long, too_long
from planners.horizon import LONGEST_S, beyond_horizon
from planners.memory import duplicates_by_worker, floors_at_once_mb, may_run_short, too_large
from planners.orders_file import references
from planners.plan import Plan
from planners.switches import all_switches
from platforms import Platform
from workloads import Fault, Workflow

WHERE = "plan"
_MOST_PREWARMS = 100_000


def check_plan(plan: Plan, workflow: Workflow, platform: Platform) -> tuple[Fault, ...]:
    """All that makes the plan impossible; empty if it can be run."""
    shape = shape_faults(plan, workflow)
    sizes = tuple(_sizes(plan, platform))
    if shape:
        return (*shape, *sizes)  # what follows asks for the size of every task
    if sizes:
        return (
            *sizes,
            *_floors(plan, workflow),
            *_switches(plan, workflow, platform),
        )  # no time is known at a size that there is not
    late = (*beyond_horizon(WHERE, plan, workflow, platform), *too_long(WHERE, plan, workflow, platform))
    stuck = certain_deadlocks(WHERE, plan, workflow, platform) if _is_for_good(plan, workflow, platform) else ()
    large = too_large(WHERE, plan, workflow, platform)
    return (*sizes, *_floors(plan, workflow), *large, *late, *stuck, *_switches(plan, workflow, platform))


def shape_faults(plan: Plan, workflow: Workflow) -> tuple[Fault, ...]:
    """All that is wrong with the plan for any platform: not this workflow's, or not whole in itself."""
    whole = (*_workers(plan), *_flexible(plan), *_prewarms(plan), *_estimate(plan))
    return (*_identity(plan, workflow), *_references(plan, workflow), *whole)


def plan_warnings(plan: Plan, workflow: Workflow, platform: Platform) -> tuple[Fault, ...]:
    """What may go wrong with a plan that `check_plan` accepts."""
    late = maybe_too_long(WHERE, plan, workflow, platform)
    stuck = tuple(certain_deadlocks(WHERE, plan, workflow, platform))  # not for good, or `check_plan` had refused it
    stuck = stuck or tuple(possible_deadlocks(WHERE, plan, workflow, platform))
    return (*late, *stuck, *_crowded(plan, workflow, platform), *_unmet(plan))


def _identity(plan: Plan, workflow: Workflow) -> Iterator[Fault]:
    if plan.workflow != workflow.fingerprint:
        yield Fault(WHERE, "workflow", plan.workflow, f"{workflow.fingerprint}, the fingerprint of {workflow.name!r}")


def _references(plan: Plan, workflow: Workflow) -> Iterator[Fault]:
    for field in ("assignment", "priority"):
        n_entries = len(getattr(plan, field))
        if n_entries != workflow.n_tasks:
            yield Fault(WHERE, field, n_entries, f"an entry for each of the {workflow.n_tasks} tasks")
    for task, worker in enumerate(plan.assignment):
        if worker is not None and not 0 <= worker < len(plan.workers):
            expected = f"one of the {len(plan.workers)} workers, from 0, or none"
            yield Fault(WHERE, f"assignment[{task}]", worker, expected)
    for field, is_worker, number in references(plan.orders):
        n, kind = (len(plan.workers), "workers") if is_worker else (workflow.n_tasks, "tasks")
        if not 0 <= number < n:
            yield Fault(WHERE, f"orders.{field}", number, f"one of the {n} {kind}, from 0")


def _workers(plan: Plan) -> Iterator[Fault]:
    named = Counter(worker.name for worker in plan.workers)
    used = set(plan.assignment)
    for i, worker in enumerate(plan.workers):
        if not worker.name or named[worker.name] > 1:
            yield Fault(WHERE, f"workers[{i}].name", worker.name, "a name of its own")
        if i not in used:
            yield Fault(WHERE, f"workers[{i}]", worker.name, "a worker with a task")


def _flexible(plan: Plan) -> Iterator[Fault]:
    if plan.n_flexible and plan.flexible_mb is None:
        yield Fault(WHERE, "flexible_mb", None, f"a size, for {plan.n_flexible} tasks are flexible")
    if not plan.n_flexible and plan.flexible_mb is not None:
        yield Fault(WHERE, "flexible_mb", plan.flexible_mb, "none, for no task is flexible")


def _sizes(plan: Plan, platform: Platform) -> Iterator[Fault]:
    sizes_mb = [(f"workers[{i}].memory_mb", worker.memory_mb) for i, worker in enumerate(plan.workers)]
    sizes_mb += [(f"prewarms[{i}].memory_mb", prewarm.memory_mb) for i, prewarm in enumerate(plan.prewarms)]
    sizes_mb += [("flexible_mb", plan.flexible_mb)] if plan.flexible_mb is not None else []
    for field, size_mb in sizes_mb:
        if not platform.sizes.allows(size_mb):
            yield Fault(WHERE, field, size_mb, f"{platform.sizes.legal} of {platform.name}")


def _prewarms(plan: Plan) -> Iterator[Fault]:
    for i, prewarm in enumerate(plan.prewarms):
        if not 0 <= prewarm.at_s <= LONGEST_S:
            yield Fault(WHERE, f"prewarms[{i}].at_s", prewarm.at_s, f"seconds from 0 to {LONGEST_S:g}")
        if not 1 <= prewarm.count <= _MOST_PREWARMS:
            yield Fault(WHERE, f"prewarms[{i}].count", prewarm.count, f"a whole number from 1 to {_MOST_PREWARMS}")
    together = sum(prewarm.count for prewarm in plan.prewarms)
    if together > _MOST_PREWARMS and all(prewarm.count <= _MOST_PREWARMS for prewarm in plan.prewarms):
        yield Fault(WHERE, "prewarms", together, f"at most {_MOST_PREWARMS} in all")


def _estimate(plan: Plan) -> Iterator[Fault]:
    if not math.isfinite(plan.estimated_makespan_s or 0.0):
        yield Fault(WHERE, "estimated_makespan_s", plan.estimated_makespan_s, "finite seconds, or none")


def _floors(plan: Plan, workflow: Workflow) -> Iterator[Fault]:
    for task, floor_mb in enumerate(workflow.memory_mb.tolist()):
        size_mb = plan.size_of(task)
        if floor_mb > size_mb:
            field = f"tasks[{workflow.task_names[task]!r}].memory_mb"
            yield Fault(WHERE, field, floor_mb, f"at most {size_mb} MB, the size of {_runner(plan, task)}")


def _is_for_good(plan: Plan, workflow: Workflow, platform: Platform) -> bool:
    """Whether workers that cannot go on stay so, for no instance is killed but the run fails with it."""
    named, flexible = may_run_short(plan, workflow, platform)
    dies_of_memory = any(named) or flexible
    return platform.limits.max_attempts == 1 or (ends_nobody(platform) and not dies_of_memory)


def _crowded(plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
    """Workers whose slots can be taken by tasks that need more memory together than there is."""
    copies = duplicates_by_worker(plan)
    for i, (worker, tasks) in enumerate(zip(plan.workers, plan.tasks_by_worker(), strict=True)):
        all_tasks = sorted({*tasks, *copies.get(i, ())})
        together_mb = floors_at_once_mb(all_tasks, workflow, platform.slots(worker.memory_mb))
        if together_mb > worker.memory_mb:
            field = f"workers[{worker.name!r}] memory floors of tasks that can run at once"
            yield Fault(WHERE, field, together_mb, f"at most {worker.memory_mb} MB, its size")
    clusters = plan.orders.cluster_fan_out_bytes is not None or plan.orders.cluster_fan_in_bytes is not None
    if clusters and plan.flexible_mb is not None:  # else each of them goes on with one task at a time
        flexible = [task for task, worker in enumerate(plan.assignment) if worker is None]
        together_mb = floors_at_once_mb(flexible, workflow, platform.slots(plan.flexible_mb))
        if together_mb > plan.flexible_mb:
            field = "memory floors of tasks that a flexible worker can run at once"
            yield Fault(WHERE, field, together_mb, f"at most {plan.flexible_mb} MB, its size")


def _switches(plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
    """What is wrong with the optimizations it asks for, each saying so itself."""
    if not plan.orders.is_empty or plan.prewarms:
        for switch in all_switches().values():
            if switch.is_on(plan):
                yield from switch.faults(plan, workflow, platform)


def _unmet(plan: Plan) -> Iterator[Fault]:
    used_mb = {worker.memory_mb for worker in plan.workers} | {plan.flexible_mb}
    for i, prewarm in enumerate(plan.prewarms):
        if prewarm.memory_mb not in used_mb:
            yield Fault(WHERE, f"prewarms[{i}].memory_mb", prewarm.memory_mb, "the size of a worker of the plan")


def _runner(plan: Plan, task: int) -> str:
    worker = plan.assignment[task]
    return "flexible workers" if worker is None else f"worker {plan.workers[worker].name!r}"
