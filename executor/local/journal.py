"""The journal: which deliveries the platform took, and how each ended, written before anybody is told.

It outlives the platform's process, so that a run whose user was killed can be resumed. Entries are a length of four
bytes, little-endian, and that much msgpack; the last is incomplete if the writer was killed just then.
"""

from __future__ import annotations

import os
from typing import Final, TypeAlias

from msgspec import DecodeError, Struct, msgpack

from executor.worker.instructions import Invoke

JOURNAL: Final = "records/platform.journal"
_LENGTH: Final = 4


class Entry(Struct, frozen=True, tag=True, array_like=True):
    """Something that the platform did."""


class Taken(Entry, frozen=True):
    """It took a call for a worker, or delivers it again."""

    number: int
    worker: int
    epoch: int
    task: int
    versions: tuple[int, ...]
    is_early: bool
    also: tuple[Invoke, ...]


class Ended(Entry, frozen=True):
    """A delivery is over."""

    number: int
    status: str


AnyEntry: TypeAlias = Taken | Ended


class Journal:
    """Written by one thread."""

    def __init__(self, folder: str) -> None:
        self._file = os.open(f"{folder}/{JOURNAL}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._encoder = msgpack.Encoder()

    def write(self, entry: AnyEntry) -> None:
        """Append an entry. OSError: it cannot be written."""
        packed = self._encoder.encode(entry)
        os.write(self._file, len(packed).to_bytes(_LENGTH, "little") + packed)

    def close(self) -> None:
        """Nothing more will be written."""
        os.close(self._file)


def unfinished(folder: str) -> tuple[list[Taken], dict[int, int]]:
    """Of the journal in a run's folder: the last deliveries that were cut short or failed, and each worker's epoch.

    A worker that left because it was done, released or superseded needs nobody to bring it back. OSError, ValueError:
    the journal is not there, or is none.
    """
    taken: dict[int, Taken] = {}
    last: dict[int, Taken] = {}
    ended: dict[int, str] = {}
    for entry in _entries(folder):
        if isinstance(entry, Taken):
            taken[entry.number] = entry
            known = last.get(entry.worker)
            if known is None or known.epoch < entry.epoch:
                last[entry.worker] = entry
        else:
            ended[entry.number] = entry.status
    open_ones = [each for each in last.values() if ended.get(each.number) not in ("done", "released", "superseded")]
    return open_ones, {worker: each.epoch for worker, each in last.items()}


def _entries(folder: str) -> list[AnyEntry]:
    decoder: msgpack.Decoder[AnyEntry] = msgpack.Decoder(AnyEntry)
    entries: list[AnyEntry] = []
    with open(f"{folder}/{JOURNAL}", "rb") as file:  # noqa: PTH123
        while len(size := file.read(_LENGTH)) == _LENGTH:
            packed = file.read(int.from_bytes(size, "little"))
            if len(packed) < int.from_bytes(size, "little"):
                break
            try:
                entries.append(decoder.decode(packed))
            except DecodeError as error:
                raise ValueError(f"{folder}/{JOURNAL} is no journal: {error}") from error
    return entries
