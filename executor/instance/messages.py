"""Messages between the platform and an instance, and the line that they go over.

A line is one end of a socket pair. A message is an entry (`executor.worker.entries`) of msgpack. Times are
nanoseconds of the host's monotonic clock, which all of its processes share.
"""

import socket
from collections import deque
from threading import Lock
from typing import Any, Generic, TypeAlias, TypeVar

from msgspec import Struct, msgpack

from executor.worker.entries import as_entry, take_entries
from executor.worker.instructions import Invoke

_T = TypeVar("_T")
_PIECE_BYTES = 1 << 16
NOBODY = -1
"""The number of a prewarm, where an invocation's is expected."""


class Message(Struct, frozen=True, gc=False, tag=True, array_like=True):
    """Something that the platform tells an instance, or the other way round."""


# platform → instance ----------------------------------------------------------------------------------------


class Handed(Struct, frozen=True, gc=False, array_like=True):
    """What an invocation is given: the fields of `executor.worker.events.Started`, without its time."""

    tasks: tuple[int, ...] = ()
    versions: tuple[tuple[int, ...], ...] = ()
    also: tuple[Invoke, ...] = ()


class Deliver(Message, frozen=True, gc=False):
    """Run an invocation: epoch ``epoch`` of ``worker``. Ends with `Left`. One at a time.

    ``run`` is the run's folder (`brief`); ``number`` is the invocation's in that run, and names its records.
    """

    run: str
    number: int
    worker: int
    epoch: int
    started: Handed


class Answered(Message, frozen=True, gc=False):
    """What came of a `Call` or `Ask` of invocation ``number``: taken at ``at_ns``, or refused then for a ``reason``.

    That invocation may have left meanwhile.
    """

    op: int
    accepted: bool
    is_known: bool
    reason: str
    at_ns: int
    number: int


class Halt(Message, frozen=True, gc=False):
    """The run is over or given up: the invocation that runs ends at once. Ends with its `Left`."""

    reason: str


class Nothing(Message, frozen=True, gc=False):
    """A prewarm: an invocation that does nothing. Ends with a `Left` of number `NOBODY`."""


class Quit(Message, frozen=True, gc=False):
    """End the process; to be said when no invocation runs."""


FromPlatform: TypeAlias = Deliver | Answered | Halt | Nothing | Quit

# instance → platform ----------------------------------------------------------------------------------------


class Up(Message, frozen=True, gc=False):
    """The first message: the interpreter ran its first line at ``booted_ns``, all was imported at ``up_ns``."""

    booted_ns: int
    up_ns: int


class Running(Message, frozen=True, gc=False):
    """The invocation's machine was started at ``at_ns``: what it needs of its run has been read."""

    number: int
    at_ns: int


class Call(Message, frozen=True, gc=False):
    """Invoke a worker. Ends with `Answered`."""

    op: int
    invoke: Invoke


class Ask(Message, frozen=True, gc=False):
    """Prewarm an instance. Ends with `Answered`."""

    op: int
    memory_mb: int


class Left(Message, frozen=True, gc=False):
    """The invocation is over: the fields of `executor.worker.instructions.Exit`, and when.

    Unless the instance ``stays`` it ends its process next, and must not be used again: something in it could not be
    stopped, or broke down. The status is then ``failed``, or that of an exit that came first.
    """

    number: int
    status: str
    reason: str
    task: int
    at_ns: int
    stays: bool = True


FromInstance: TypeAlias = Up | Running | Call | Ask | Left


class LineError(ValueError):
    """What came over a line is no message."""


class Line(Generic[_T]):
    """One end of a socket pair, on which messages of type ``_T`` come in. Any thread may send, one may receive."""

    def __init__(self, end: socket.socket, incoming: Any) -> None:
        self._end = end
        self._encoder = msgpack.Encoder()
        self._decoder = msgpack.Decoder(incoming)
        self._sending = Lock()
        self._read = bytearray()
        self._whole: deque[bytes] = deque()

    def fileno(self) -> int:
        """The socket's descriptor, for who waits for several lines and then takes what has come."""
        return self._end.fileno()

    def send(self, message: Message) -> None:
        """Send a message as a whole. OSError: the other side is gone."""
        packed = self._encoder.encode(message)
        with self._sending:
            self._end.sendall(as_entry(packed))

    def receive(self) -> _T | None:
        """Wait for a message; None once the other side is gone. LineError: that was none."""
        while not self._whole:
            if not self._more():
                return None
        return self._decoded(self._whole.popleft())

    def take(self) -> list[_T] | None:
        """Read once, waiting for it; the messages that are whole by then, or None once the other side is gone."""
        if not self._more():
            return None
        return [self._decoded(self._whole.popleft()) for _ in range(len(self._whole))]

    def close(self) -> None:
        """Hang up. Again is fine."""
        self._end.close()

    def _more(self) -> bool:
        try:
            data = self._end.recv(_PIECE_BYTES)
        except ConnectionError:  # it went while it had something unread
            return False
        self._read += data
        self._whole += take_entries(self._read)
        return bool(data)

    def _decoded(self, packed: bytes) -> _T:
        try:
            message: _T = self._decoder.decode(packed)
        except ValueError as error:
            raise LineError(f"what came over the line is no message: {error}") from error
        return message
