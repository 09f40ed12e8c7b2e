"""Records: what an invocation leaves behind, written before it goes on, so that it is there however it ends.

``<number>.frames`` has a frame for each step of the machine (as in `executor.worker.replay`, without a header), written
before any of the step's instructions is carried out. ``<number>.did`` has what really took place, a `Did` for each
operation that ended. Both are entries of msgpack (`executor.worker.entries`), the last one
incomplete if its writer was killed just then. They are read by `executor.instance.reading`.
"""

import os

from msgspec import Struct, msgpack

from executor.worker.entries import as_entry
from executor.worker.events import WorkerEvent
from executor.worker.instructions import AnyInstruction

NO_OPERATION = 0
FRAMES, DID = ".frames", ".did"

OPEN, FETCH, EXECUTE, UPLOAD, COMMIT, READ, NOTIFY, INVOKE, PREWARM, DRIVER = (
    "open",
    "fetch",
    "execute",
    "upload",
    "commit",
    "read",
    "notify",
    "invoke",
    "prewarm",
    "driver",
)
"""Kinds of what took place. ``open``: the run's files were read; ``driver``: the driver itself broke down."""


class Did(Struct, frozen=True, gc=False, array_like=True):
    """One thing that was done, from ``begin_ns`` to ``end_ns``, for the operation ``op``; one for each that ended.

    ``op`` 0 is none's: chunks that are put while their task runs, letters that are lost, and what is no operation.

    ``cpu_ns`` is what it used of the CPU, ``n_bytes`` what it moved or made, None where that is not known; ``note`` is
    empty if it went well. A call ends when the platform took or refused it.
    """

    op: int
    kind: str
    begin_ns: int
    end_ns: int
    cpu_ns: int | None = None
    n_bytes: int | None = None
    note: str = ""


class Recorder:
    """Writes the records of one machine. For one thread."""

    def __init__(self, folder: str, name: str, worker: int, epoch: int) -> None:
        self._who = (worker, epoch)
        self._encode = msgpack.Encoder().encode
        self._frames = _opened(f"{folder}/{name}{FRAMES}")
        self._did = _opened(f"{folder}/{name}{DID}")

    def frame(self, event: WorkerEvent, instructions: list[AnyInstruction]) -> None:
        """A step of the machine. OSError: it cannot be written."""
        _write(self._frames, self._encode((*self._who, event, instructions)))

    def did(self, did: Did) -> None:
        """Something was done. OSError: it cannot be written."""
        _write(self._did, self._encode(did))

    def close(self) -> None:
        """Nothing more will be written."""
        os.close(self._frames)
        os.close(self._did)


def _opened(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def _write(file: int, packed: bytes) -> None:
    """In one piece, so that no reader finds half of it unless the writer was killed."""
    whole = as_entry(packed)
    written = os.write(file, whole)
    while written < len(whole):
        written += os.write(file, whole[written:])
