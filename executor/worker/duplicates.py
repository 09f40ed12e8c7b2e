"""Duplicates: a worker runs what it waits for itself, although another worker is to run it (task duplication).

It does so for a consumer that has lacked nothing but such tasks for the plan's patience, when it has nothing else to
do and what the task reads is in the store. One at a time, the most urgent first, and each once; and not in a later
epoch, for a copy that was too much for the worker would be too much again.
"""

from functools import partial
from typing import Protocol

from .desk import Desk
from .view import View


class Waiting(Protocol):
    """What is needed of the machine."""

    view: View
    worker: int
    epoch: int
    needs: dict[int, int]

    @property
    def busy(self) -> bool:
        """Whether it has something to run or to gather inputs for."""

    def has_heard(self, task: int) -> bool:
        """Whether all of what ``task`` needs from elsewhere is there."""

    def begin(self, task: int, versions: tuple[int, ...]) -> None:
        """Gather the inputs of ``task``, then run it."""


class Duplicates:
    """Watches the consumers of one machine. ``versions``: what is known to be committed; ``void``: not to be run."""

    __slots__ = ("_begun", "_desk", "_due", "_informed", "_machine", "_orders", "_versions", "_void", "_waiting")

    def __init__(self, machine: Waiting, desk: Desk, versions: dict[int, int], void: set[int]) -> None:
        view, worker = machine.view, machine.worker
        self._machine = machine
        self._desk = desk
        self._versions = versions
        self._void = void
        self._orders = {
            consumer: dict(orders) for consumer, orders in view.duplicates.items() if view.worker_of[consumer] == worker
        }
        self._informed: set[int] = set()
        """Consumers of which the ledger has told: before, they may be done, or what they lack."""
        self._waiting: set[int] = set()
        """Consumers that lack nothing else."""
        self._due: set[int] = set()
        """Tasks for which they have waited long enough."""
        self._begun: set[int] = set()

    @property
    def interests(self) -> tuple[int, ...]:
        """Tasks of which it is good to know how they are getting on."""
        return tuple(dict.fromkeys([task for own, orders in self._orders.items() for task in (own, *orders)]))

    def informed(self, task: int) -> None:
        """The ledger told what it knows of a task."""
        self._informed.add(task)

    def look(self) -> None:
        """Something happened: begin to wait for some task, or run the copy of one."""
        if self._machine.epoch > 1:
            return
        for consumer, orders in self._orders.items():
            if consumer in self._informed - self._waiting and self._lacks_nothing_but(consumer, orders):
                self._waiting.add(consumer)
                for task, patience_ns in orders.items():
                    if task not in self._versions:
                        self._desk.alarm(patience_ns, partial(self._due.add, task))
        if self._due and not self._machine.busy:
            self._run_one()

    def _lacks_nothing_but(self, consumer: int, orders: dict[int, int]) -> bool:
        """Whether all that a task waits for are tasks that may be run here."""
        machine = self._machine
        if machine.needs.get(consumer) != 1 or machine.has_heard(consumer):
            return False
        view, worker, known = machine.view, machine.worker, self._versions
        return all(
            parent in orders or parent in known or (view.worker_of[parent] == worker and parent not in view.copied)
            for parent in view.parents[consumer]
        )

    def _run_one(self) -> None:
        view, versions = self._machine.view, self._versions
        able = [
            task
            for task in sorted(self._due - self._begun - self._void)
            if task not in versions and all(parent in versions for parent in view.parents[task])
        ]
        if able:
            task = min(able, key=view.priority.__getitem__)
            self._begun.add(task)
            self._machine.begin(task, tuple([versions[parent] for parent in view.parents[task]]))
