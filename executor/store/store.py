"""The store: what workers that share nothing else share.

Bytes only: what they mean is the business of who put them there. Everything may be called by several threads at once.
All of it survives the death of any process at any moment (but not that of the host): what was not there as a whole is
not there at all.
"""

from typing import Protocol, TypeAlias

from msgspec import Struct

Data: TypeAlias = bytes | bytearray | memoryview
"""What can be put."""

WHOLE = 0
"""The chunk of an object that is not streamed; the chunks of one that is are 1…n."""
INITIAL_VERSION = 0
"""The version of an object that no task makes."""


class StoreError(Exception):
    """The store did not do it, or nobody knows whether it did; to be tried again, or given up. Says why."""


class Missing(StoreError):  # noqa: N818 (it is the object that is missing)
    """The object is not in the store."""


class Refused(StoreError):  # noqa: N818 (what was asked is refused)
    """Trying again is in vain: a wrong owner, password, seal or address."""


class Objects(Protocol):
    """Data objects, by number, version and chunk."""

    def put(self, found: int, version: int, chunk: int, data: Data) -> None:
        """Make data visible, as a whole or not at all; the same again is fine. StoreError: it may be there or not."""

    def get(self, found: int, version: int, chunk: int) -> bytes:
        """What was put. Missing, StoreError."""

    def has(self, found: int, version: int, chunk: int) -> bool:
        """Whether `get` would find it. StoreError."""


class RequestLog(Protocol):
    """Entries in one order, on which all agree; none is ever lost or changed."""

    def append(self, entry: bytes, seen: int) -> list[bytes]:
        """Append; all entries after the first ``seen``, of which this one is the last.

        StoreError: it may have been appended or not.
        """

    def read(self, seen: int) -> list[bytes]:
        """All entries after the first ``seen``. StoreError."""


class Inbox(Protocol):
    """Letters to one worker, from when it began to listen."""

    def receive(self) -> bytes | None:
        """Wait for a letter, even while the store is away; None once this is closed. Refused: it is somebody else's."""

    def close(self) -> None:
        """Listen no more; who waits for a letter is told. Again is fine."""


class Mail(Protocol):
    """Letters to workers that listen; -1 is the client. A letter may be lost, and comes as a whole or not at all."""

    def send(self, worker: int, letter: Data) -> None:
        """Leave a letter of any size for who listens now; if nobody does it vanishes. StoreError."""

    def listen(self, worker: int) -> Inbox:
        """From now on the worker's letters come here, and no longer to who listened before. StoreError."""


class Store(Protocol):
    """One run's share of a store, as one process sees it."""

    @property
    def objects(self) -> Objects:
        """The data objects."""

    @property
    def log(self) -> RequestLog:
        """The requests to the ledger."""

    @property
    def mail(self) -> Mail:
        """The letters."""

    def close(self) -> None:
        """Let go of files and connections; inboxes are closed by who opened them. Again is fine."""

    def destroy(self) -> None:
        """Close, and remove all that the run left in the store. Again is fine. StoreError: something is left."""


class Leftover(Struct, frozen=True):
    """What a run left in a store."""

    name: str
    """The run's name."""
    place: str
    """Where it is, for people; without passwords."""
    n_objects: int
    """Objects, counting versions and chunks."""
    n_bytes: int
    """What the objects hold."""
