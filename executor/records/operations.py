"""The operation log: one row for each thing a machine had done, with what caused it.

Every machine step is triggered by the end of one operation, and every operation is begun by one step; so each
row names the row that caused it, and begins at the instant that one ended. Walking back from the last commit
gives a chain of rows without a gap: the causal critical path, exact by construction.
"""

from __future__ import annotations

from enum import IntEnum
from struct import Struct
from typing import Any, Protocol

NO_ROW = -1


class Kind(IntEnum):
    """What an operation is. The client's call that begins the run has no cause."""

    INVOKE = 0
    START = 1
    FETCH = 2
    EXECUTE = 3
    UPLOAD = 4
    COMMIT = 5
    READ = 6
    NOTIFY = 7
    TIMER = 8
    PREWARM = 9
    LOST = 10
    """What an invocation did until it was killed: time that its redelivery is due to."""
    TAIL = 11
    """The last share of a run that read ahead, where it had to wait for the last chunk: told beside its execution."""


class Outcome(IntEnum):
    """How an operation ended."""

    DONE = 0
    FAILED = 1
    THROTTLED = 2
    """Refused by a limit of the platform or the store."""
    LOST = 3
    """Nobody answered; it may have been carried out."""
    KILLED = 4
    """Given up with its worker, which died or left."""


ROW = Struct("<bbiiiiqqq")
"""Layout of a row: kind, outcome, invocation, task, object, cause, begin_ns, end_ns, alone_ns."""


class UnderWay(Protocol):
    """What a row is made of."""

    party: Any
    """Whose operation it is; its ``number`` is the invocation's."""
    kind: int
    outcome: int
    task: int
    found: int
    begin_ns: int
    alone_ns: int
    cause: int


class OperationLog:
    """Rows of 42 bytes, one for each operation that ended, in that order.

    ``alone_ns`` is what the operation takes with nobody beside it, where that is not all it took (computing and
    transfers); ``invocation`` −1 is the client's; ``task`` and ``object`` −1 are none; ``cause`` is a row.
    """

    __slots__ = ("_n_rows", "_pack", "rows")

    def __init__(self) -> None:
        self.rows = bytearray()
        self._n_rows = 0
        self._pack = ROW.pack

    def end(self, operation: UnderWay, end_ns: int) -> int:
        """The row of an operation that ended; its number."""
        self.rows += self._pack(
            operation.kind,
            operation.outcome,
            operation.party.number,
            operation.task,
            operation.found,
            operation.cause,
            operation.begin_ns,
            end_ns,
            operation.alone_ns,
        )
        row = self._n_rows
        self._n_rows = row + 1
        return row

    def take(self) -> bytearray:
        """All rows; what ends from now on is not kept."""
        rows, self.rows = self.rows, bytearray()
        return rows

    def __len__(self) -> int:
        return self._n_rows


class NoLog(OperationLog):
    """A log that keeps nothing, for runs by the million."""

    __slots__ = ()

    def end(self, operation: UnderWay, end_ns: int) -> int:
        """Nothing is kept, so no row is the cause of another."""
        return NO_ROW
