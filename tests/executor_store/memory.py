"""A log in memory."""

from __future__ import annotations


class MemoryLog:
    """What the log of a store does, for one process."""

    def __init__(self) -> None:
        self._entries: list[bytes] = []

    def append(self, entry: bytes, seen: int) -> list[bytes]:
        self._entries.append(entry)
        return self._entries[seen:]

    def read(self, seen: int) -> list[bytes]:
        return self._entries[seen:]
