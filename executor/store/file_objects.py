"""Objects as files: written under another name, then renamed, so that they are there as a whole or not at all."""

import os
from contextlib import suppress
from itertools import count

from .folder import OWNER_ONLY_FILE, check_file
from .store import Data, Missing, StoreError

UNFINISHED = ".part"
_puts = count()
"""Of this process: it may have several clients of one folder."""


class FileObjects:
    """Objects in one folder, which nobody else can write."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def put(self, found: int, version: int, chunk: int, data: Data) -> None:
        """Write, then rename. StoreError if there is no room, or no folder any more."""
        # No other process alive has this number, and what a dead one left under this name is written over.
        unfinished = f"{self._folder}/{os.getpid()}.{next(_puts)}{UNFINISHED}"
        try:
            try:
                _write(unfinished, data)
                os.rename(unfinished, self._path(found, version, chunk))
            except OSError:
                _forget(unfinished)
                raise
        except OSError as error:
            raise StoreError(f"object {found} cannot be put: {error.strerror}") from error

    def get(self, found: int, version: int, chunk: int) -> bytes:
        """Read. Refused: somebody else put it there."""
        path = self._path(found, version, chunk)
        try:
            with open(path, "rb", buffering=0) as file:
                check_file(file.fileno(), path)
                return file.readall()
        except FileNotFoundError as error:
            if not os.path.isdir(self._folder):
                raise StoreError(f"the store is gone: {self._folder}") from error
            raise Missing(f"object {found} (version {version}, chunk {chunk}) is not in the store") from error
        except OSError as error:
            raise StoreError(f"object {found} cannot be read: {error.strerror}") from error

    def has(self, found: int, version: int, chunk: int) -> bool:
        """Whether it is there."""
        if os.path.exists(self._path(found, version, chunk)):
            return True
        if not os.path.isdir(self._folder):
            raise StoreError(f"the store is gone: {self._folder}")
        return False

    def _path(self, found: int, version: int, chunk: int) -> str:
        return f"{self._folder}/{found}.{version}.{chunk}"


def _write(path: str, data: Data) -> None:
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, OWNER_ONLY_FILE)
    try:
        left = memoryview(data).cast("B")
        while left:
            left = left[os.write(opened, left) :]
    finally:
        os.close(opened)


def _forget(path: str) -> None:
    with suppress(OSError):  # never begun, or gone with its folder
        os.unlink(path)
