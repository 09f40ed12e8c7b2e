"""Copies: tasks that several workers may run, because a plan duplicates them or has stragglers backed up.

The ledger's commit is the judge: the first version counts, and whoever comes later *adopts* it. So what such a task
made counts nowhere, not even where it was made, before it is committed; then its consumers, here too, learn of it
like everybody else. Whoever hears that another version counts stops at the next step: it does not fetch, run, upload
or commit any more what nobody wants. Nobody waits for a copy, and a copy that fails is given up.
"""

from typing import Any, Protocol

from .backups import Backups
from .calls import Calls
from .desk import Desk
from .duplicates import Duplicates
from .events import Committed, SetState
from .inputs import Inputs
from .instructions import Cancel, Drop, Entry, Fetch, Upload
from .outbox import Outbox
from .questions import Questions
from .thrift import Thrift
from .view import View, same_worker


class Copying(Protocol):
    """What is needed of the machine."""

    view: View
    worker: int
    epoch: int
    marker: int
    needs: dict[int, int]

    @property
    def busy(self) -> bool:
        """Whether it has something to run or to gather inputs for."""

    def has_heard(self, task: int) -> bool:
        """Whether all of what ``task`` needs from elsewhere is there."""

    def begin(self, task: int, versions: tuple[int, ...]) -> None:
        """Gather the inputs of ``task``, then run it."""

    def forget(self, task: int) -> None:
        """``task`` is not this machine's to run any more."""

    def announce(self, entries: tuple[Entry, ...]) -> None:
        """Send commits of a former epoch once more."""


class Copies:
    """What one machine does about tasks with copies: its own, and copies of others'."""

    __slots__ = (
        "_backups",
        "_desk",
        "_duplicates",
        "_inputs",
        "_machine",
        "_made",
        "_outbox",
        "_runs",
        "_thrift",
        "_versions",
        "_void",
    )

    def __init__(
        self,
        machine: Copying,
        desk: Desk,
        inputs: Inputs,
        outbox: Outbox,
        calls: Calls,
        questions: Questions,
        thrift: Thrift | None,
    ) -> None:
        self._machine = machine
        self._desk = desk
        self._inputs = inputs
        self._outbox = outbox
        self._thrift = thrift
        self._versions: dict[int, int] = {}
        """Versions that are known to be committed."""
        self._runs: dict[int, int] = {}
        """Operations of tasks with copies that run here."""
        self._made: set[int] = set()
        """Tasks with copies that ran here and whose commit is not answered yet."""
        self._void: set[int] = set()
        """Tasks that are not to be run here (any more)."""
        self._backups = Backups(machine, desk, calls, questions, self.learns, self._runs)
        self._duplicates = Duplicates(machine, desk, self._versions, self._void)
        desk.dismisses = self._dismisses

    @property
    def interests(self) -> tuple[int, ...]:
        """Tasks of which this machine wants to hear, besides those of its own that it waits for.

        Recovery asks for those that were its own by itself.
        """
        machine, view, worker = self._machine, self._machine.view, self._machine.worker
        own: tuple[int, ...] = ()
        if machine.epoch == 1 and worker < view.n_workers:
            own = tuple([task for task in view.tasks_of[worker] if task in view.copied])
        elif machine.epoch == 1 and view.is_copy_worker(worker):
            own = (view.first_task(worker),)
        return (*self._duplicates.interests, *own)

    # hearing of commits -----------------------------------------------------------------------------------

    def learns(self, state: SetState) -> None:
        """The ledger told what it knows of a task."""
        machine = self._machine
        if state.version:
            self.told(state.task, state.version)
        self.complete(state.task, state.versions)
        self._duplicates.informed(state.task)
        former = same_worker(state.version, machine.marker) and state.version != machine.marker
        if former and machine.worker < machine.view.n_workers and machine.view.is_copy(machine.worker, state.task):
            machine.announce((Entry(state.task, state.version, state.kept),))  # recovery knows its own tasks alone

    def complete(self, task: int, versions: tuple[int, ...]) -> None:
        """Some or all of the task's parents are committed, in these versions (0: not yet)."""
        for parent, version in zip(self._machine.view.parents[task], versions, strict=False):
            if version:
                self.told(parent, version)

    def told(self, task: int, version: int) -> None:
        """A task is committed; if not in the version made here, that is void."""
        self._versions[task] = version
        if task in self._machine.view.copied:
            if version == self._machine.marker:
                self._won(task)
            else:
                self._stop(task)

    def is_void(self, task: int) -> bool:
        """Whether a task is not to be run here (any more)."""
        return task in self._void

    def open(self, states: dict[int, SetState]) -> dict[int, SetState]:
        """Of what a former epoch left to be run, what nobody else has done meanwhile."""
        for state in states.values():
            self.complete(state.task, state.versions)
        return {task: state for task, state in states.items() if task not in self._void}

    # from begin to commit ---------------------------------------------------------------------------------

    def look(self) -> None:
        """A step is done: it may be time to run a copy."""
        self._duplicates.look()

    def begins(self, task: int, op: int) -> None:
        """A task begins to run."""
        if task in self._machine.view.copied:
            self._runs[task] = op
            self._backups.begins(task, op)

    def ran(self, task: int) -> bool:
        """A task has run: whether it is one with copies, and all is done about it."""
        if task not in self._machine.view.copied:
            return False
        del self._runs[task]
        if task not in self._void:
            self._made.add(task)
            self._machine.forget(task)
            self._outbox.send(task, self._machine.view.outputs[task])
        if self._thrift:
            self._thrift.ran(task)
        return True

    def committed(self, entries: tuple[Entry, ...]) -> None:
        """A commit of this machine took effect."""
        for entry in entries:
            self.told(entry.task, entry.version)

    def adopts(self, event: Committed) -> bool:
        """Other versions came first: whether they are of tasks with copies, and count from now on."""
        lost = event.lost
        if not self._machine.view.copied.issuperset(lost):
            return False
        entries = self._outbox.lost(event.op)
        for task in lost:
            self._stop(task)
        self._machine.announce(tuple([entry for entry in entries if entry.task not in lost]))
        return True

    def _won(self, task: int) -> None:
        """What was made here counts."""
        if task in self._made:
            self._made.discard(task)
            self._inputs.local.update(self._machine.view.outputs[task])
            if self._thrift:
                self._thrift.decided(task)

    def _stop(self, task: int) -> None:
        """What was made here, or is being made, is void."""
        if task in self._void:
            return
        self._void.add(task)
        self._machine.forget(task)
        self._inputs.forget(task)
        self._outbox.forget(task)
        if task in self._made:
            self._made.discard(task)
            self._desk.out += [Drop(found) for found in self._machine.view.outputs[task]]
        if task in self._runs:
            self._desk.out.append(Cancel(self._runs[task]))
        elif self._thrift:
            self._thrift.ran(task)

    # failures ---------------------------------------------------------------------------------------------

    def fails(self, task: int) -> bool:
        """A run failed: whether that is all, because nobody wants it, or it was but a copy."""
        if self._runs.pop(task, None) is None:
            return False
        if task in self._void:
            if self._thrift:
                self._thrift.ran(task)
        elif self._machine.view.is_copy(self._machine.worker, task):
            self._stop(task)
        return task in self._void

    def gives_up(self, instruction: Any) -> bool:
        """A transfer failed for good: whether only a copy comes to nothing by that, which is given up."""
        view, worker = self._machine.view, self._machine.worker
        match instruction:
            case Upload() if view.is_copy(worker, instruction.task):
                self._stop(instruction.task)
                return self._dismisses(instruction)
            case Fetch():
                waiting = self._inputs.waits_for(instruction.object)
                if waiting and all(view.is_copy(worker, task) for task in waiting):
                    for task in tuple(waiting):
                        self._stop(task)
                    self._inputs.dismiss(instruction.object)
                    return True
        return False

    def _dismisses(self, instruction: Any) -> bool:
        """Whether nobody wants any more what failed; then that is its end."""
        if isinstance(instruction, Upload) and self._outbox.is_void(instruction.task):
            self._outbox.ended(instruction)
            return True
        is_fetch = isinstance(instruction, Fetch) and instruction.task in self._void
        if is_fetch and not self._inputs.waits_for(instruction.object):
            self._inputs.dismiss(instruction.object)
            return True
        return False
