"""Edits of a plan: the same one with workers of another size, with tasks elsewhere, with workers that hold or do not.

A worker that lost its last task is gone from the plan, and the others keep their order; what is ordered of tasks
stays, and what was ordered of a worker that is gone goes with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from msgspec.structs import replace

from planners.orders import EarlyCall, Orders
from planners.plan import Plan, PlannedWorker


def resized(plan: Plan, sizes_mb: Mapping[int, int]) -> Plan:
    """The plan with some workers of another size."""
    workers = (replace(worker, memory_mb=sizes_mb.get(i, worker.memory_mb)) for i, worker in enumerate(plan.workers))
    return replace(plan, workers=tuple(workers))


def holding(plan: Plan, workers: Collection[int], hold: bool) -> Plan:
    """The plan in which some workers hold, or do not."""
    changed = set(workers)
    return replace(
        plan,
        workers=tuple(replace(each, hold=hold) if i in changed else each for i, each in enumerate(plan.workers)),
    )


def moved(plan: Plan, homes: Mapping[int, int], new: Sequence[int] = ()) -> Plan:
    """The plan with some tasks on other workers; those beyond its last are new, of these sizes, and hold."""
    names = _new_names(plan, len(new))
    workers = [*plan.workers, *(PlannedWorker(name, size_mb) for name, size_mb in zip(names, new, strict=True))]
    assignment = [homes.get(task, home) for task, home in enumerate(plan.assignment)]
    used = sorted({home for home in assignment if home is not None})
    place = {worker: i for i, worker in enumerate(used)}
    return replace(
        plan,
        workers=tuple(workers[worker] for worker in used),
        assignment=tuple(None if home is None else place[home] for home in assignment),
        flexible_mb=plan.flexible_mb if None in assignment else None,
        orders=_renumbered(plan.orders, place),
        estimated_makespan_s=None,
    )


def _new_names(plan: Plan, n: int) -> list[str]:
    """Names `w7`, `w8`, … that no worker of the plan has."""
    known = {worker.name for worker in plan.workers}
    free = (name for name in (f"w{i}" for i in range(len(known) + n + len(known))) if name not in known)
    return [next(free) for _ in range(n)]


def _renumbered(orders: Orders, place: Mapping[int, int]) -> Orders:
    calls = (EarlyCall(call.task, place[call.worker]) for call in orders.call_early if call.worker in place)
    return replace(orders, call_early=tuple(calls))
