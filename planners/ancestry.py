"""Ancestry: which things each task of a plan has before it, or after it. A set of things is the bits of a number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from planners.plan import Plan
from workloads import Workflow

Bits = int
"""A set of numbered things."""

BLOCK = 1024
"""Things looked at together: enough that there are few sweeps, few enough that a sweep fits in memory."""


class Kin:
    """Who is whose parent in a workflow, and on whose worker in a plan, as plain tuples."""

    def __init__(self, plan: Plan, workflow: Workflow, *, sure_alone: bool = False) -> None:
        """``sure_alone``: workers have only those of their tasks that are run in any case."""
        self.plan = plan
        self.unsure = frozenset(workflow.lane_of) if sure_alone else frozenset()
        self.parents = workflow.parents.tuples()
        self.children = workflow.children.tuples()
        self.order: list[int] = workflow.topological_order.tolist()
        self.tasks = [[task for task in own if task not in self.unsure] for own in plan.tasks_by_worker()]

    def before(self, bits: Sequence[Bits]) -> list[Bits]:
        """Per task, the bits of all its ancestors together."""
        return _gathered(self.parents, self.order, bits)

    def after(self, bits: Sequence[Bits]) -> list[Bits]:
        """Per task, the bits of all its descendants together."""
        return _gathered(self.children, reversed(self.order), bits)

    @cached_property
    def holders(self) -> list[int]:
        """Workers that keep their instance from their first task to their last: they hold, and have several."""
        return [i for i, tasks in enumerate(self.tasks) if self.plan.workers[i].hold and len(tasks) > 1]

    @cached_property
    def waiters(self) -> list[int]:
        """Workers that may have their instance while they wait: those, and the ones that are called early and hold."""
        early = {order.worker for order in self.plan.orders.call_early}
        return sorted({*self.holders, *(worker for worker in early if self.plan.workers[worker].hold)})

    @cached_property
    def _called_early(self) -> dict[int, set[int]]:
        called: dict[int, set[int]] = {}
        for order in self.plan.orders.call_early:
            called.setdefault(order.worker, set()).add(order.task)
        return called

    def entries(self, worker: int) -> list[int]:
        """What a worker may first be called on account of: its tasks without a parent of its own.

        And the tasks of others that call it early, whose parents are done by then, and not they themselves.
        """
        worker_of = self.plan.assignment
        own = [t for t in self.tasks[worker] if all(worker_of[parent] != worker for parent in self.parents[t])]
        return own + sorted(self._called_early.get(worker, ()))

    def needs(self, worker: int) -> list[int]:
        """What a worker's tasks need directly from others."""
        worker_of = self.plan.assignment
        found = {parent for t in self.tasks[worker] for parent in self.parents[t] if worker_of[parent] != worker}
        return sorted(found)


def _gathered(neighbours: Sequence[Sequence[int]], order: Iterable[int], bits: Sequence[Bits]) -> list[Bits]:
    gathered = [0] * len(bits)
    for task in order:
        union = 0
        for neighbour in neighbours[task]:
            union |= gathered[neighbour] | bits[neighbour]
        gathered[task] = union
    return gathered


def members(bits: Bits) -> list[int]:
    """The numbers in a set, ascending."""
    found = []
    while bits:
        lowest = bits & -bits
        found.append(lowest.bit_length() - 1)
        bits ^= lowest
    return found
