"""Entries: pieces of bytes in a row, each behind its length of four bytes, little-endian; in files and over lines."""

from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

_LENGTH = 4
_PIECE_BYTES = 1 << 20


def as_entry(packed: bytes) -> bytes:
    """A piece behind its length."""
    return len(packed).to_bytes(_LENGTH, "little") + packed


def take_entries(read: bytearray) -> list[bytes]:
    """The pieces that are whole, which are gone from ``read`` then."""
    found = []
    begin = 0
    while len(read) - begin >= _LENGTH:
        at = begin + _LENGTH
        end = at + int.from_bytes(read[begin:at], "little")
        if len(read) < end:
            break
        found.append(bytes(read[at:end]))
        begin = end
    del read[:begin]
    return found


def read_entries(file: BinaryIO) -> Iterator[bytes]:
    """The pieces in a file. EOFError: it ends in the middle of one."""
    while size := file.read(_LENGTH):
        if len(size) < _LENGTH:
            raise EOFError
        yield _read(file, int.from_bytes(size, "little"))


def whole_entries(file: BinaryIO) -> Iterator[bytes]:
    """The pieces in a file whose writer may have been killed while it wrote the last one."""
    with suppress(EOFError):
        yield from read_entries(file)


def _read(file: BinaryIO, size: int) -> bytes:
    """So many bytes, piece by piece: a damaged length may be larger than any memory."""
    pieces = []
    while size:
        piece = file.read(min(size, _PIECE_BYTES))
        if not piece:
            raise EOFError
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
