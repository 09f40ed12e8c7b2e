"""Leaving: what a worker does when nothing is under way. It exits, waits for tasks still to come, or releases itself.

Before it releases it commits what is done and uploads what a task still to come needs and only this memory holds.
While it waits it asks now and then, where messages may be lost, whether one was.
"""

from typing import Protocol

from .desk import Desk
from .events import SetsRead
from .instructions import Entry, ReadSets, Release
from .outbox import Outbox
from .questions import Questions
from .view import View


class Leaver(Protocol):
    """What is needed of the machine that leaves."""

    view: View
    marker: int
    needs: dict[int, int]

    @property
    def holds_back(self) -> bool:
        """Whether it waits with outputs."""

    def has_heard(self, task: int) -> bool:
        """Whether it was told of ``task``."""

    def learn(self, event: SetsRead) -> None:
        """Take note of sets that turned out to be complete."""

    def leave(self, status: str, reason: str, task: int = -1) -> None:
        """Exit."""


class Leaving:
    """Decides at each rest. ``holds``: wait for tasks to come, rather than exit and be invoked again."""

    __slots__ = ("_desk", "_holds", "_is_watching", "_machine", "_only_here", "_outbox", "_questions")

    def __init__(self, machine: Leaver, desk: Desk, outbox: Outbox, questions: Questions, *, holds: bool) -> None:
        self._machine = machine
        self._desk = desk
        self._outbox = outbox
        self._questions = questions
        self._holds = holds
        self._is_watching = False
        self._only_here: dict[int, tuple[int, ...]] = {}
        """Objects of committed tasks that only this memory holds, by task."""

    def committed(self, entries: tuple[Entry, ...]) -> None:
        """Tasks were committed: who releases may have to save what they kept here."""
        if not self._holds:
            own = self._machine.marker
            self._only_here.update({entry.task: entry.kept for entry in entries if entry.version == own})

    def rest(self) -> None:
        """Nothing is under way."""
        if not self._machine.needs:
            if self._outbox.uncommitted:
                self._outbox.flush()
            elif not self._machine.holds_back:
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
        """Upload what a task still to come needs and only this memory holds, and say so."""
        view, pending = self._machine.view, self._machine.needs
        parents = {parent for child in pending for parent in view.parents[child]}
        for task in sorted(parents & self._only_here.keys()):
            kept = self._only_here[task]
            needed = tuple([o for o in kept if any(reader in pending for reader in view.consumers[o])])
            if needed:
                self._outbox.save(task, needed, tuple([o for o in kept if o not in needed]))

    def _released(self, event: SetsRead) -> None:
        if event.released:
            self._machine.leave("released", "")
        else:
            self._machine.learn(event)
