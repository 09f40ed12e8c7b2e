"""Early calls: a worker is called while what it waits for is still being made, or published (asynchronous upload).

So its start, maybe cold, overlaps with the upload and the commit of its inputs. It is handed nothing: it declares
itself live, and is told like everybody else. Calls are idempotent by name, so any number of parents may make one, too
early or too late; one that the platform would not take is given up, for the owner of the task calls in any case.
"""

from functools import partial

from .calls import Calls
from .desk import Desk
from .view import EarlyStart


class EarlyCalls:
    """Makes the calls that a plan wants early."""

    __slots__ = ("_calls", "_desk", "_starts")

    def __init__(self, starts: dict[int, tuple[EarlyStart, ...]], desk: Desk, calls: Calls) -> None:
        self._starts = starts
        self._desk = desk
        self._calls = calls

    def begins(self, task: int) -> None:
        """A task begins to run."""
        for start in self._starts.get(task, ()):
            if start.after_ns is not None:
                self._desk.watch(start.after_ns, partial(self._call, start))

    def ran(self, task: int) -> None:
        """A task has run."""
        for start in self._starts.get(task, ()):
            self._call(start)

    def _call(self, start: EarlyStart) -> None:
        self._calls.call_early(start.worker, start.task, start.memory_mb)
