"""Deadlocks foreseen: plans whose workers keep each other from starting, for good, where instances are limited."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from planners.ancestry import Kin
from planners.overlaps import Crowd, largest_crowd
from planners.plan import Plan
from planners.starvation import most_stuck
from platforms import Platform
from workloads import Fault, Workflow

_MOST_NAMES = 4


@dataclass(frozen=True)
class Room:
    """A limit on how many instances are busy or starting at once."""

    name: str
    most: int
    size_mb: int | None
    """The size that it counts; None is all."""

    def counts(self, size_mb: int) -> bool:
        """Whether an instance of this size counts."""
        return self.size_mb in (None, size_mb)


def certain_deadlocks(where: str, plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
    """Limits below what the plan needs at one instant of every run (`planners.overlaps`).

    Whether a run then fails for certain, `ends_nobody` says.
    """
    tight = [room for room in _rooms(plan, platform) if _has_place_for_fewer(plan, room)]
    kin = Kin(plan, workflow, sure_alone=True) if tight else None
    for room in tight:
        assert kin is not None
        if sum(room.counts(plan.workers[worker].memory_mb) for worker in kin.holders) < room.most:
            continue  # with one more who runs a task they still fit
        crowd = largest_crowd(kin, room.counts)
        if crowd.n > room.most:
            field = f"instances held at one instant {_who(crowd, plan, workflow)}"
            yield Fault(where, field, crowd.n, f"at most {room.most}, {room.name}, or none of them can go on")


def possible_deadlocks(where: str, plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
    """Limits that workers which cannot go on may use up (`planners.starvation`).

    One that was taken for dead waits in vain beside its next epochs, whatever is done meanwhile.
    """
    limits = platform.limits
    epochs = limits.max_attempts if platform.faults.rates.false_alarm_per_s else 1
    callers_hold = limits.over_limit == "refuse"
    tight = [room for room in _rooms(plan, platform) if _has_place_for_fewer(plan, room, epochs)]
    kin = Kin(plan, workflow) if tight else None
    for room in tight:
        assert kin is not None
        stuck = epochs * most_stuck(kin, room.counts, whatever_is_done=callers_hold or epochs > 1)
        if stuck >= room.most:
            field = f"workers that can hold and {'wait or call' if callers_hold else 'wait'} at once"
            expected = f"fewer than {room.most}, {room.name}, or others can be kept from starting"
            yield Fault(where, field, stuck, expected + _blame(plan, workflow, platform, room))


def _blame(plan: Plan, workflow: Workflow, platform: Platform, room: Room) -> str:
    """Says so where only early calls bring it about: it may then be that no run completes, but that hangs on times."""
    calls = [order for order in plan.orders.call_early if room.counts(plan.workers[order.worker].memory_mb)]
    if not calls:
        return ""
    usual = replace(plan, orders=replace(plan.orders, call_early=()))
    if any(f"{room.name}," in fault.expected for fault in possible_deadlocks("", usual, workflow, platform)):
        return ""
    names = [repr(plan.workers[worker].name) for worker in sorted({order.worker for order in calls})]
    return f"; only since orders.call_early has {_listed(names)} wait: without it this plan is free of that"


def ends_nobody(platform: Platform) -> bool:
    """Whether no worker that holds is ever ended by its platform, nor by being refused too often."""
    limits, rates = platform.limits, platform.faults.rates
    return limits.max_duration_s is None and limits.over_limit == "queue" and not any(rates.model_dump().values())


def _rooms(plan: Plan, platform: Platform) -> Iterator[Room]:
    """The limit over all sizes, and those of the sizes that workers of the plan have."""
    limits = platform.limits
    if limits.concurrency is not None:
        yield Room(f"the concurrency limit of {platform.name}", limits.concurrency, None)
    sizes_mb = {worker.memory_mb for worker in plan.workers}
    if plan.flexible_mb is not None:
        sizes_mb.add(plan.flexible_mb)
    for size_mb in sorted(sizes_mb):
        most = limits.concurrency_of(size_mb)
        if most is not None:
            yield Room(f"the concurrency limit of {platform.name} for {size_mb} MB", most, size_mb)


def _has_place_for_fewer(plan: Plan, room: Room, epochs: int = 1) -> bool:
    """Whether a room is too small for all workers of the plan that come under it, in so many epochs at once."""
    n_workers = sum(room.counts(worker.memory_mb) for worker in plan.workers)
    if plan.flexible_mb is not None and room.counts(plan.flexible_mb):
        n_workers += plan.n_flexible
    return epochs * n_workers > room.most


def _who(crowd: Crowd, plan: Plan, workflow: Workflow) -> str:
    names = [repr(plan.workers[worker].name) for worker in crowd.workers]
    last = [] if crowd.task is None else [f"whoever runs {workflow.task_names[crowd.task]!r}"]
    return f"by {', '.join([_listed(names), *last])}"


def _listed(names: list[str]) -> str:
    more = [f"{len(names) - _MOST_NAMES} more"] if len(names) > _MOST_NAMES else []
    return ", ".join(names[:_MOST_NAMES] + more)
