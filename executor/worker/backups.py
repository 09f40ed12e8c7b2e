"""Backups: a second copy of a task whose run takes longer than the plan expects, on a fresh worker.

MapReduce's backup tasks (Dean, Ghemawat, OSDI 2004), with a limit on the time of one run. Whoever runs the task asks
the ledger first, and so wants to hear from then on who was faster.
"""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from .calls import Calls
from .desk import Desk
from .events import SetsRead, SetState
from .instructions import Subscribe
from .questions import Questions
from .view import View

_LEAST_PAUSE_NS = 10_000_000


class Runner(Protocol):
    """What is needed of the machine."""

    view: View
    worker: int


class Backups:
    """Times the runs of one machine. ``runs``: the operation of each task with copies that runs and is wanted."""

    __slots__ = ("_calls", "_desk", "_learns", "_machine", "_questions", "_runs")

    def __init__(
        self,
        machine: Runner,
        desk: Desk,
        calls: Calls,
        questions: Questions,
        learns: Callable[[SetState], None],
        runs: dict[int, int],
    ) -> None:
        self._machine = machine
        self._desk = desk
        self._calls = calls
        self._questions = questions
        self._learns = learns
        self._runs = runs

    def begins(self, task: int, op: int) -> None:
        """A task begins to run."""
        after_ns = self._machine.view.backup_after_ns.get(task)
        if after_ns is not None and not self._machine.view.is_copy(self._machine.worker, task):
            self._desk.alarm(after_ns, partial(self._is_late, task, op, max(after_ns, _LEAST_PAUSE_NS)))

    def _is_late(self, task: int, op: int, pause_ns: int) -> None:
        """A run takes long, if it still does: ask whether somebody else was faster."""
        if self._runs.get(task) == op:
            self._questions.ask(Subscribe, task, (task,), partial(self._answered, task, op, pause_ns))

    def _answered(self, task: int, op: int, pause_ns: int, event: SetsRead) -> None:
        """Start a copy, if its inputs are there for everybody; else look again, each time after twice as long."""
        view = self._machine.view
        for state in event.sets:
            self._learns(state)
            if self._runs.get(task) != op or state.version:
                continue
            if all(state.versions):
                worker = view.copy_worker(task)
                self._calls.invoke_copy(worker, task, state.versions, view.size_of(worker))
            else:
                self._desk.alarm(pause_ns, partial(self._is_late, task, op, 2 * pause_ns))
