"""A store no faster than the platform says: if something took less than it declares, the rest is waited.

The real transfer goes on meanwhile, so that what the store itself takes is not added. The network belongs to an
instance and remembers what runs before this one have used up.
"""

import time
from collections.abc import Callable
from threading import Condition

from msgspec import Struct

from .fluid import Burst, Flow, Fluid
from .store import WHOLE, Data, Inbox, Mail, Objects, RequestLog, Store

_NS_PER_S = 1_000_000_000
_STAMP_BYTES = 8


class Pace(Struct, frozen=True):
    """What a platform declares. None is unlimited; 0 is no floor."""

    connection_bytes_per_s: float | None = None
    """Rate of one transfer."""
    burst: Burst | None = None
    """The network of one instance."""
    are_joined: bool = False
    """Whether up and down share the instance's network, or have one each."""
    get_s: float = 0.0
    """Time to the first byte of a get."""
    put_s: float = 0.0
    """Time of a put beyond its bytes."""
    request_s: float = 0.0
    """Time of a request to the log."""
    notify_s: float = 0.0
    """From sending a letter until it is received. All who write and receive letters of a run must agree on it."""


class Link:
    """One direction of an instance's network, or both. For any number of threads."""

    def __init__(self, pace: Pace) -> None:
        self._is_limited = not (pace.connection_bytes_per_s is None and pace.burst is None)
        self._fluid = Fluid(pace.connection_bytes_per_s, pace.burst, time.monotonic_ns())
        self._changed = Condition()

    def begin(self, begins_ns: int) -> Flow:
        """A transfer whose first byte moves then, or now if that is past."""
        with self._changed:
            if not self._is_limited:
                return Flow(begins_ns)
            self._advance()
            flow = self._fluid.begin(begins_ns)
            self._changed.notify_all()
            return flow

    def wait(self, flow: Flow, n_bytes: int) -> None:
        """Until so much of it has arrived."""
        if not self._is_limited:
            _wait_until(flow.begins_ns)
            return
        with self._changed:
            self._advance()
            self._fluid.settle(flow, n_bytes)
            while not flow.is_done:
                changes_ns = self._fluid.changes_ns
                assert changes_ns is not None, "it moves, or will"
                self._changed.wait((changes_ns - time.monotonic_ns()) / _NS_PER_S)
                self._advance()

    def end(self, flow: Flow) -> None:
        """The transfer has arrived or was given up: others can have its share."""
        with self._changed:
            if self._is_limited:
                self._advance()
                self._fluid.end(flow)
                self._changed.notify_all()

    def _advance(self) -> None:
        self._fluid.advance(time.monotonic_ns())


class Network:
    """One instance's way down from the store and its way up to it."""

    def __init__(self, pace: Pace) -> None:
        self.down = Link(pace)
        self.up = self.down if pace.are_joined else Link(pace)


class Paced:
    """A store at a platform's pace."""

    def __init__(self, store: Store, pace: Pace, network: Network) -> None:
        self._store = store
        self.objects: Objects = _PacedObjects(store.objects, pace, network)
        self.log: RequestLog = _PacedLog(store.log, pace.request_s)
        self.mail: Mail = _PacedMail(store.mail, pace.notify_s) if pace.notify_s else store.mail

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    def destroy(self) -> None:
        """Destroy the store."""
        self._store.destroy()


class _PacedObjects:
    def __init__(self, objects: Objects, pace: Pace, network: Network) -> None:
        self._objects = objects
        self._network = network
        self._get_ns = _to_ns(pace.get_s)
        self._put_ns = _to_ns(pace.put_s)

    def put(self, found: int, version: int, chunk: int, data: Data) -> None:
        """Put; it has not ended before it has moved."""
        up = self._network.up
        flow = up.begin(time.monotonic_ns() + self._put_ns)
        try:
            if chunk != WHOLE:
                # Who reads a stream looks for chunks that nobody told him of, and must not see one too early.
                up.wait(flow, memoryview(data).nbytes)
            self._objects.put(found, version, chunk, data)
            up.wait(flow, memoryview(data).nbytes)
        finally:
            up.end(flow)

    def get(self, found: int, version: int, chunk: int) -> bytes:
        """Get; it has not ended before it has moved."""
        down = self._network.down
        flow = down.begin(time.monotonic_ns() + self._get_ns)
        try:
            data = self._objects.get(found, version, chunk)
            down.wait(flow, len(data))
            return data
        finally:
            down.end(flow)

    def has(self, found: int, version: int, chunk: int) -> bool:
        """Ask as it is: the platform's model has no such request."""
        return self._objects.has(found, version, chunk)


class _PacedLog:
    def __init__(self, log: RequestLog, request_s: float) -> None:
        self._log = log
        self._request_ns = _to_ns(request_s)

    def append(self, entry: bytes, seen: int) -> list[bytes]:
        """Append; the answer is not there before a request's time."""
        return self._timed(lambda: self._log.append(entry, seen))

    def read(self, seen: int) -> list[bytes]:
        """Read; the answer is not there before a request's time."""
        return self._timed(lambda: self._log.read(seen))

    def _timed(self, request: Callable[[], list[bytes]]) -> list[bytes]:
        answered_ns = time.monotonic_ns() + self._request_ns
        entries = request()
        _wait_until(answered_ns)
        return entries


class _PacedMail:
    """Letters that say when they may be read: who sends does not wait."""

    def __init__(self, mail: Mail, notify_s: float) -> None:
        self._mail = mail
        self._notify_ns = _to_ns(notify_s)

    def send(self, worker: int, letter: Data) -> None:
        """Send, with the instant at which it is due."""
        due_ns = time.monotonic_ns() + self._notify_ns
        self._mail.send(worker, b"".join((due_ns.to_bytes(_STAMP_BYTES, "little"), letter)))

    def listen(self, worker: int) -> Inbox:
        """Listen."""
        return _PacedInbox(self._mail.listen(worker))


class _PacedInbox:
    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def receive(self) -> bytes | None:
        """Wait for a letter, and until it is due."""
        letter = self._inbox.receive()
        if letter is None:
            return None
        _wait_until(int.from_bytes(letter[:_STAMP_BYTES], "little"))
        return letter[_STAMP_BYTES:]

    def close(self) -> None:
        """Close."""
        self._inbox.close()


def _wait_until(instant_ns: int) -> None:
    left_ns = instant_ns - time.monotonic_ns()
    if left_ns > 0:
        time.sleep(left_ns / _NS_PER_S)


def _to_ns(seconds: float) -> int:
    return round(seconds * _NS_PER_S)
