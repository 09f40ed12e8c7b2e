"""Random requests to a ledger, what comes of them, and what the one `Ledger` says to the same."""

from __future__ import annotations

from random import Random
from typing import TypeAlias

from msgspec import Struct, msgpack

from executor.store.replica import Replica
from executor.store.requests import AnyRequest, Bury, Commit, Release, Subscribe
from executor.worker import instructions as do
from executor.worker.events import Committed, SetsRead
from executor.worker.instructions import Entry
from executor.worker.ledger import Ledger
from executor.worker.view import View, marker_of, split_marker

OP, NOW_NS = 7, 11


class Buried(Struct, frozen=True, tag=True, array_like=True):
    """An epoch to bury, as a question."""

    worker: int
    epoch: int


class Asked(Struct, frozen=True, array_like=True):
    """Who asks what."""

    marker: int
    question: do.Commit | do.ReadSets | do.Subscribe | do.Release | Buried


Told: TypeAlias = Committed | SetsRead | None


def random_asked(rng: Random, view: View, workers: list[int]) -> Asked:
    """Something that one of these workers may ask, or that the platform may say of it."""
    worker = rng.choice(workers)
    marker = marker_of(worker, rng.choice((1, 1, 1, 2, 3)))
    tasks = range(len(view.parents))
    some = tuple(rng.sample(tasks, rng.randint(0, len(tasks))))
    kind = rng.random()
    if kind < 0.55:
        count = rng.choice((1, 1, 1, 2))
        chosen = rng.sample(tasks, min(count, len(tasks)))
        return Asked(marker, do.Commit(OP, tuple([_entry(rng, view, task, marker) for task in chosen])))
    if kind < 0.7:
        return Asked(marker, do.Subscribe(OP, -1, some))
    if kind < 0.8:
        return Asked(marker, do.Release(OP, -1, some))
    if kind < 0.93:
        return Asked(marker, do.ReadSets(OP, -1, some))
    return Asked(marker, Buried(*split_marker(marker)))


def _entry(rng: Random, view: View, task: int, marker: int) -> Entry:
    kept = tuple(found for found in view.outputs[task] if rng.random() < 0.3)
    held = tuple(child for child in view.children[task] if view.delay_io and rng.random() < 0.3)
    return Entry(task, marker, kept, held)


def workers_of(view: View) -> list[int]:
    """All workers there may be, but for backup copies."""
    return list(range(view.n_workers + len(view.parents)))


def ask(replica: Replica, asked: Asked) -> Told:
    """Ask a replica."""
    if isinstance(asked.question, Buried):
        replica.bury(asked.question.worker, asked.question.epoch)
        return None
    return replica.answer(asked.marker, asked.question, lambda: NOW_NS)


def is_logged(asked: Asked) -> bool:
    """Whether it stands in the log."""
    return not isinstance(asked.question, do.ReadSets)


def told_by(view: View, log: list[bytes]) -> list[tuple[AnyRequest, Told]]:
    """What the one ledger says to the requests of a log, one after the other."""
    ledger = Ledger(view)
    requests = [msgpack.decode(entry, type=AnyRequest) for entry in log]  # type: ignore[arg-type]
    return [(request, _told(ledger, request)) for request in requests]


def _told(ledger: Ledger, request: AnyRequest) -> Told:
    match request:
        case Commit(marker, entries):
            ready, lost, superseded = ledger.commit(marker, entries)
            news = () if lost or superseded else ledger.news(entries)
            return Committed(NOW_NS, OP, ready, lost, superseded, news)
        case Subscribe(marker, tasks):
            sets, released = ledger.subscribe(marker, tasks)
            return SetsRead(NOW_NS, OP, sets, ledger.superseded(marker), released)
        case Release(marker, tasks):
            released = ledger.release(marker, tasks)
            return SetsRead(NOW_NS, OP, ledger.read(tasks), ledger.superseded(marker), released)
        case Bury(worker, epoch):
            ledger.bury(worker, epoch)
    return None


def worker_of(request: AnyRequest) -> int:
    """Who asked, or who was buried."""
    return request.worker if isinstance(request, Bury) else split_marker(request.marker)[0]
