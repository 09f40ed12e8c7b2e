"""Leaving: what a worker does when nothing is under way. It exits, waits for tasks still to come, or releases itself.

Before it releases it commits what is done and uploads what a task still to come needs and only this memory holds.
While it waits it asks now and then, where messages may be lost, whether one was.
"""

from typing import Protocol

from .desk import Desk
from .events import SetsRead
from .instructions import ReadSets, Release
from .outbox import Outbox
from .questions import Questions
from .view import View


class Leaver(Protocol):
    """What is needed of the machine that leaves."""

    view: View
    needs: dict[int, int]

    def has_heard(self, task: int) -> bool:
        """Whether it was told of ``task``."""

    def learn(self, event: SetsRead) -> None:
        """Take note of sets that turned out to be complete."""

    def leave(self, status: str, reason: str, task: int = -1) -> None:
        """Exit."""


class Leaving:
    """Decides at each rest. ``holds``: wait for tasks to come, rather than exit and be invoked again."""

    __slots__ = ("_desk", "_holds", "_is_watching", "_machine", "_made", "_outbox", "_questions", "_saved")

    def __init__(self, machine: Leaver, desk: Desk, outbox: Outbox, questions: Questions, *, holds: bool) -> None:
        self._machine = machine
        self._desk = desk
        self._outbox = outbox
        self._questions = questions
        self._holds = holds
        self._is_watching = False
        self._made: set[int] = set()
        self._saved: set[int] = set()

    def ran(self, task: int) -> None:
        """A task ran here: who releases may have to save what it made."""
        if not self._holds:
            self._made.add(task)

    def rest(self) -> None:
        """Nothing is under way."""
        if not self._machine.needs:
            if self._outbox.uncommitted:
                self._outbox.flush()
            else:
                self._machine.leave("done", "")
        elif self._holds:
            self._wait()
        else:
            self._prepare_to_release()

    # waiting ----------------------------------------------------------------------------------------------

    def _wait(self) -> None:
        poll_ns = self._machine.view.poll_ns
        if poll_ns is not None and not self._is_watching:
            self._is_watching = True
            self._desk.watch(poll_ns, self._look)

    def _look(self) -> None:
        """If still waiting, ask the ledger itself what a lost message would have told of a task that lacks no more."""
        self._is_watching = False
        machine = self._machine
        edges = machine.view.remote_edges
        expected = tuple(
            [t for t, needs in machine.needs.items() if needs == 1 and edges[t] and not machine.has_heard(t)]
        )
        if expected and self._desk.idle:
            self._questions.ask(ReadSets, expected[0], expected, machine.learn)

    # releasing --------------------------------------------------------------------------------------------

    def _prepare_to_release(self) -> None:
        """Commit what is done; then save what only this memory holds; then ask to be released."""
        if self._outbox.uncommitted:
            self._outbox.flush()
            return
        self._save()
        if self._desk.idle:
            pending = tuple(self._machine.needs)
            self._questions.ask(Release, pending[0], pending, self._released)

    def _save(self) -> None:
        """Upload what a task still to come needs and only this memory holds, and say that no more is needed."""
        view, pending = self._machine.view, self._machine.needs
        parents = {parent for child in pending for parent in view.parents[child]}
        for task in sorted(parents & self._made - self._saved):
            self._saved.add(task)
            unsaved = set(view.outputs[task]).difference(view.uploads[task])
            if unsaved:
                needed = [o for o in sorted(unsaved) if any(reader in pending for reader in view.consumers[o])]
                self._outbox.save(task, tuple(needed))

    def _released(self, event: SetsRead) -> None:
        if event.released:
            self._machine.leave("released", "")
        else:
            self._machine.learn(event)
