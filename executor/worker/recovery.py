"""Recovery: what a new epoch of a worker does about what a dead (or released) one left behind.

It runs again the least set of tasks that holds every uncommitted one and the producer of each object that one
of them needs and that died with the old epoch's memory. What was committed is announced once more, for the old
epoch may have died before it told, or started, the consumers it owned. Edges are never un-marked.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from .events import SetsRead, SetState, Started
from .instructions import Entry, ReadSets, Release, Subscribe
from .view import View


class Recovering(Protocol):
    """What recovery needs of a machine."""

    view: View
    worker: int
    marker: int

    def ask(
        self,
        question: type[ReadSets | Subscribe | Release],
        task: int,
        tasks: tuple[int, ...],
        answer: Callable[[SetsRead], None],
    ) -> None:
        """Put a question to the ledger, on account of ``task``."""

    def hear(self, task: int, versions: tuple[int, ...]) -> None:
        """All edges of ``task`` from other workers are marked."""

    def take_up(self, states: dict[int, SetState]) -> None:
        """Run just these tasks of this worker."""

    def announce(self, entries: tuple[Entry, ...]) -> None:
        """Send commits of a former epoch once more."""


def least_set(view: View, states: Mapping[int, SetState]) -> tuple[int, ...]:
    """Tasks of one named worker that must run again, parents first. ``states`` lists them parents first."""
    again: set[int] = set()
    for task in reversed(tuple(states)):
        state = states[task]
        if not state.version or (not state.stored and any(child in again for child in view.children[task])):
            again.add(task)
    return tuple([task for task in states if task in again])


class Recovery:
    """Finds the way back into the work of a former epoch; forgotten once the machine is under way."""

    __slots__ = ("_lost", "_machine", "_mine")

    def __init__(self, machine: Recovering) -> None:
        self._machine = machine
        self._mine = machine.marker >> 8
        self._lost: SetState | None = None
        """Flexible worker: the first of the committed tasks in a row whose outputs died with a memory."""

    def begin(self, event: Started) -> None:
        """Ask for the state of this worker's tasks: all of a named worker's, the first of a flexible one's."""
        machine = self._machine
        named = machine.view.tasks_of[machine.worker] if machine.worker < machine.view.n_workers else ()
        tasks = named or event.tasks
        machine.ask(Subscribe, tasks[0], tasks, self._resume if named else self._retrace)

    def _resume(self, event: SetsRead) -> None:
        """Named worker: announce what is committed, run the least set."""
        states = {state.task: state for state in event.sets}
        again = set(least_set(self._machine.view, states))
        self._announce([state for task, state in states.items() if task not in again])
        self._machine.take_up({task: state for task, state in states.items() if task in again})

    def _retrace(self, event: SetsRead) -> None:
        """Flexible worker: follow the tasks it continued with, from the first one to where its work was lost."""
        (state,) = event.sets
        if not state.version:
            self._run(state)
        elif state.version >> 8 == self._mine:
            self._follow(state)

    def _follow(self, state: SetState) -> None:
        """A task that a former epoch committed: see what became of the children."""
        machine = self._machine
        if state.stored:
            self._lost = None
        elif self._lost is None:
            self._lost = state
        children = machine.view.children[state.task]
        if children:
            machine.ask(ReadSets, state.task, children, lambda event: self._look_after(state, event.sets))
        else:
            self._announce([state])

    def _look_after(self, state: SetState, children: tuple[SetState, ...]) -> None:
        """If the child that was continued with is committed, go on from it; if its input is lost, back to that."""
        continued = [child for child in children if child.version >> 8 == self._mine]
        open_children = [child for child in children if not child.version and self._owns(child)]
        if open_children and not continued and self._lost is not None:
            self._run(self._lost)
            return
        self._announce([state])
        for child in continued:
            self._follow(child)

    def _run(self, state: SetState) -> None:
        first = self._lost or state
        self._machine.hear(first.task, first.versions)

    def _owns(self, state: SetState) -> bool:
        return not state.missing and state.owner >> 8 == self._mine

    def _announce(self, states: list[SetState]) -> None:
        self._machine.announce(tuple([Entry(s.task, s.version, s.stored) for s in states if s.version]))
