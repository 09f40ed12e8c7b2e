"""Chunks: objects that are put piece by piece while they are made, and got while they come.

A chunk begins with the number of the run that made it (an operation of the machine whose version it is): a task that
failed and runs again makes its chunks anew, and nobody may read some of both. Those of one object are put one after
another.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from threading import Lock
from time import sleep

from executor.store.store import Data, Missing, Objects, StoreError

from .clock import clock_ns
from .driver import NS_PER_S
from .memory import Reading

_HEAD = 8
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.001, 0.016


class Broken(StoreError):  # noqa: N818 (as `Missing` is)
    """The chunks of an object do not come, or are of several runs."""


def split(data: Data, parts: int) -> list[Data]:
    """Data in so many pieces: all the same size, but what is left over goes with the last."""
    each = len(data) // parts
    ends = [*range(0, each * parts, each), len(data)] if each else [0] * parts + [len(data)]
    whole = memoryview(data)
    return [whole[begin:end] for begin, end in pairwise(ends)]


class Flow:
    """One object that one run makes in chunks: puts those that are made, in order, until it is stopped."""

    def __init__(self, objects: Objects, found: int, version: int, chunks: int, run: int, turn: Lock) -> None:
        self._objects = objects
        self._found = found
        self._version = version
        self._chunks = chunks
        self._run = run
        self._turn = turn
        """Held while a chunk of the object is put, by whatever run."""
        self._made: list[Data] = []
        self._put = 0
        self._put_bytes = 0
        self._is_stopped = False

    def make(self, piece: Data) -> bool:
        """A piece is made; whether it will be a chunk of its own, to be put now. The last one is made by `finish`."""
        if len(self._made) == self._chunks - 1:
            return False
        self._made.append(piece)
        return True

    def put_made(self) -> int:
        """Put what is made and has not been put; how many bytes. StoreError: the rest is put at the end."""
        with self._turn:
            before = self._put_bytes
            while not self._is_stopped and self._put < len(self._made):
                self._put_next(self._made[self._put])
            return self._put_bytes - before

    def finish(self, data: Data) -> int:
        """The object is made: put what has not been put; how many bytes. StoreError."""
        with self._turn:
            before = self._put_bytes
            for piece in split(memoryview(data)[before:], self._chunks - self._put):
                self._put_next(piece)
            return self._put_bytes - before

    def stop(self) -> None:
        """The run came to nothing: put no more."""
        self._is_stopped = True

    def _put_next(self, piece: Data) -> None:
        head = self._run.to_bytes(_HEAD, "little")
        self._objects.put(self._found, self._version, self._put + 1, b"".join((head, piece)))
        self._put += 1
        self._put_bytes += len(piece)


def get_all(objects: Objects, found: int, version: int, chunks: int) -> bytes:
    """An object that is there in chunks. Missing, StoreError."""
    return _joined([objects.get(found, version, chunk) for chunk in range(1, chunks + 1)])


def get_as_they_come(
    objects: Objects, found: int, version: int, reading: Reading, patience_s: float, is_over: Callable[[], bool]
) -> bytes:
    """An object of which chunks are still made; ``reading`` is told of each. StoreError, Broken: none came for long."""
    pieces: list[bytes] = []
    while len(pieces) < reading.chunks:
        pieces.append(_next(objects, found, version, len(pieces) + 1, patience_s, is_over))
        if pieces[-1][:_HEAD] != pieces[0][:_HEAD]:
            raise Broken("it was made again meanwhile")
        reading.came()
    return _joined(pieces)


def _next(
    objects: Objects, found: int, version: int, chunk: int, patience_s: float, is_over: Callable[[], bool]
) -> bytes:
    until_ns = clock_ns() + round(patience_s * NS_PER_S)
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            return objects.get(found, version, chunk)
        except Missing:
            if is_over() or clock_ns() >= until_ns:
                raise Broken("no chunk came") from None
        sleep(pause_s)
        pause_s = min(_LONGEST_PAUSE_S, 2 * pause_s)


def _joined(pieces: Sequence[bytes]) -> bytes:
    if any(piece[:_HEAD] != pieces[0][:_HEAD] for piece in pieces):
        raise Broken("its chunks are of several runs")
    return b"".join([memoryview(piece)[_HEAD:] for piece in pieces])
