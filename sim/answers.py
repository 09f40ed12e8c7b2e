"""Answers: what each request does at the ledger, and what its machine is told."""

from __future__ import annotations

from executor.worker.events import Committed, SetsRead
from executor.worker.instructions import Commit, ReadSets, Release, Subscribe
from sim.job import Party


def answer(
    party: Party, request: Commit | ReadSets | Subscribe | Release, now_ns: int, row: int
) -> Committed | SetsRead:
    """Carry a request out; its answer. ``row`` is its row of the log."""
    if isinstance(request, Commit):
        return _commit(party, request, now_ns, row)
    return _read(party, request, now_ns)


def _commit(party: Party, commit: Commit, now_ns: int, row: int) -> Committed:
    job = party.job
    ready, lost, superseded = job.ledger.commit(party.marker, commit.entries)
    if not (lost or superseded):
        job.note_commits(commit, now_ns, row)
        return Committed(now_ns, commit.op, ready, lost, superseded, job.ledger.news(commit.entries))
    return Committed(now_ns, commit.op, ready, lost, superseded)


def _read(party: Party, question: ReadSets | Subscribe | Release, now_ns: int) -> SetsRead:
    ledger, marker = party.job.ledger, party.marker
    if isinstance(question, Subscribe):
        sets, released = ledger.subscribe(marker, question.tasks)
    else:
        released = isinstance(question, Release) and ledger.release(marker, question.tasks)
        sets = ledger.read(question.tasks)
    return SetsRead(now_ns, question.op, sets, ledger.superseded(marker), released)
