"""Where runs are kept: each kind of store the contract is tried on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

from executor.store.opening import destroy, leftovers, open_store
from executor.store.store import Inbox, Leftover, Store

KEY = bytes(range(32))
_NUMBERS = count(1)


@dataclass
class Place:
    """A store, and a run's name in it that no other test has."""

    url: str
    name: str = field(default_factory=lambda: f"run-{next(_NUMBERS)}")

    @contextmanager
    def open(self, *, key: bytes = KEY, create: bool = True) -> Iterator[Store]:
        store = open_store(self.url, self.name, key, create=create)
        try:
            yield store
        finally:
            store.close()

    def left(self) -> Leftover | None:
        """What the run has in the store."""
        return next((left for left in leftovers(self.url) if left.name == self.name), None)

    def destroy(self) -> None:
        destroy(self.url, self.name)


@contextmanager
def listening(store: Store, worker: int) -> Iterator[Inbox]:
    inbox = store.mail.listen(worker)
    try:
        yield inbox
    finally:
        inbox.close()
