"""The journal: which deliveries the platform took, and how each ended, written before anybody is told.

It outlives the platform's process, so that a run whose user was killed can be resumed. An attempt that goes on begins
with what is known of all former ones, so that its journal alone says what there is to know. It is of entries
(`executor.worker.entries`) of msgpack, the last of them incomplete if the writer was killed just then.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final, TypeAlias

from msgspec import DecodeError, Struct, msgpack

from executor.worker.entries import as_entry, whole_entries
from executor.worker.instructions import Invoke

JOURNAL: Final = "records/platform.journal"


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


class Known(Entry, frozen=True):
    """Of a worker: its last delivery so far, and how that ended; empty if it has not."""

    delivery: Taken
    status: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it was cut short, or failed; a worker that is done, released or superseded needs nobody any more."""
        return self.status not in ("done", "released", "superseded")


AnyEntry: TypeAlias = Taken | Ended | Known


class Journal:
    """Written by one thread. It is there from one instant on, with all that is ``known`` of former attempts.

    So an attempt that has a journal can be gone on with, and one that has none was never begun. OSError: it cannot be
    written.
    """

    def __init__(self, folder: str, known: Iterable[Known] = ()) -> None:
        path = f"{folder}/{JOURNAL}"
        self._file = os.open(f"{path}~", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        self._encoder = msgpack.Encoder()
        for entry in known:
            self.write(entry)
        os.fsync(self._file)
        Path(f"{path}~").rename(path)

    def write(self, entry: AnyEntry) -> None:
        """Append an entry. OSError: it cannot be written."""
        packed = self._encoder.encode(entry)
        os.write(self._file, as_entry(packed))

    def close(self) -> None:
        """Nothing more will be written."""
        os.close(self._file)


def is_begun(folder: str | Path) -> bool:
    """Whether the attempt in this folder came so far that it can be gone on with."""
    return Path(folder, JOURNAL).is_file()


def known_of(folder: str) -> tuple[Known, ...]:
    """What the journal in a run's folder tells of each worker, the run's former attempts included.

    OSError, ValueError: the journal is not there, or is none.
    """
    taken: dict[int, Taken] = {}
    last: dict[int, Known] = {}
    for entry in _entries(folder):
        if isinstance(entry, Known):
            last[entry.delivery.worker] = entry
        elif isinstance(entry, Taken):
            taken[entry.number] = entry
            if entry.worker not in last or last[entry.worker].delivery.epoch < entry.epoch:
                last[entry.worker] = Known(entry)
        elif (ended := taken.get(entry.number)) and last[ended.worker].delivery is ended:
            last[ended.worker] = Known(ended, entry.status)
    return tuple(last.values())


def _entries(folder: str) -> list[AnyEntry]:
    decoder: msgpack.Decoder[AnyEntry] = msgpack.Decoder(AnyEntry)
    entries: list[AnyEntry] = []
    with open(f"{folder}/{JOURNAL}", "rb") as file:  # noqa: PTH123
        for packed in whole_entries(file):
            try:
                entries.append(decoder.decode(packed))
            except DecodeError as error:
                raise ValueError(f"{folder}/{JOURNAL} is no journal: {error}") from error
    return entries
