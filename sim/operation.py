"""An operation: an asynchronous instruction under way, and the row of the log that it becomes."""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import Struct


class Operation(Struct, gc=False):
    """Happens at the end of something; its row is written then, so that a cause always has a row already.

    ``party`` is the client's `Party` or an `Invocation`; the other fields are the row's.
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

    _ok: ClassVar[bool] = True

    def log(self, now_ns: int) -> int:
        """Write its row; the row's number."""
        party = self.party
        row: int = party.job.log.add(
            self.kind, party.number, self.task, self.found, self.cause, self.begin_ns, now_ns, self.alone_ns
        )
        return row

    def happen(self) -> None:
        """It ends now."""
        (act,) = self.callbacks
        act(self)
