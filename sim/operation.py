"""An operation: an asynchronous instruction under way, and the row of the log that it becomes."""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import Struct


class Operation(Struct):
    """Happens at the end of something; its row is written then, so that a cause always has a row already.

    ``party`` is the client's `Party` or an `Invocation`; the other fields are the row's.

    Unlike a machine's events and instructions it is known to the garbage collector (no ``gc=False``): a stream's job
    holds operations that hold the job, which would else be in memory for ever.
    """

    callbacks: Any
    party: Any
    instruction: Any
    kind: int
    task: int
    found: int
    begin_ns: int
    alone_ns: int
    cause: int
    told: Any = None
    """Makes the terminal event, given the time and the operation's number."""
    outcome: int = 0

    _ok: ClassVar[bool] = True

    def happen(self) -> None:
        """It ends now."""
        (act,) = self.callbacks
        act(self)
