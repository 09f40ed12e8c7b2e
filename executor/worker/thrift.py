"""Thrift: letting go of objects that a worker needs no more, where memory may run short.

An object is needed while a task still to run here reads it, while it is on its way to the store, and while it is not
decided yet who goes on with the children of the task that made it. Whoever turns out to need it later gets it from
the store: what only this memory holds is read here alone.
"""

from collections.abc import Iterable
from typing import Protocol

from .desk import Desk
from .inputs import Inputs
from .instructions import Drop
from .outbox import Outbox
from .view import View


class Planned(Protocol):
    """What is needed of the machine."""

    view: View
    needs: dict[int, int]
    """Tasks of a named worker that have not run yet."""


class Thrift:
    """Drops objects that nothing here needs."""

    __slots__ = ("_begun", "_desk", "_inputs", "_machine", "_outbox", "_undecided")

    def __init__(self, machine: Planned, desk: Desk, inputs: Inputs, outbox: Outbox) -> None:
        self._machine = machine
        self._desk = desk
        self._inputs = inputs
        self._outbox = outbox
        self._begun: set[int] = set()
        self._undecided: set[int] = set()

    def begins(self, task: int) -> None:
        """A task will run here."""
        self._begun.add(task)

    def waits_to_decide(self, task: int) -> None:
        """It is not known yet who goes on with the children of a task that ran here."""
        self._undecided.add(task)

    def ran(self, task: int) -> None:
        """A task ran here."""
        self._begun.discard(task)
        self._let_go(self._machine.view.inputs[task])
        self._let_go(self._machine.view.outputs[task])

    def decided(self, task: int) -> None:
        """It is known who goes on with the children of a task."""
        self._undecided.discard(task)
        self._let_go(self._machine.view.outputs[task])

    def uploaded(self, found: int) -> None:
        """An object is in the store."""
        self._let_go((found,))

    def _let_go(self, objects: Iterable[int]) -> None:
        for found in objects:
            if found in self._inputs.local and not self._is_needed(found):
                self._inputs.local.discard(found)
                self._desk.out.append(Drop(found))

    def _is_needed(self, found: int) -> bool:
        view, needs, begun = self._machine.view, self._machine.needs, self._begun
        return (
            found in self._outbox.leaving
            or view.producer[found] in self._undecided
            or any(reader in needs or reader in begun for reader in view.consumers[found])
        )
