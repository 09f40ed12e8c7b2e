"""Readiness: what each task of one machine still waits for, and what was heard of it.

A task of a named worker needs its parents there, each, and word from the ledger that all edges from elsewhere are
marked. When that is met it can begin. What is heard while recovery has not found its way yet is kept until it has.
"""

from collections.abc import Mapping
from typing import Protocol

from .copies import Copies
from .events import SetState
from .lanes import Lanes
from .news import News
from .streams import Streams
from .view import View


class Beginner(Protocol):
    """What is needed of the machine."""

    worker: int
    view: View

    def begin(self, task: int, versions: tuple[int, ...]) -> None:
        """Gather the inputs of ``task``, then run it."""


class Readiness:
    """Counts what tasks need. A flexible worker's have no count: it is told of each that it is to run."""

    __slots__ = (
        "_copies",
        "_early",
        "_home",
        "_known",
        "_lanes",
        "_machine",
        "_news",
        "_remote",
        "_streams",
        "_versions",
        "needs",
    )

    def __init__(
        self,
        machine: Beginner,
        copies: Copies | None,
        lanes: Lanes | None,
        news: News | None,
        streams: Streams | None,
    ) -> None:
        view, worker = machine.view, machine.worker
        self._machine = machine
        self._copies = copies
        self._lanes = lanes
        self._news = news
        self._streams = streams
        self._home = view.worker_of
        self._remote = view.remote_edges
        self._versions: dict[int, tuple[int, ...]] = {}
        self._known: set[int] = set()
        self._early: dict[int, tuple[int, ...]] | None = None
        """What is heard before recovery has found its way; None when there is none under way."""
        named = view.tasks_of[worker] if worker < view.n_workers else ()
        self.needs = {t: view.local_parents[t] + (view.remote_edges[t] > 0) for t in named}
        """Per task of a named worker that has not run yet, how many things it waits for."""

    # recovery ---------------------------------------------------------------------------------------------

    def recovers(self) -> None:
        """It is not known yet what is left to be done: keep what is heard."""
        self._early = {}

    @property
    def is_recovering(self) -> bool:
        """Whether it is not known yet what is left to be done."""
        return self._early is not None

    def take_up(self, states: Mapping[int, SetState]) -> None:
        """Just these tasks are left, as far as they are done elsewhere."""
        parents, copied, needs = self._machine.view.parents, self._machine.view.copied, self.needs
        needs.clear()
        for task, state in states.items():
            own = sum([parent in states and parent not in copied for parent in parents[task]])
            needs[task] = own + (state.missing > 0)
        self._known.update([task for task, state in states.items() if not state.missing])
        self._versions = {task: state.versions for task, state in states.items()}
        early, self._early = self._early or {}, None
        for task, left in tuple(needs.items()):
            if not left:
                self._machine.begin(task, self._versions.pop(task))
        for task, versions in early.items():
            if task in needs:
                self.hear(task, versions)

    # hearing ----------------------------------------------------------------------------------------------

    def hear(self, task: int, versions: tuple[int, ...]) -> None:
        """All edges of ``task`` from other workers are marked. Hearing it twice changes nothing."""
        if self._early is not None:
            self._early[task] = versions
            return
        if self._lanes:
            self._lanes.note(task, versions)
        if self._copies:
            self._copies.complete(task, versions)
        if task in self._known:
            return
        self._known.add(task)
        needs = self.needs.get(task)
        if needs is None:
            if self._machine.worker >= self._machine.view.n_workers:  # else an old message, of what an epoch before did
                self._machine.begin(task, versions)
        elif not self._remote[task]:
            self._machine.begin(task, versions)
        else:
            self._versions[task] = versions
            self._met(task, needs)
            if self._news:
                self._news.complete(task, versions)

    def has_heard(self, task: int) -> bool:
        """Whether ``task`` was heard of."""
        return task in self._known

    @property
    def expected(self) -> tuple[int, ...]:
        """Tasks of which word must come from elsewhere, and has not."""
        return tuple([task for task in self.needs if self._remote[task] and task not in self._known])

    def _met(self, task: int, needs: int) -> None:
        """One of the ``needs`` of a task of this worker is met."""
        self.needs[task] = needs - 1
        if needs == 1:
            self._machine.begin(task, self._versions.pop(task, ()))
        elif self._streams:
            self._streams.reconsiders(task)

    # what is over -----------------------------------------------------------------------------------------

    def is_done(self, task: int) -> None:
        """A task has run here: one thing less to wait for, for each of its children here."""
        needs, home = self.needs, self._home
        if needs.pop(task, None) is not None:
            self._known.discard(task)  # a message about it is old from now on, and known by that
            for child in self._machine.view.children[task]:
                if (left := needs.get(child)) and home[child] == home[task]:
                    self._met(child, left)

    def skip(self, tasks: list[int]) -> tuple[int, ...]:
        """These are never run; those of them that were waited for here. While recovery is under way, it will know."""
        if self._early is not None:
            return ()
        own = tuple([task for task in tasks if self.needs.pop(task, None) is not None])
        for task in own:
            self._known.discard(task)
            self._versions.pop(task, None)
        for task in own:
            for child in self._machine.view.children[task]:
                if (left := self.needs.get(child)) and self._home[child] == self._home[task]:
                    self._met(child, left)
        return own

    def forget(self, task: int) -> None:
        """``task`` is not to be run here (any more)."""
        if self.needs.pop(task, None) is not None:
            self._known.discard(task)  # a message about it is old from now on, and known by that
        self._versions.pop(task, None)
