"""Recovery: what a new epoch of a worker does about what a dead (or released) one left behind.

It runs again the least set of tasks that holds every uncommitted one and the producer of each object that one
of them needs and that died with the old epoch's memory. What was committed is announced once more, for the old
epoch may have died before it told, or started, the consumers it owned. Edges are never un-marked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .events import SetsRead, SetState, Started
from .instructions import Entry, ReadSets, Subscribe
from .view import View

if TYPE_CHECKING:
    from .machine import Worker


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

    __slots__ = ("_chain", "_machine")

    def __init__(self, machine: Worker) -> None:
        self._machine = machine
        self._chain: list[SetState] = []

    def begin(self, event: Started) -> None:
        """Ask for the state of this worker's tasks: all of a named worker's, the first of a flexible one's."""
        machine = self._machine
        named = machine.view.tasks_of[machine.worker] if machine.worker < machine.view.n_workers else ()
        tasks = named or event.tasks
        machine.ask(Subscribe, tasks[0], tasks, self._resume if named else self._retrace)

    def _resume(self, event: SetsRead) -> None:
        """Named worker: announce what is committed, run the least set."""
        states = {state.task: state for state in event.sets}
        again = least_set(self._machine.view, states)
        missing = set(again)
        self._announce([state for state in event.sets if state.task not in missing])
        self._machine.take_up({task: states[task] for task in again})

    def _retrace(self, event: SetsRead) -> None:
        """Flexible worker: follow the tasks it continued with to where its work was lost.

        The chain holds the committed tasks since the last one that is in the store; if its end is not
        committed, the chain runs again from its start, else it is not needed.
        """
        machine = self._machine
        mine = [state for state in event.sets if self._is_mine(state)]
        lost = [state for state in event.sets if not state.version and self._is_owned(state)]
        if not self._chain and event.sets[0].task == machine.worker - machine.view.n_workers and not mine:
            lost = [event.sets[0]]
        if lost and (self._chain or not mine):
            first = self._chain[0] if self._chain else lost[0]
            machine.hear(first.task, first.versions)
            return
        for state in mine:
            if state.stored:
                self._chain.clear()
                self._announce([state])
            else:
                self._chain.append(state)
            children = machine.view.children[state.task]
            if children:
                machine.ask(ReadSets, state.task, children, self._retrace)

    def _is_mine(self, state: SetState) -> bool:
        """Whether a former epoch of this worker committed the task."""
        return state.version >> 8 == self._machine.marker >> 8

    def _is_owned(self, state: SetState) -> bool:
        return not state.missing and state.owner >> 8 == self._machine.marker >> 8

    def _announce(self, states: list[SetState]) -> None:
        entries = [Entry(state.task, state.version, state.stored) for state in states if state.version]
        self._machine.announce(tuple(entries))
