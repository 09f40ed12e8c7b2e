"""The log as a table of sqlite: in write-ahead mode, so that nobody's death can leave half an entry.

Who appends holds a file lock meanwhile: sqlite waits by sleeping ever longer, a lock wakes the next at once.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from .folder import OWNER_ONLY_FILE
from .store import StoreError

if TYPE_CHECKING:
    from sqlite3 import Connection

_BUSY_S = 60.0
"""How long to wait for somebody who stands still in the middle of a write that the lock does not cover."""
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_AFTER = "SELECT entry FROM log WHERE place > ? ORDER BY place"


class SqliteLog:
    """The request log in one file; beside it the lock."""

    def __init__(self, path: str) -> None:
        # Only who keeps files needs sqlite: it is 3 ms of a cold start.
        import sqlite3

        self._error = sqlite3.Error
        self._one = Lock()
        """A connection, and a file lock, are for one thread at a time."""
        self._turn = -1
        self._table: Connection | None = None
        try:
            # sqlite would make a file that others can read.
            os.close(os.open(path, _FLAGS, OWNER_ONLY_FILE))
            self._turn = os.open(f"{path}.turn", _FLAGS, OWNER_ONLY_FILE)
            self._table = sqlite3.connect(path, _BUSY_S, isolation_level=None, check_same_thread=False)
            self._prepare(self._table)
        except (OSError, sqlite3.Error) as error:
            self.close()
            raise StoreError(f"the request log {path} cannot be opened: {error}") from error

    def _prepare(self, table: "Connection") -> None:
        with self._our_turn():
            # What outlives a process need not wait for the disk; a death of the host is not survived.
            table.execute("PRAGMA synchronous=OFF")
            table.execute("PRAGMA journal_mode=WAL")
            table.execute("CREATE TABLE IF NOT EXISTS log (place INTEGER PRIMARY KEY, entry BLOB NOT NULL)")

    def append(self, entry: bytes, seen: int) -> list[bytes]:
        """Append and read in one transaction."""
        with self._opened() as table, self._our_turn(), _transaction(table):
            table.execute("INSERT INTO log (entry) VALUES (?)", (entry,))
            return [entry for (entry,) in table.execute(_AFTER, (seen,))]

    def read(self, seen: int) -> list[bytes]:
        """Read; nobody is waited for."""
        with self._opened() as table:
            return [entry for (entry,) in table.execute(_AFTER, (seen,))]

    def close(self) -> None:
        """Close the files."""
        with self._one:
            if self._table:
                self._table.close()
            if self._turn >= 0:
                os.close(self._turn)
            self._table, self._turn = None, -1

    @contextmanager
    def _opened(self) -> "Iterator[Connection]":
        """The table, for one thread; what is wrong with it is told in our words."""
        with self._one:
            if self._table is None:
                raise StoreError("the request log is closed")
            if not os.fstat(self._turn).st_nlink:
                raise StoreError("the request log is gone: somebody removed what the run has in the store")
            try:
                yield self._table
            except (OSError, self._error) as error:
                raise StoreError(f"the request log failed: {error}") from error

    @contextmanager
    def _our_turn(self) -> Iterator[None]:
        """Nobody else appends meanwhile; the lock of who dies is free."""
        fcntl.flock(self._turn, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._turn, fcntl.LOCK_UN)


@contextmanager
def _transaction(table: "Connection") -> Iterator[None]:
    """All of it or nothing."""
    table.execute("BEGIN IMMEDIATE")
    try:
        yield
        table.execute("COMMIT")
    except BaseException:
        if table.in_transaction:  # sqlite ends it by itself if there is no room
            table.execute("ROLLBACK")
        raise
