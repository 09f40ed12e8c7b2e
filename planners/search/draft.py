"""`Draft`: a plan on its way to another one. Moves change it in place; `plan()` makes it whole."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from planners.check import check_plan
from planners.orders import NO_ORDERS, Orders
from planners.plan import Plan, PlannedWorker, Prewarm
from planners.search.ladder import rung_from
from planners.search.space import Space


class Draft:
    """A plan in pieces: workers may be empty, too small, and in any order."""

    def __init__(self, space: Space, plan: Plan) -> None:
        self.space = space
        self._origin = plan
        self.assignment: list[int | None] = list(plan.assignment)
        self.workers: list[PlannedWorker] = list(plan.workers)
        self.flexible_mb = plan.flexible_mb
        self.priority: list[int] = list(plan.priority)
        self.prewarms: tuple[Prewarm, ...] = plan.prewarms
        self.orders: Orders = plan.orders

    def tasks_of(self, worker: int) -> list[int]:
        """The tasks of a worker, by priority."""
        tasks = [task for task, runner in enumerate(self.assignment) if runner == worker]
        return sorted(tasks, key=lambda task: (self.priority[task], task))

    def size_near(self, task: int) -> int:
        """The size of who runs a task."""
        worker = self.assignment[task]
        found = self.flexible_mb if worker is None else self.workers[worker].memory_mb
        return found or self.space.platform.sizes.default_mb

    def open(self, memory_mb: int, *, hold: bool = True) -> int:
        """A new worker, and its number."""
        self.workers.append(PlannedWorker("", memory_mb, hold))
        return len(self.workers) - 1

    def resize(self, worker: int, steps: int) -> None:
        """Some rungs up the ladder, or down."""
        was = self.workers[worker]
        size_mb = rung_from(self.space.rungs, was.memory_mb, 0, steps)
        self.workers[worker] = PlannedWorker(was.name, size_mb, was.hold)

    def resize_flexible(self, steps: int) -> None:
        """The same for flexible workers, if there are any."""
        if self.flexible_mb is not None:
            self.flexible_mb = rung_from(self.space.rungs, self.flexible_mb, 0, steps)

    def plan(self) -> Plan | None:
        """The plan, workers in the order of their first tasks, sizes as memory floors ask; None if it cannot be run.

        Orders that are no longer possible are left out.
        """
        floors_mb: dict[int | None, float] = {}
        for worker, floor_mb in zip(self.assignment, self.space.floors_mb, strict=True):
            floors_mb[worker] = max(floor_mb, floors_mb.get(worker, 0.0))
        number = {worker: i for i, worker in enumerate(each for each in floors_mb if each is not None)}
        plan = msgspec.structs.replace(
            self._origin,
            workers=tuple(self._named(worker, f"w{i}", floors_mb[worker]) for worker, i in number.items()),
            assignment=tuple(None if worker is None else number[worker] for worker in self.assignment),
            flexible_mb=self._holding(self.flexible_mb, floors_mb[None]) if None in floors_mb else None,
            priority=tuple(self.priority),
            prewarms=self.prewarms,
            orders=_renumbered(self.orders, number),
            notes=(),
            estimated_makespan_s=None,
        )
        return _possible(plan, self.space)

    def _named(self, worker: int, name: str, floor_mb: float) -> PlannedWorker:
        was = self.workers[worker]
        return PlannedWorker(name, self._holding(was.memory_mb, floor_mb), was.hold)

    def _holding(self, size_mb: int | None, floor_mb: float) -> int:
        size_mb = size_mb or self.space.platform.sizes.default_mb
        return size_mb if floor_mb <= size_mb else rung_from(self.space.rungs, size_mb, floor_mb, 0)


def _renumbered(orders: Orders, number: dict[int, int]) -> Orders:
    """Orders that name workers, by their new numbers; without those that are gone."""
    if not orders.call_early:
        return orders
    left = (call for call in orders.call_early if call.worker in number)
    calls = tuple(msgspec.structs.replace(call, worker=number[call.worker]) for call in left)
    return msgspec.structs.replace(orders, call_early=calls)


def _possible(plan: Plan, space: Space) -> Plan | None:
    """The plan, or without one kind of orders, or without any, the first that is possible; None if none is."""
    return next((each for each in _lessened(plan) if not check_plan(each, space.workflow, space.platform)), None)


def _lessened(plan: Plan) -> Iterator[Plan]:
    yield plan
    if plan.orders == NO_ORDERS:
        return
    for kind in asked_kinds(plan.orders):
        yield msgspec.structs.replace(plan, orders=without(plan.orders, kind))
    yield msgspec.structs.replace(plan, orders=NO_ORDERS)


def asked_kinds(orders: Orders) -> tuple[str, ...]:
    """The kinds of orders that there are any of."""
    return tuple(kind.name for kind in msgspec.structs.fields(Orders) if getattr(orders, kind.name) != kind.default)


def without(orders: Orders, kind: str) -> Orders:
    """Orders without those of one kind."""
    return msgspec.structs.replace(orders, **{kind: getattr(NO_ORDERS, kind)})
