"""The operation log: one row for each thing a machine had done, with what caused it.

Every machine step is triggered by the end of one operation, and every operation is begun by one step; so each
row names the row that caused it, and begins at the instant that one ended. Walking back from the last commit
gives a chain of rows without a gap: the causal critical path, exact by construction.
"""

from __future__ import annotations

from array import array
from enum import IntEnum

NO_ROW = -1
UNFINISHED = -1


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


class OperationLog:
    """Columns of integers, 49 bytes a row.

    ``alone_ns`` is what the operation takes with nobody beside it, where that is not all it took (computing and
    transfers); ``invocation`` −1 is the client's; ``task`` and ``object`` −1 are none.
    """

    __slots__ = ("alone_ns", "begin_ns", "cause", "end_ns", "invocation", "kind", "object", "task")

    def __init__(self) -> None:
        self.kind = array("b")
        self.invocation = array("i")
        self.task = array("i")
        self.object = array("i")
        self.begin_ns = array("q")
        self.end_ns = array("q")
        self.alone_ns = array("q")
        self.cause = array("i")

    def begin(self, kind: int, invocation: int, task: int, found: int, now_ns: int, alone_ns: int, cause: int) -> int:
        """A new row; its number."""
        self.kind.append(kind)
        self.invocation.append(invocation)
        self.task.append(task)
        self.object.append(found)
        self.begin_ns.append(now_ns)
        self.end_ns.append(UNFINISHED)
        self.alone_ns.append(alone_ns)
        self.cause.append(cause)
        return len(self.kind) - 1

    def __len__(self) -> int:
        return len(self.kind)


class NoLog(OperationLog):
    """A log that keeps nothing, for runs by the million."""

    __slots__ = ()

    def begin(self, kind: int, invocation: int, task: int, found: int, now_ns: int, alone_ns: int, cause: int) -> int:
        """Nothing is kept; one row stands for every row."""
        if not self.end_ns:
            self.end_ns.append(UNFINISHED)
        return 0
