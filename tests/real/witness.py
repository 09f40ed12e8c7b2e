"""A witness: keeps a run's request log when its store is destroyed; and what has to be so in that, and in the records.

Every task is committed once: another version may follow only where the one before was in a dead memory alone. What
machines were told of commits agrees with the log, and nobody ever read what is not committed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import msgpack

from executor.local.run import RealRun
from executor.records.real.remains import Remains, read_remains
from executor.store.requests import AnyRequest, Bury, Commit, Subscribe
from executor.store.store import Mail, Objects, RequestLog, Store
from executor.worker.events import Committed, Fetched
from executor.worker.instructions import Commit as Committing
from executor.worker.instructions import Entry, Fetch
from executor.worker.ledger import Ledger
from executor.worker.view import INITIAL, View, split_marker


class Witness:
    """Another store; what its log held when it was destroyed is in ``entries``."""

    def __init__(self, store: Store, entries: list[bytes]) -> None:
        self._store = store
        self._entries = entries
        self.objects: Objects = store.objects
        self.log: RequestLog = store.log
        self.mail: Mail = store.mail

    def close(self) -> None:
        self._store.close()

    def destroy(self) -> None:
        self._entries += self.log.read(len(self._entries))
        self._store.destroy()


class History:
    """The commits that a log tells of: per task those that took effect, in order, and who was dead by then."""

    def __init__(self, view: View, entries: Sequence[bytes]) -> None:
        self.view = view
        self.commits: defaultdict[int, list[Entry]] = defaultdict(list)
        self.twice: list[str] = []
        self._dead: set[tuple[int, int]] = set()
        self._ledger = Ledger(view)
        decoder = msgpack.Decoder(AnyRequest)
        for entry in entries:
            self._take(decoder.decode(entry))

    def _take(self, request: AnyRequest) -> None:
        ledger = self._ledger
        if isinstance(request, Commit):
            _, lost, superseded = ledger.commit(request.marker, request.entries)
            for entry in () if lost or superseded else request.entries:
                self._committed(entry)
        elif isinstance(request, Bury):
            self._dead.update((request.worker, epoch) for epoch in range(1, request.epoch + 1))
            ledger.bury(request.worker, request.epoch)
        elif isinstance(request, Subscribe):
            ledger.subscribe(request.marker, request.tasks)
        else:
            ledger.release(request.marker, request.tasks)

    def _committed(self, entry: Entry) -> None:
        commits = self.commits[entry.task]
        if not commits or commits[-1].version != entry.version:
            if commits and not (commits[-1].kept and split_marker(commits[-1].version) in self._dead):
                self.twice.append(f"task {entry.task} was committed as {commits[-1].version} and as {entry.version}")
            commits.append(entry)

    def versions(self, task: int) -> set[int]:
        """All that were committed."""
        return {entry.version for entry in self.commits[task]}


def complaints(run: RealRun, entries: Sequence[bytes]) -> list[str]:
    """What is wrong with a complete run's log, and with what its machines were told; nothing if all is well."""
    remains = read_remains(Path(run.folder))
    history = History(remains.view, entries)
    lost = [
        f"task {task} was never committed" for task in range(len(history.view.parents)) if not history.commits[task]
    ]
    return [*history.twice, *lost, *_of_the_machines(remains, history)]


def _of_the_machines(remains: Remains, history: History) -> Iterator[str]:
    """What they were told of their commits, and which versions they read."""
    producer = history.view.producer
    for number, frames in remains.steps.items():
        asked = {
            each.op: each for frame in frames for each in frame.instructions if isinstance(each, Fetch | Committing)
        }
        for event in (frame.event for frame in frames):
            if isinstance(event, Committed) and not (event.lost or event.superseded):
                commit = asked[event.op]
                assert isinstance(commit, Committing)
                for entry in commit.entries:
                    if entry.version not in history.versions(entry.task):
                        yield f"machine {number} was told that task {entry.task} is committed as {entry.version}"
            elif isinstance(event, Fetched):
                fetch = asked[event.op]
                assert isinstance(fetch, Fetch)
                maker = producer[fetch.object]
                if maker != INITIAL and fetch.chunks == 1 and fetch.version not in history.versions(maker):
                    yield f"machine {number} read object {fetch.object} as {fetch.version}, which nobody committed"
