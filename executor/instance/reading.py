"""Reading the records that an invocation left (`executor.instance.records`), as far as they are complete."""

import os
from collections.abc import Iterator
from typing import Any

from msgspec import msgpack

from executor.worker.entries import whole_entries
from executor.worker.replay import Frame

from .records import DID, FRAMES, Did


def read_frames(folder: str, name: str) -> Iterator[Frame]:
    """The steps of a machine, as far as they are complete; none if it left none. ValueError: damaged."""
    return _entries(f"{folder}/{name}{FRAMES}", Frame)


def read_did(folder: str, name: str) -> Iterator[Did]:
    """What was done for a machine, as far as it is complete; nothing if it left nothing. ValueError: damaged."""
    return _entries(f"{folder}/{name}{DID}", Did)


def _entries(path: str, kind: Any) -> Iterator[Any]:
    decoder = msgpack.Decoder(kind)
    try:
        with os.fdopen(os.open(path, os.O_RDONLY), "rb") as file:
            for packed in whole_entries(file):
                yield decoder.decode(packed)
    except FileNotFoundError:
        return
