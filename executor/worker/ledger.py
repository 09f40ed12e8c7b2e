"""The ledger: commits, dependency edge sets and liveness, as one atomic store keeps them.

This is the protocol's other half. The simulator and the tests use it as it is; a real store must answer the
same requests in the same way. Every request is idempotent: asking again changes nothing and gets the same answer.

An edge is marked once, the first marker is kept, and the *owner* of a consumer is the first marker of the edge
that completed its set (a later epoch of the same worker inherits what a dead one owned). Edges between tasks of one
named worker are not marked at all: that worker knows.
"""

from array import array
from collections.abc import Iterable
from itertools import accumulate

from msgspec.structs import replace

from .events import News, Ready, SetState
from .holds import Holds
from .instructions import CLIENT, Entry
from .view import FLEXIBLE, INITIAL, VOID, View, same_worker, split_marker

_ABSENT, _LIVE, _RELEASED = 0, 1, 2


class Ledger:
    """State of one run's coordination. Memory: about 40 bytes a task and 8 an edge."""

    __slots__ = (
        "_epoch",
        "_first_edge",
        "_hearers",
        "_holds",
        "_kept",
        "_marker",
        "_missing",
        "_owner",
        "_presence",
        "_tells",
        "_version",
        "_view",
        "_widths",
    )

    def __init__(self, view: View) -> None:
        n_tasks = len(view.parents)
        self._view = view
        self._missing = array("i", view.remote_edges)
        self._owner = array("q", bytes(8 * n_tasks))
        self._version = array("q", bytes(8 * n_tasks))
        self._kept: dict[int, tuple[int, ...]] = {}
        self._first_edge = array("q", accumulate(map(len, view.children), initial=0))
        self._marker = array("q", bytes(8 * self._first_edge[-1]))
        self._holds = Holds(view) if view.delay_io and view.delay_io.retry_ns is None else None
        self._widths: dict[int, int] = {}
        """Per splitter that is committed, how many lanes of its map node run."""
        self._tells = bool(view.hear_of or view.copied or self._holds or view.maps)
        """Whether anybody may want to hear of a commit."""
        self._presence: dict[int, int] = {}
        self._epoch: dict[int, int] = {}
        self._hearers: dict[int, dict[int, None]] = {}
        """Per task with copies, who wants to hear of its commit: workers that subscribed to it."""

    def commit(self, marker: int, entries: tuple[Entry, ...]) -> tuple[tuple[Ready, ...], tuple[int, ...], bool]:
        """Commit all entries and mark their edges, or nothing: (consumers to start, tasks lost, superseded)."""
        if self.superseded(marker):
            return (), (), True
        version, delays = self._version, self._view.delay_io
        lost = self._lost(entries)
        if lost:
            return (), lost, False
        for entry in entries:
            version[entry.task] = entry.version
            if entry.width is not None:
                self._close(entry.task, entry.width)
            if delays:
                self._mark_held(entry.task, marker)
            if entry.kept:
                self._kept[entry.task] = entry.kept
            elif self._kept:
                self._kept.pop(entry.task, None)
        ready = self._mark_all(marker, entries)
        if (delays and len(entries) > 1) or (self._widths and any(entry.task in self._widths for entry in entries)):
            # What one entry, or lane, held and another completed is ready once, and so it is when they are asked again.
            ready = list(dict.fromkeys(self._mark_all(marker, entries)))
        return tuple(ready), (), False

    def _mark_all(self, marker: int, entries: tuple[Entry, ...]) -> list[Ready]:
        """Mark the entries' edges, and those of lanes that are void by them; the consumers that ``marker`` now owns."""
        ready: list[Ready] = []
        for entry in entries:
            if self._widths:
                for task in self._void(entry.task):
                    self._mark(task, marker, ready)
            self._mark(entry.task, marker, ready, entry.held)
        return ready

    def _close(self, splitter: int, width: int) -> None:
        """A splitter's width is a fact: the tasks of all further lanes are void."""
        self._widths[splitter] = width
        for task in self._void(splitter):
            self._version[task] = VOID

    def _void(self, splitter: int) -> list[int]:
        """The tasks that are void by the width of a splitter, if it is one."""
        width = self._widths.get(splitter)
        return [] if width is None else self._view.maps[splitter].void(width)

    def _lost(self, entries: tuple[Entry, ...]) -> tuple[int, ...]:
        """Tasks that were committed before in another version (one that is not gone)."""
        version = self._version
        lost: tuple[int, ...] = ()
        for entry in entries:
            before = version[entry.task]
            is_other = before and before != entry.version and not self._gone(entry.task)
            if is_other or entry.width not in (None, self._widths.get(entry.task, entry.width)):
                lost += (entry.task,)
        return lost

    def _mark(self, task: int, marker: int, ready: list[Ready], held: tuple[int, ...] = ()) -> None:
        """Mark the task's edges towards other workers; add the consumers that ``marker`` now owns."""
        view, markers, missing, owner = self._view, self._marker, self._missing, self._owner
        worker_of, home, may_be_void = view.worker_of, view.worker_of[task], bool(self._widths)
        for edge, child in enumerate(view.children[task], self._first_edge[task]):
            assigned = worker_of[child]
            if assigned == home and home != FLEXIBLE and task not in view.copied:
                continue
            if may_be_void and self._version[child] == VOID:
                continue
            if not markers[edge] and child not in held:
                markers[edge] = marker
                missing[child] -= 1
                if not missing[child]:
                    owner[child] = marker
            if self._holds and missing[child]:
                self._settle(task, child, marker, is_held=not markers[edge])
            if not missing[child] and same_worker(owner[child], marker) and (found := self._to_start(child, marker)):
                ready.append(found)

    def _settle(self, task: int, join: int, marker: int, *, is_held: bool) -> None:
        """See whether somebody stays with a join, which is then complete."""
        assert self._holds is not None
        if is_held:
            self._holds.place(join, task, marker)
        else:
            self._holds.lift(join, task)
        stays, parents = self._holds.settle(join, self._missing[join], self.superseded)
        for parent in parents:
            self._marker[self._first_edge[parent] + self._view.children[parent].index(join)] = stays
        if stays:
            self._missing[join], self._owner[join] = 0, stays

    def _mark_held(self, task: int, marker: int) -> None:
        """A task ran, maybe on what its worker held back for it: the edges that it left open are marked."""
        if self._holds:
            self._holds.is_done(task)
        if not self._missing[task]:
            return
        for parent in self._view.parents[task]:
            edge = self._first_edge[parent] + self._view.children[parent].index(task)
            self._marker[edge] = self._marker[edge] or marker
        self._missing[task], self._owner[task] = 0, marker

    def news(self, entries: tuple[Entry, ...]) -> tuple[News, ...]:
        """Whom to tell of tasks just committed: live workers that want to hear of them, and whose own are not ready."""
        if not self._tells:
            return ()
        hear_of = self._view.hear_of
        version, missing, home = self._version, self._missing, self._view.worker_of
        told = [
            News(home[child], child, entry.task, version[entry.task])
            for entry in entries
            for child in hear_of.get(entry.task, ())
            if missing[child]
            and version[child] != VOID
            and self._presence.get(home[child]) == _LIVE
            and home[child] != home[entry.task]
        ]
        for entry in entries if self._widths else ():
            told += self._news_of_width(entry.task, {news.worker for news in told})
        for entry in entries if self._hearers else ():
            told += self._news_of_copies(entry.task)
        for entry in entries if self._holds else ():
            assert self._holds is not None
            told += self._holds.news(entry.task, entry.version, self.superseded, self.versions)
        return tuple([self._with_width(news) for news in told] if self._widths else told)

    def _with_width(self, news: News) -> News:
        """Whoever hears of a splitter hears how many of its lanes there are."""
        width = self._widths.get(news.parent)
        return news if width is None else replace(news, width=width)

    def _news_of_width(self, splitter: int, told: set[int]) -> list[News]:
        """For live workers that may wait for void lanes and were not told, and for the client if it waits for one."""
        view, listens = self._view, self._presence
        listeners: dict[int, int] = {}
        for task in self._void(splitter):
            for worker in (view.worker_of[task], *self._hearers.get(task, ())):
                if listens.get(worker) == _LIVE and worker not in told:
                    listeners.setdefault(worker, task)
            if view.is_goal[task]:
                listeners.setdefault(CLIENT, task)
        version = self._version[splitter]
        listeners.pop(split_marker(version)[0], None)
        return [News(who, task, splitter, version) for who, task in listeners.items()]

    def _news_of_copies(self, task: int) -> list[News]:
        """For who else runs or may run ``task`` (unless it hears of it anyway), and who may run a copy of a child."""
        view, version, hearers = self._view, self._version[task], self._hearers
        home, committer = view.worker_of, split_marker(version)[0]
        told = {home[child] for child in view.hear_of.get(task, ())} - {home[task]}
        stops = [News(worker, task, task, version) for worker in hearers.get(task, ()) if worker not in told]
        begins = [
            News(worker, child, task, version)
            for child in view.children[task]
            for worker in hearers.get(child, ())
            if worker < view.n_workers and worker != home[child]
        ]
        listens = self._presence
        return [news for news in (*stops, *begins) if news.worker != committer and listens.get(news.worker) == _LIVE]

    def _to_start(self, task: int, marker: int) -> Ready | None:
        """How the owner of ``task`` starts it, or None where its own worker will see to that, or it is done."""
        if self._version[task] or self._waits_for_recovery(task, marker):
            return None
        view = self._view
        worker = view.worker_for(task)
        presence = self._presence.get(worker, _ABSENT)
        if presence == _LIVE and worker >= view.n_workers:
            return None  # a later epoch of it is at work already
        if presence != _LIVE and not self._own_parents_done(task):
            return None
        epoch = self._epoch.get(worker, 0) + 1
        return Ready(task, worker, presence == _LIVE, epoch, self.versions(task))

    def _waits_for_recovery(self, task: int, marker: int) -> bool:
        """Whether an input died with a former epoch of the marker's flexible worker, which is making it again."""
        worker, epoch = split_marker(marker)
        if epoch == 1 or worker < self._view.n_workers:
            return False
        version, producer = self._version, self._view.producer
        return any(
            same_worker(version[producer[found]], marker) and self._is_lost(found, producer[found])
            for found in self._view.inputs[task]
            if producer[found] != INITIAL
        )

    def _is_lost(self, found: int, producer: int) -> bool:
        """Whether the committed object was in the memory alone of an epoch that is dead."""
        return found in self._kept.get(producer, ()) and self.superseded(self._version[producer])

    def _own_parents_done(self, task: int) -> bool:
        view = self._view
        if not view.local_parents[task]:
            return True
        home = view.worker_of[task]
        return all(self._version[p] for p in view.parents[task] if view.worker_of[p] == home)

    def versions(self, task: int) -> tuple[int, ...]:
        """Committed versions of the task's parents, in their order (0: none yet)."""
        version = self._version
        return tuple([version[parent] for parent in self._view.parents[task]])

    def read(self, tasks: Iterable[int]) -> tuple[SetState, ...]:
        """The state of each task's set."""
        return tuple([self._state(task) for task in tasks])

    def _state(self, task: int) -> SetState:
        missing = self._missing[task]
        view = self._view
        is_told = missing <= 1 or task in view.preloads or task in view.copied or task in view.duplicates
        is_told = is_told or task in view.reads_ahead
        is_told = is_told or (view.delay_io is not None and view.worker_of[task] == FLEXIBLE)
        versions = self.versions(task) if is_told else ()
        return SetState(task, missing, self._version[task], self._kept.get(task, ()), self._owner[task], versions)

    def subscribe(self, marker: int, tasks: Iterable[int]) -> tuple[tuple[SetState, ...], bool]:
        """Declare an epoch live: the sets of its tasks, and whether the former epoch had released.

        Then nothing was lost with that one, and only uncommitted tasks are told of.
        """
        if self.superseded(marker):
            return (), False
        worker, epoch = split_marker(marker)
        released = self._presence.get(worker) == _RELEASED
        self._epoch[worker] = epoch
        self._presence[worker] = _LIVE
        copied = self._view.copied
        if copied:
            for task in copied.intersection(tasks):
                self._hearers.setdefault(task, {})[worker] = None
        version = self._version
        return self.read([task for task in tasks if not (released and version[task])]), released

    def release(self, marker: int, tasks: Iterable[int]) -> bool:
        """Declare an epoch gone unless one of ``tasks`` is complete; whether it is gone. Not if superseded."""
        if self.superseded(marker):
            return False
        worker, epoch = split_marker(marker)
        self._epoch[worker] = epoch
        complete = any(not self._missing[task] and self._own_parents_done(task) for task in tasks)
        self._presence[worker] = _LIVE if complete else _RELEASED
        return not complete

    def bury(self, worker: int, epoch: int) -> None:
        """The platform found an epoch dead: what it kept in its memory alone counts as absent from now on."""
        if self._epoch.get(worker, 0) <= epoch:
            self._epoch[worker] = epoch + 1
            self._presence[worker] = _LIVE

    def superseded(self, marker: int) -> bool:
        """Whether a later epoch of the marker's worker is known."""
        worker, epoch = split_marker(marker)
        known = self._epoch.get(worker)
        return known is not None and known > epoch

    def _gone(self, task: int) -> bool:
        """Whether committed outputs were in the memory alone of an epoch that is dead."""
        return task in self._kept and self.superseded(self._version[task])

    def committed_version(self, task: int) -> int:
        """The committed version of a task, 0 if none."""
        return self._version[task]
