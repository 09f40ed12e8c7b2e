"""Does a plan fit its workflow and platform? Everything wrong with it at once, and what is merely doubtful."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from planners.estimate import DURATION_SHARE, expected_exec_s
from planners.plan import Plan
from platforms import Platform
from workloads import Fault, Workflow

WHERE = "plan"


def check_plan(plan: Plan, workflow: Workflow, platform: Platform) -> tuple[Fault, ...]:
    """All that makes the plan impossible; empty if it can be run.

    An expected time that exceeds the maximum duration all by itself counts as impossible.
    """
    shape = shape_faults(plan, workflow)
    sizes = tuple(_sizes(plan, platform))
    if shape:
        return (*shape, *sizes)  # what follows asks for the size of every task
    return (*sizes, *_floors(plan, workflow), *_durations(plan, workflow, platform), *_switches(plan))


def shape_faults(plan: Plan, workflow: Workflow) -> tuple[Fault, ...]:
    """All that is wrong with the plan for any platform: not this workflow's, or not whole in itself."""
    whole = (*_workers(plan), *_flexible(plan), *_prewarms(plan), *_estimate(plan))
    return (*_identity(plan, workflow), *_references(plan, workflow), *whole)


def plan_warnings(plan: Plan, workflow: Workflow, platform: Platform) -> tuple[Fault, ...]:
    """What may go wrong with a plan that `check_plan` accepts."""
    late = _late(plan, workflow, platform)
    return (*late, *_starving(plan, workflow, platform), *_crowded(plan, workflow, platform), *_unmet(plan))


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
        if not 0 <= prewarm.at_s < math.inf:
            yield Fault(WHERE, f"prewarms[{i}].at_s", prewarm.at_s, "finite seconds ≥ 0")
        if prewarm.count < 1:
            yield Fault(WHERE, f"prewarms[{i}].count", prewarm.count, "at least 1")


def _estimate(plan: Plan) -> Iterator[Fault]:
    if not math.isfinite(plan.estimated_makespan_s or 0.0):
        yield Fault(WHERE, "estimated_makespan_s", plan.estimated_makespan_s, "finite seconds, or none")


def _floors(plan: Plan, workflow: Workflow) -> Iterator[Fault]:
    for task, floor_mb in enumerate(workflow.memory_mb.tolist()):
        size_mb = plan.size_of(task)
        if floor_mb > size_mb:
            field = f"tasks[{workflow.task_names[task]!r}].memory_mb"
            yield Fault(WHERE, field, floor_mb, f"at most {size_mb} MB, the size of {_runner(plan, task)}")


def _durations(plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
    """A task alone, or the tasks of a worker that holds on all its slots, beyond the maximum duration."""
    longest_s = platform.limits.max_duration_s
    if longest_s is None:
        return
    expected = f"at most {longest_s:g} s, the maximum duration on {platform.name}"
    exec_s = expected_exec_s(workflow, platform, [plan.size_of(task) for task in range(plan.n_tasks)]).tolist()
    for task in range(plan.n_tasks):
        if exec_s[task] > longest_s:
            field = f"tasks[{workflow.task_names[task]!r}] expected seconds on {_runner(plan, task)}"
            yield Fault(WHERE, field, round(exec_s[task], 3), expected)
    for worker, tasks in zip(plan.workers, plan.tasks_by_worker(), strict=True):
        busy_s = sum(exec_s[task] for task in tasks) / platform.slots(worker.memory_mb)
        if worker.hold and len(tasks) > 1 and busy_s > longest_s:
            yield Fault(WHERE, f"workers[{worker.name!r}] expected seconds of its tasks", round(busy_s, 3), expected)


def _late(plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
    """Tasks that an unlucky run can kill."""
    safe_s = DURATION_SHARE * (platform.limits.max_duration_s or math.inf)
    exec_s = expected_exec_s(workflow, platform, [plan.size_of(task) for task in range(plan.n_tasks)]).tolist()
    for task in range(plan.n_tasks):
        if exec_s[task] > safe_s:
            field = f"tasks[{workflow.task_names[task]!r}] expected seconds on {_runner(plan, task)}"
            expected = f"at most {safe_s:g} s, for {platform.name} ends what takes {platform.limits.max_duration_s:g} s"
            yield Fault(WHERE, field, round(exec_s[task], 3), expected)


def _starving(plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
    """Workers that wait, holding every instance there may be, for others that can never start."""
    limit = platform.limits.concurrency
    waiting = sum(1 for _ in _may_wait(plan, workflow))
    if limit is not None and waiting >= limit and len(plan.workers) + plan.n_flexible > limit:
        expected = f"fewer than {limit}, the concurrency limit, or others can be kept from starting"
        yield Fault(WHERE, "workers that can hold and wait at once", waiting, expected)


def _may_wait(plan: Plan, workflow: Workflow) -> Iterator[int]:
    """Workers that hold with nothing to run: they have several tasks, one of which needs another worker."""
    parents = workflow.parents.tuples()
    for i, tasks in enumerate(plan.tasks_by_worker()):
        elsewhere = (plan.assignment[parent] != i for task in tasks for parent in parents[task])
        if plan.workers[i].hold and len(tasks) > 1 and any(elsewhere):
            yield i


def _crowded(plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
    """Workers whose slots can be taken by tasks that need more memory together than there is."""
    for worker, tasks in zip(plan.workers, plan.tasks_by_worker(), strict=True):
        floors_mb = sorted((float(workflow.memory_mb[task]) for task in tasks), reverse=True)
        together_mb = sum(floors_mb[: platform.slots(worker.memory_mb)])
        if together_mb > worker.memory_mb:
            field = f"workers[{worker.name!r}] memory floors of tasks that can run at once"
            yield Fault(WHERE, field, together_mb, f"at most {worker.memory_mb} MB, its size")


def _switches(plan: Plan) -> Iterator[Fault]:
    """No worker knows an optimization yet, and none is passed over in silence."""
    for i, policy in enumerate(plan.policies):
        yield Fault(WHERE, f"policies[{i}]", policy.name, "no policy: none is carried out yet")


def _unmet(plan: Plan) -> Iterator[Fault]:
    used_mb = {worker.memory_mb for worker in plan.workers} | {plan.flexible_mb}
    for i, prewarm in enumerate(plan.prewarms):
        if prewarm.memory_mb not in used_mb:
            yield Fault(WHERE, f"prewarms[{i}].memory_mb", prewarm.memory_mb, "the size of a worker of the plan")


def _runner(plan: Plan, task: int) -> str:
    worker = plan.assignment[task]
    return "flexible workers" if worker is None else f"worker {plan.workers[worker].name!r}"
