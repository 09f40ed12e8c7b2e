"""Troubles: what a worker does when an operation fails, is refused or not answered. It tries again, or gives up."""

from typing import Protocol

from .calls import Calls
from .copies import Copies
from .desk import Desk
from .events import Committed, ExecuteFailed, FetchFailed, InvokeFailed, OpLost, UploadFailed
from .instructions import Commit, Execute, Invoke
from .streams import Streams


class Troubled(Protocol):
    """What is needed of the machine whose operation failed."""

    running: set[int]

    def stopped_running(self, task: int) -> None:
        """A task runs no longer, and its slot is free."""

    def runs_again(self, task: int) -> None:
        """A task is as ready to run as before."""

    def leave(self, status: str, reason: str, task: int = -1) -> None:
        """Exit."""


class Troubles:
    """Counts failures of tasks; those of requests are counted at the desk and by the calls."""

    __slots__ = ("_calls", "_copies", "_desk", "_failures", "_machine", "_streams")

    def __init__(
        self, machine: Troubled, desk: Desk, calls: Calls, copies: Copies | None, streams: Streams | None
    ) -> None:
        self._machine = machine
        self._desk = desk
        self._calls = calls
        self._copies = copies
        self._streams = streams
        self._failures: dict[int, int] = {}

    def execution(self, event: ExecuteFailed | OpLost) -> None:
        """The task runs again after a back-off, and others may have its slot until then."""
        machine = self._machine
        if self._streams and self._streams.failed(event.op):
            return
        task = self._desk.close(event.op).task
        machine.stopped_running(task)
        if self._copies and self._copies.fails(task):
            return
        failures = self._failures[task] = self._failures.get(task, 0) + 1
        if not self._desk.later(failures, event.op, lambda: machine.runs_again(task)):
            machine.leave("failed", f"its run failed {failures} times, the last time: {event.reason}", task)

    def request(self, event: FetchFailed | UploadFailed | OpLost) -> None:
        """The operation is repeated after a back-off, unless this was its last attempt."""
        if self._streams and self._streams.failed(event.op):
            return
        instruction = self._desk.peek(event.op)
        tries = self._desk.again(event.op)
        if tries is not None and not (self._copies and self._copies.gives_up(instruction)):
            what = type(instruction).__name__.lower()
            task = instruction.entries[-1].task if isinstance(instruction, Commit) else instruction.task
            self._machine.leave("failed", f"{what} failed {tries} times, the last time: {event.reason}", task)

    def outvoted(self, event: Committed) -> None:
        """A later epoch took over, or another worker's version came first: what was built on ours is void.

        In the second case it is a task with copies, whose other version counts from now on; or else the platform
        delivers this worker again, and recovery finds out what is left to do.
        """
        if event.superseded:
            self._machine.leave("superseded", "a later epoch of this worker is alive")
        elif not (self._copies and self._copies.adopts(event)):
            self._machine.leave("failed", "another version of it was committed before", event.lost[0])

    def call(self, event: InvokeFailed | OpLost) -> None:
        """The platform refused, or did not answer; the calls know whether to try again."""
        given_up = self._calls.failed(event.op)
        if given_up:
            self._machine.leave("failed", f"it could not be called: {event.reason}", given_up.task)

    def unanswered(self, event: OpLost) -> None:
        """Nobody answered: as good as failed, and all requests can be repeated."""
        match self._desk.peek(event.op):
            case Execute():
                self.execution(event)
            case Invoke():
                self.call(event)
            case _:
                self.request(event)
