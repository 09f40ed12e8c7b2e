"""Claims: while a run is carried out or a search goes on in a folder, that is one process's alone.

An earlier result waits aside while a run is carried out.

The system lets go of a claim when its process ends, however it ends. What waits aside comes back unless the new run
has begun; of a process that was killed, the next one sees to that.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EBADF, ENOLCK, ENOTSUP
from pathlib import Path
from typing import Final

from faascast.faults import BadInput

ASIDE: Final = ".earlier"
"""Where in the folder of a run an earlier result waits until it is known whether the new run can begin."""
_GOING: Final = ".earlier~"
"""The same while it goes there or comes back: all that is outside of it is of the earlier result, too."""
_RUN: Final = "a run is carried out"
_NO_CLAIMS: Final = (EBADF, ENOLCK, ENOTSUP)
"""What file systems answer that know no locks, as some do that are shared over a network."""


@contextmanager
def claimed(folder: Path, what: str = _RUN, mode: int = 0o700) -> Iterator[None]:
    """Nobody else does `what` in this folder meanwhile. BadInput: somebody does, or it cannot be made.

    If it is not there it is made, for its owner alone unless `mode` says otherwise; and removed again if nothing is in
    it at the end.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    _make(folder, mode)
    file = _opened(folder)
    try:
        if not _take(file):
            raise BadInput([_told(folder, what)])
        yield
    finally:
        with suppress(OSError):  # something is in it
            for path in made:
                path.rmdir()
        os.close(file)


def claim_faults(folder: Path) -> Iterator[str]:
    """That somebody carries a run out in this folder; nothing if nobody does."""
    if not folder.is_dir():
        return
    file = _opened(folder)
    try:
        if not _take(file):
            yield _told(folder, _RUN)
    finally:
        os.close(file)


def _make(folder: Path, mode: int) -> None:
    try:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        why = f"{folder} cannot be made: {error.strerror}; expected a place where files may be written"
        raise BadInput([why]) from error


def _opened(folder: Path) -> int:
    try:
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise BadInput([f"{folder} cannot be opened: {error.strerror}; expected a folder of yours"]) from error


def _take(file: int) -> bool:
    """Lock a folder, until the file is closed; whether nobody else has. Where there are no locks, nobody has."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_CLAIMS:
            raise
    return True


def _told(folder: Path, what: str) -> str:
    return f"{folder} is in use: {what} there just now; expected one that has ended, or another folder"


def put_aside(folder: Path) -> None:
    """Have all that is in a folder wait aside."""
    found, going = sorted(folder.iterdir()), folder / _GOING
    going.mkdir(mode=0o700)
    for path in found:
        path.rename(going / path.name)
    going.rename(folder / ASIDE)


def put_back(folder: Path) -> None:
    """Have what waits aside in its place again, instead of what is there now; also where that was cut short before."""
    aside, going = folder / ASIDE, folder / _GOING
    if aside.is_dir():
        for path in sorted(folder.iterdir()):
            if path != aside:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        aside.rename(going)
    if going.is_dir():
        for path in sorted(going.iterdir()):
            path.rename(folder / path.name)
        going.rmdir()
