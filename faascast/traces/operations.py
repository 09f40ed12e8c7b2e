"""Operations as slices: tasks on slots, gets and puts, requests, calls, each on a lane of its kind."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from executor.records.events import OUTCOMES, waits_of, with_waits
from executor.records.operations import Kind
from executor.records.run import Run
from faascast.timeline.activities import NS_PER_S, submitted_ns
from faascast.traces.events import complete
from faascast.traces.tracks import Group, Track, Tracks
from faascast.traces.words import KINDS, Words, seconds_of

CHUNK = 20_000
"""Rows that are plain Python values at a time."""
CLIENT_INSTANCE = -1
_LANES: tuple[tuple[str, tuple[Kind, ...]], ...] = (
    ("slot", (Kind.EXECUTE,)),
    ("get", (Kind.FETCH,)),
    ("put", (Kind.UPLOAD,)),
    ("request", (Kind.COMMIT, Kind.READ, Kind.NOTIFY)),
    ("call", (Kind.INVOKE, Kind.PREWARM)),
    ("wait", (Kind.TIMER,)),
    ("lost", (Kind.LOST,)),
)
_NAMES = ("kind", "invocation", "task", "object", "cause", "begin_ns", "end_ns")
_NO_LANE = 127


class Operations:
    """The slices of a run's operations, instance by instance, and where each of them is.

    A start has no slice here: it is part of its instance's life, which says where it is.
    """

    def __init__(self, run: Run, words: Words, tracks: Tracks) -> None:
        operations = run.operations
        self._run = run
        self._words = words
        self._tracks = tracks
        self._submitted_ns = submitted_ns(run)
        self._waits = with_waits(operations)
        lane_of_kind = np.full(max(Kind) + 1, _NO_LANE, dtype=np.int8)
        for lane, (_, kinds) in enumerate(_LANES):
            lane_of_kind[list(kinds)] = lane
        self._lane = lane_of_kind[operations["kind"]]
        invocation = operations["invocation"]
        instance = np.append(run.invocations["instance"], CLIENT_INSTANCE)[invocation]
        rows = np.flatnonzero(operations["kind"] != Kind.START)
        self._order = rows[np.lexsort((operations["begin_ns"][rows], self._lane[rows], instance[rows]))]
        self._instance = instance[self._order]
        self.places = Places(operations.n_rows)

    def rows_of(self, instance: int) -> NDArray[np.int64]:
        """The rows of what was done on an instance, or by the client, lane by lane in the order of their begins."""
        begin, end = np.searchsorted(self._instance, (instance, instance + 1))
        return self._order[begin:end]

    def slices_of(self, instance: int) -> Iterator[bytes]:
        """The slices of one instance, on tracks of the process that was made last."""
        rows, lanes = self.rows_of(instance), self._lane
        for lane in np.unique(lanes[rows]).tolist():
            group = Group(self._tracks, _LANES[lane][0] if lane < len(_LANES) else "other")
            yield from self._slices(rows[lanes[rows] == lane], group)

    def _slices(self, rows: NDArray[np.int64], group: Group) -> Iterator[bytes]:
        columns = [self._run.operations[name] for name in _NAMES]
        for first in range(0, rows.size, CHUNK):
            chunk = rows[first : first + CHUNK]
            for row, *values in zip(chunk.tolist(), *(column[chunk].tolist() for column in columns), strict=True):
                yield from self._slice(row, values, group)

    def _slice(self, row: int, values: list[int], group: Group) -> Iterator[bytes]:
        kind, invocation, task, found, cause, *times_ns = values
        begin_ns, end_ns = (time_ns - self._submitted_ns for time_ns in times_ns)
        words, track = self._words, group.track(begin_ns, end_ns)
        outcome = words.outcome(row)
        is_done = outcome == OUTCOMES[0]
        name = words.name(kind, task, found)
        categories = [KINDS[kind], *(["critical"] if words.is_critical(row) else [])]
        args: dict[str, object] = {
            "event": row,
            "task": words.task(task),
            "object": words.found(found),
            "bytes": int(self._run.workflow.object_bytes[found]) if found >= 0 else None,
            "worker": words.worker(invocation),
            "epoch": int(self._run.invocations["epoch"][invocation]) if invocation >= 0 else None,
            "attempt": words.attempt(row) if kind == Kind.EXECUTE else None,
            "outcome": outcome,
            "cause": words.told(cause),
            "cause_event": cause if cause >= 0 else None,
        }
        waits = waits_of(self._run.operations, self._run.invocations, row) if self._waits[row] else ()
        args |= {seconds_of(wait.cause): wait.length_ns / NS_PER_S for wait in waits}
        if is_done:
            yield complete(name, ",".join(categories), track, begin_ns, end_ns, args)
        else:
            named, alarming = f"{name}, {outcome}", [*categories, outcome]
            yield complete(named, ",".join(alarming), track, begin_ns, end_ns, args, is_alarming=True)
        worked_until_ns = end_ns
        for wait in waits:
            wait_begin_ns, wait_end_ns = wait.begin_ns - self._submitted_ns, wait.end_ns - self._submitted_ns
            if wait_begin_ns > begin_ns:  # else it would hide the slice that it is part of from arrows
                worked_until_ns = min(worked_until_ns, wait_begin_ns)
                yield complete(str(wait.cause), "wait", track, wait_begin_ns, wait_end_ns, {})
        self.places.put(row, track, begin_ns, max(begin_ns, worked_until_ns - 1))


class Places:
    """Where each operation's slice is, so that arrows find it: its track, and moments at which nothing hides it."""

    def __init__(self, n_rows: int) -> None:
        self._tracks = np.zeros((n_rows, 2), dtype=np.int32)
        self._moments_ns = np.zeros((n_rows, 2), dtype=np.int64)

    def put(self, row: int, track: Track, first_ns: int, last_ns: int) -> None:
        """A slice is on a track, and open to sight from the first to the last of these moments."""
        self._tracks[row] = track
        self._moments_ns[row] = first_ns, last_ns

    def first(self, row: int) -> tuple[Track, int] | None:
        """Where an arrow ends; None if there is no slice."""
        return self._of(row, 0)

    def last(self, row: int) -> tuple[Track, int] | None:
        """Where an arrow begins; None if there is no slice."""
        return self._of(row, 1)

    def _of(self, row: int, which: int) -> tuple[Track, int] | None:
        pid, tid = self._tracks[row].tolist()
        return ((pid, tid), int(self._moments_ns[row, which])) if tid else None
