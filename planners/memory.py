"""Memory: what a worker may hold and run at once, against its size.

The floors of the tasks that run count always; the objects a worker holds, where the platform says so. 1 MB is 2^20
bytes, as with the sizes of AWS Lambda.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from planners.plan import Plan
from platforms import Platform
from workloads import Fault, Workflow

BYTES_PER_MB = 2**20


def may_run_short(plan: Plan, workflow: Workflow, platform: Platform) -> tuple[tuple[bool, ...], bool]:
    """Per worker, and for flexible ones, whether all that it might hold and run at once would not fit."""
    copies = duplicates_by_worker(plan)
    named = tuple(
        _most_mb([*tasks, *copies.get(i, ())], workflow, platform, worker.memory_mb) > worker.memory_mb
        for i, (worker, tasks) in enumerate(zip(plan.workers, plan.tasks_by_worker(), strict=True))
    )
    flexible = [task for task, worker in enumerate(plan.assignment) if worker is None]
    size_mb = plan.flexible_mb or platform.sizes.default_mb
    return named, bool(flexible) and _most_mb(flexible, workflow, platform, size_mb) > size_mb


def duplicates_by_worker(plan: Plan) -> dict[int | None, list[int]]:
    """Tasks of others that a worker may run too, for a consumer of its own."""
    copies: dict[int | None, list[int]] = {}
    for order in plan.orders.duplicate:
        copies.setdefault(plan.assignment[order.consumer], []).append(order.task)
    return copies


def floors_at_once_mb(tasks: Sequence[int], workflow: Workflow, slots: int) -> float:
    """The most that the floors of tasks can take together, so many at once."""
    floors_mb = np.sort(workflow.memory_mb[np.asarray(tasks, dtype=np.int64)])
    return float(floors_mb[::-1][:slots].sum())


def too_large(where: str, plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
    """Tasks that cannot have what they need in memory at once, whatever else is dropped."""
    if not platform.limits.memory_holds_objects:
        return
    for task in range(workflow.n_tasks):
        needed_mb, size_mb = needed_at_once_mb(task, workflow, platform), plan.size_of(task)
        if size_mb is not None and needed_mb > size_mb:
            field = f"tasks[{workflow.task_names[task]!r}] floor and data objects"
            yield Fault(where, field, round(needed_mb, 1), f"at most {size_mb} MB, the size of its worker")


def needed_at_once_mb(task: int, workflow: Workflow, platform: Platform) -> float:
    """What a task needs in memory at once, on a worker that holds nothing else."""
    floor_mb = float(workflow.memory_mb[task])
    if not platform.limits.memory_holds_objects:
        return floor_mb
    read, made = (_mb(workflow, rows.row(task)) for rows in (workflow.inputs, workflow.outputs))
    return read + max(floor_mb, made)


def _most_mb(tasks: Sequence[int], workflow: Workflow, platform: Platform, size_mb: int) -> float:
    most_mb = floors_at_once_mb(tasks, workflow, platform.slots(size_mb))
    if platform.limits.memory_holds_objects:
        touched = [rows.row(task) for task in tasks for rows in (workflow.inputs, workflow.outputs)]
        most_mb += _mb(workflow, np.unique(np.concatenate(touched)))
    return most_mb


def _mb(workflow: Workflow, objects: Sequence[int] | np.ndarray[tuple[int], np.dtype[np.int32]]) -> float:
    return float(workflow.object_bytes[objects].sum()) / BYTES_PER_MB
