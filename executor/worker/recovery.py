"""Recovery: what a new epoch of a worker does about what a dead (or released) one left behind.

It runs again the least set of tasks that holds every uncommitted one and the producer of each object that one
of them needs and that died with the old epoch's memory. What was committed is announced once more, for the old
epoch may have died before it told, or started, the consumers it owned. Edges are never un-marked.
"""

from collections.abc import Collection, Mapping
from typing import Protocol

from .events import SetsRead, SetState, Started
from .instructions import Entry, ReadSets, Subscribe
from .questions import Questions
from .view import View, same_worker


class Recovering(Protocol):
    """What recovery needs of a machine."""

    view: View
    worker: int
    marker: int

    def take_up(self, states: dict[int, SetState]) -> None:
        """Run just these tasks of this worker."""

    def announce(self, entries: tuple[Entry, ...]) -> None:
        """Send commits of a former epoch once more."""


def least_set(view: View, states: Mapping[int, SetState], open_tasks: Collection[int] = ()) -> tuple[int, ...]:
    """Tasks that must run again, parents first.

    ``states`` are those of a worker's tasks, parents first; ``open_tasks`` are uncommitted tasks outside them,
    whose inputs may have to be made again.
    """
    again: set[int] = set()
    for task in reversed(tuple(states)):
        state = states[task]
        needed = any(reader in again or reader in open_tasks for o in state.kept for reader in view.consumers[o])
        if not state.version or needed:
            again.add(task)
    return tuple([task for task in states if task in again])


class Recovery:
    """Finds the way back into the work of a former epoch; forgotten once the machine is under way."""

    __slots__ = ("_machine", "_questions", "_reading", "_states")

    def __init__(self, machine: Recovering, questions: Questions) -> None:
        self._machine = machine
        self._questions = questions
        self._states: dict[int, SetState] = {}
        self._reading = 0

    def begin(self, event: Started) -> None:
        """Ask for the state of this worker's tasks: all of a named worker's, the first of a flexible one's."""
        machine = self._machine
        if machine.worker < machine.view.n_workers:
            named = machine.view.tasks_of[machine.worker]
            self._questions.ask(Subscribe, named[0], named, self._resume)
        else:
            self._reading = 1
            self._questions.ask(Subscribe, event.tasks[0], event.tasks, self._trace)

    def _resume(self, event: SetsRead) -> None:
        """Named worker: all its tasks are known (after a release, those that are not committed, and that is enough)."""
        self._go_on({state.task: state for state in event.sets}, ())

    def _trace(self, event: SetsRead) -> None:
        """Flexible worker: from its first task on, follow the children that it went on with."""
        self._reading -= 1
        machine, states = self._machine, self._states
        for state in event.sets:
            if state.task in states:
                continue
            states[state.task] = state
            children = machine.view.children[state.task]
            if children and self._is_mine(state):
                self._reading += 1
                self._questions.ask(ReadSets, state.task, children, self._trace)
        if not self._reading:
            self._traced()

    def _traced(self) -> None:
        """All that former epochs committed is known, and the children of that."""
        states, machine = self._states, self._machine
        first = machine.view.first_task(machine.worker)
        own = {t: s for t, s in states.items() if self._is_mine(s) or (t == first and not s.version)}
        self._go_on(_parents_first(machine.view, own), {t for t, s in states.items() if not s.version})

    def _is_mine(self, state: SetState) -> bool:
        """Whether an epoch of this worker committed the task."""
        return same_worker(state.version, self._machine.marker)

    def _go_on(self, states: dict[int, SetState], open_tasks: Collection[int]) -> None:
        """Announce what is committed; run the least set."""
        again = set(least_set(self._machine.view, states, open_tasks))
        self._machine.announce(
            tuple([Entry(s.task, s.version, s.kept) for t, s in states.items() if t not in again and s.version > 0])
        )
        self._machine.take_up({task: state for task, state in states.items() if task in again})


def _parents_first(view: View, states: dict[int, SetState]) -> dict[int, SetState]:
    ordered: dict[int, SetState] = {}
    stack = sorted(states, reverse=True)
    while stack:
        task = stack[-1]
        before = [parent for parent in view.parents[task] if parent in states and parent not in ordered]
        if before:
            stack.extend(before)
        else:
            ordered[task] = states[stack.pop()]
    return ordered
