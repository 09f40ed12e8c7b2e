"""Rows: the operations of a real run, each with the row that caused it, as a simulated run's log has them.

An operation begins when the one that caused it ended. What passes until it is really under way, and from its end until
its machine hears of it, is part of its row, so that causes form a chain without a gap; when it really took place is
kept beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np

from executor.instance.records import Did
from executor.records.operations import NO_ROW, Kind, Outcome
from executor.records.real.remains import RecordsError
from executor.records.table import Table

UNKNOWN: Final = -1
_NOBODY: Final = -1


class Row:
    """An operation that ended. ``number`` is its machine's; ``cause`` is None where the client was asked to begin."""

    __slots__ = (
        "alone_ns",
        "begin_ns",
        "cause",
        "deed",
        "depth",
        "end_ns",
        "found",
        "kind",
        "number",
        "op",
        "outcome",
        "place",
        "task",
    )

    def __init__(
        self,
        kind: Kind,
        number: int,
        end_ns: int,
        *,
        op: int = _NOBODY,
        task: int = -1,
        found: int = -1,
        outcome: Outcome = Outcome.DONE,
        deed: Did | None = None,
    ) -> None:
        self.kind = kind
        self.number = number
        self.op = op
        self.task = task
        self.found = found
        self.outcome = outcome
        self.deed = deed
        self.end_ns = end_ns
        self.begin_ns = UNKNOWN
        self.cause: Row | None = None
        self.alone_ns: int | None = None
        """What it takes with nobody beside it; None: as far as is known, all that it took."""
        self.depth = UNKNOWN
        self.place = NO_ROW

    @property
    def did(self) -> tuple[int, int]:
        """From when to when it really took place; all of it, where that was not measured. In ns."""
        if self.deed is None:
            return self.begin_ns, self.end_ns
        begin_ns = min(max(self.deed.begin_ns, self.begin_ns), self.end_ns)
        return begin_ns, min(max(self.deed.end_ns, begin_ns), self.end_ns)


def arrange(rows: Sequence[Row], submitted_ns: int) -> list[Row]:
    """Date the rows, and number them in the order in which they ended, causes first. RecordsError: a circle."""
    for row in rows:
        _date(row, submitted_ns)
    ordered = sorted(rows, key=lambda row: (row.end_ns, row.depth, row.number, row.kind, row.op, row.task))
    for place, row in enumerate(ordered):
        row.place = place
    return ordered


def _date(row: Row, submitted_ns: int) -> None:
    """Have a row, and all that led to it, begin where its cause ended."""
    chain, seen = [], set()
    following: Row | None = row
    while following is not None and following.depth == UNKNOWN:
        if following in seen:
            raise RecordsError(f"operation {row.op} of machine {row.number} is its own cause; expected a run's records")
        seen.add(following)
        chain.append(following)
        following = following.cause
    for each in reversed(chain):
        cause = each.cause
        each.begin_ns = submitted_ns if cause is None else cause.end_ns
        each.end_ns = max(each.end_ns, each.begin_ns)
        each.depth = 0 if cause is None else cause.depth + 1


def table_of(rows: Sequence[Row]) -> Table:
    """The rows, numbered, as a table of operations; ``did_…_ns``, ``cpu_ns``, ``bytes`` are measured (−1: unknown)."""
    return Table(
        {
            "kind": _column((row.kind for row in rows), "i1"),
            "outcome": _column((row.outcome for row in rows), "i1"),
            "invocation": _column((row.number for row in rows), "<i4"),
            "task": _column((row.task for row in rows), "<i4"),
            "object": _column((row.found for row in rows), "<i4"),
            "cause": _column((NO_ROW if row.cause is None else row.cause.place for row in rows), "<i4"),
            "begin_ns": _column((row.begin_ns for row in rows), "<i8"),
            "end_ns": _column((row.end_ns for row in rows), "<i8"),
            "alone_ns": _column(map(_alone_ns, rows), "<i8"),
            "did_begin_ns": _column((row.did[0] for row in rows), "<i8"),
            "did_end_ns": _column((row.did[1] for row in rows), "<i8"),
            "cpu_ns": _column((_measured(row, "cpu_ns") for row in rows), "<i8"),
            "bytes": _column((_measured(row, "n_bytes") for row in rows), "<i8"),
        }
    )


def _alone_ns(row: Row) -> int:
    begin_ns, end_ns = row.did
    return end_ns - begin_ns if row.alone_ns is None else row.alone_ns


def _measured(row: Row, name: str) -> int:
    value = getattr(row.deed, name, None)
    return UNKNOWN if value is None else int(value)


def _column(values: Iterable[Any], kind: str) -> Any:
    return np.fromiter(values, kind)
