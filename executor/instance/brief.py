"""The brief: what an instance has to know of a run, beside its view and its code; and where a run's files are.

A run's folder is its owner's alone. In it, before the first invocation::

    brief.msgpack    the `Brief`
    view.msgpack     the `executor.worker.view.View`
    code.msgpack     the `executor.instance.bundle.Bundle`

and afterwards, per invocation, ``records/<number>.frames`` and ``records/<number>.did`` (`executor.instance.records`).
Folders in which command-line programs run are made below ``scratch/``, and removed.
"""

import os
import stat
from typing import TypeVar

from msgspec import DecodeError, Struct, ValidationError, msgpack

_T = TypeVar("_T")

BRIEF, VIEW, CODE = "brief.msgpack", "view.msgpack", "code.msgpack"
RECORDS, SCRATCH = "records", "scratch"
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


class RunError(Exception):
    """A run's folder cannot be used. Says which file, and why."""


class Pace(Struct, frozen=True):
    """How fast an instance may be, as the platform says; None: as fast as it can. Per direction unless ``joined``.

    A transfer has at most its connection's rate, all of an instance together its bucket's: ``burst_bytes`` at the burst
    rate when rested, then the sustained one, full again after ``refill_s``. What takes less than its floor waits.
    """

    connection_bytes_per_s: float | None = None
    burst_bytes: float | None = None
    burst_bytes_per_s: float | None = None
    sustained_bytes_per_s: float | None = None
    refill_s: float | None = None
    joined: bool = False
    get_s: float = 0.0
    put_s: float = 0.0
    request_s: float = 0.0
    notify_s: float = 0.0


class Brief(Struct, frozen=True):
    """What an instance reads once a run.

    ``folders`` are where the run's code is imported from, before where the instance looks anyway; ``cwd`` is where it
    runs, ``environment`` what is set for it.
    """

    store: str
    """Its URL (`executor.store`)."""
    name: str
    """The run's in the store."""
    key: bytes
    """What is put into the store is sealed with it."""
    folders: tuple[str, ...] = ()
    cwd: str | None = None
    environment: dict[str, str] = {}
    pace: Pace | None = None
    chunk_timeout_s: float = 10.0
    """How long a reader waits for the next chunk of what is still being made."""
    grace_s: float = 2.0
    """How long a run that is to stop may go on before its instance is ended."""
    examined: bool = False
    """Whether a machine's invariants are checked after each of its steps."""


def write(run: str, name: str, content: Struct) -> None:
    """Write one of the files of the run in this folder, for its owner alone."""
    file = os.open(f"{run}/{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "wb") as opened:
        opened.write(msgpack.encode(content))


def read(run: str, name: str, kind: type[_T]) -> _T:
    """Read one of the run's files. RunError: it is not there, or no such thing, or others could have written it."""
    path = f"{run}/{name}"
    try:
        with os.fdopen(os.open(path, os.O_RDONLY), "rb") as opened:
            _refuse_foreign(path, os.fstat(opened.fileno()))
            packed = opened.read()
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}") from error
    try:
        return msgpack.decode(packed, type=kind)
    except (DecodeError, ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise RunError(f"{path} is no {kind.__name__}: {error}") from error


def identity(run: str) -> tuple[int, int]:
    """What tells the run in a folder from another that was there before. RunError: there is none."""
    path = f"{run}/{BRIEF}"
    try:
        found = os.stat(path)
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}") from error
    return found.st_ino, found.st_mtime_ns


def _refuse_foreign(path: str, found: os.stat_result) -> None:
    """What is in a run is carried out: nobody else may have written it."""
    if found.st_uid != os.getuid():
        raise RunError(f"{path} belongs to user {found.st_uid}, not to {os.getuid()}")
    if found.st_mode & _WRITABLE_BY_OTHERS:
        raise RunError(f"{path} can be written by others (mode {stat.S_IMODE(found.st_mode):o})")
