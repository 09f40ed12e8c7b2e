"""Folders in which a search or a sweep keeps what it finds while it goes on: which are theirs.

They are added to, not replaced as a whole, so every file in one has to be of the kind that is written there. A name
such as `workflow.json` alone proves nothing: one file at least has to be there that nobody else writes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from faascast.results.folder import folder_faults

_SHOWN = 3


def kept_faults(folder: Path, kind: str, own: re.Pattern[str], marks: Collection[str]) -> Iterator[str]:
    """Why nothing of this kind can be kept here; nothing if it can.

    `own` matches the files, as relative paths, that are written here; in a folder that is not empty there has to be
    one of `marks`, files or folders.
    """
    if not folder.is_dir():
        yield from folder_faults(folder)
        return
    there = _visible(folder)
    others = [file for file in there if not own.fullmatch(file)]
    if there and not any(file.partition("/")[0] in marks for file in there):
        others = there
    if others:
        shown = ", ".join(others[:_SHOWN]) + (", …" if len(others) > _SHOWN else "")
        yield f"{folder} holds {shown}; expected an empty or new folder, or that of a {kind}"


def _visible(folder: Path) -> list[str]:
    """The files in a folder and all folders below that are not hidden, as relative paths."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if not path.is_dir())
    return sorted(path.as_posix() for path in paths if not any(part.startswith(".") for part in path.parts))
