"""`Plan`: who runs what, at which size, in which order.

A plan is decided before a run and never changed by it. It is plain data, of the standard library and msgspec
alone, for a real worker reads it during its own cold start.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from planners.orders import NO_ORDERS, Orders


class PlannedWorker(Struct, frozen=True, forbid_unknown_fields=True):
    """A worker named in a plan.

    Between two of its tasks a worker that holds waits, billed; one that does not exits, and is invoked again
    (cold or warm) when its next task is ready.
    """

    name: str
    memory_mb: int
    hold: bool = True


class Prewarm(Struct, frozen=True, forbid_unknown_fields=True):
    """`count` invocations of size `memory_mb` that do nothing, `at_s` seconds after the run begins."""

    memory_mb: int
    at_s: float
    count: int = 1


class Plan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a planner decided about one workflow; task `i` is the workflow's task `i`.

    Two plans are equal if their content is. `check_plan` says whether a plan fits a workflow and a platform.
    """

    planner: str
    """Canonical name of the planner that made it, parameters included."""

    workflow: str
    """Fingerprint of the workflow it is made for."""

    workers: tuple[PlannedWorker, ...]

    assignment: tuple[int | None, ...]
    """Per task, an index into `workers`, or None: flexible, whoever makes the task ready runs it or invokes a
    fresh worker for it."""

    flexible_mb: int | None
    """Size of flexible workers; None when no task is flexible."""

    priority: tuple[int, ...]
    """Per task: of the ready tasks of a worker the smallest runs first, ties by task index."""

    prewarms: tuple[Prewarm, ...] = ()
    orders: Orders = NO_ORDERS
    """What its optimizations ask of the workers."""
    notes: tuple[str, ...] = ()
    """What a reader should know about how the plan came about."""

    estimated_makespan_s: float | None = None
    """By the planner's own formula, if it has one."""

    def bare(self) -> Plan:
        """All of it that decides what comes of it: who made it and what is told about it are left out."""
        return replace(self, planner="", notes=(), estimated_makespan_s=None)

    @property
    def n_tasks(self) -> int:
        """Number of tasks the plan covers."""
        return len(self.assignment)

    @property
    def n_flexible(self) -> int:
        """Number of tasks left to flexible workers."""
        return sum(worker is None for worker in self.assignment)

    def size_of(self, task: int) -> int:
        """Size, in MB, of the worker that runs `task`."""
        worker = self.assignment[task]
        if worker is not None:
            return self.workers[worker].memory_mb
        if self.flexible_mb is None:
            raise ValueError(f"task {task} is flexible, but the plan gives flexible workers no size")
        return self.flexible_mb

    def tasks_by_worker(self) -> tuple[tuple[int, ...], ...]:
        """Per worker, its tasks by priority, then index; flexible tasks are in none."""
        tasks: list[list[int]] = [[] for _ in self.workers]
        for task in sorted(range(self.n_tasks), key=self.priority.__getitem__):
            worker = self.assignment[task]
            if worker is not None:
                tasks[worker].append(task)
        return tuple(map(tuple, tasks))
