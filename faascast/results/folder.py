"""Result folders: there in full or not at all.

A folder is written beside its place and moved there when it is complete. Its document (`run.json`,
`comparison.json`) lists the files that belong to it, so an earlier result is replaced as a whole, and a folder
that holds anything else is never touched.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from faascast.faults import BadInput, faults_of
from workloads import InvalidInput
from workloads.files import read_json

DOCUMENTS = ("run.json", "comparison.json", "sweep.json", "search.json", "arrivals.json", "validation.json")


def folder_faults(folder: Path) -> Iterator[str]:
    """Why no result can be put here; nothing if it can."""
    if folder.name in ("", ".."):
        yield f"{folder} is no name for a result; expected a path that ends in the name of a folder"
    elif folder.is_symlink():
        yield f"{folder} is a link; expected a folder itself, or a path where there is nothing yet"
    elif folder.is_dir():
        yield from _foreign(folder)
    elif folder.exists():
        yield f"{folder} is a file; expected a folder, or a path where there is nothing yet"
    elif not _takes_folders(_nearest(folder)):
        yield f"{folder} cannot be made; expected a place where files may be written"


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A folder to write into that becomes `folder` when the block ends, and vanishes if it fails."""
    if faults := tuple(folder_faults(folder)):
        raise BadInput(faults)
    with _beside(folder) as beside:
        new, old = beside / "new", beside / "old"
        new.mkdir()
        yield new
        try:
            if folder.exists():
                folder.rename(old)
            new.rename(folder)
        except BaseException:  # an interrupt between the two, say
            if old.exists() and not folder.exists():
                old.rename(folder)
            raise


def write_document(folder: Path, name: str, document: Mapping[str, object]) -> None:
    """Write a folder's document, the last of its files, for it lists the others."""
    listed = {**document, "files": _files(folder)}
    (folder / name).write_text(json.dumps(listed, indent=2, ensure_ascii=False, allow_nan=False) + "\n", "utf-8")


def document_of(folder: Path) -> tuple[str, dict[str, object]]:
    """The name and content of a folder's document; BadInput if it is no result folder."""
    for name in DOCUMENTS:
        if not os.path.lexists(folder / name):
            continue
        try:
            document = read_json(folder / name, "JSON")
        except InvalidInput as invalid:
            raise BadInput(faults_of(invalid)) from None
        if isinstance(document, dict):
            return name, document
    raise BadInput(
        [f"{folder} is no result folder; expected one that --out has written, with {' or '.join(DOCUMENTS)}"]
    )


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path to write to, of the same ending, that becomes `path` when the block ends, and vanishes if it fails."""
    if path.is_dir():
        raise BadInput([f"{path} is a folder; expected the path of a file"])
    with _beside(path) as beside:
        yield beside / path.name
        (beside / path.name).replace(path)


@contextmanager
def _beside(place: Path) -> Iterator[Path]:
    """A hidden folder beside a place, gone afterwards, wherever an interrupt may strike.

    Its name is known before it is made, and who is interrupted while taking it away does so again: else an interrupt
    in the wrong microsecond would leave it behind.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name[:100]}-{os.getpid()}")
    try:
        shutil.rmtree(beside, ignore_errors=True)  # of a process that was killed
        beside.mkdir()
        yield beside
    finally:
        try:
            shutil.rmtree(beside, ignore_errors=True)
        except KeyboardInterrupt:
            shutil.rmtree(beside, ignore_errors=True)
            raise


def _foreign(folder: Path) -> Iterator[str]:
    there = _files(folder)
    if not there:
        return
    try:
        name, document = document_of(folder)
    except BadInput:
        yield f"{folder} holds files but no result; expected an empty or new folder, or one that --out has written"
        return
    listed = document.get("files")
    own = {name, *map(str, listed)} if isinstance(listed, list) else {name}
    if others := [file for file in there if file not in own]:
        shown = ", ".join(others[:3]) + (", …" if len(others) > 3 else "")
        yield f"{folder} holds {shown}, which faascast has not written; expected a folder with nothing else in it"


def _files(folder: Path) -> list[str]:
    """The files in a folder and all folders below, as relative paths."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


def _nearest(path: Path) -> Path:
    """The nearest folder above that exists."""
    return next(parent for parent in path.absolute().parents if parent.is_dir())


def _takes_folders(folder: Path) -> bool:
    """Whether folders can be made in another, which only who tries knows: rights do not tell of /proc, or to root."""
    probe = folder / f".faascast-{os.getpid()}"
    try:
        probe.mkdir()
        probe.rmdir()
    except OSError:
        return False
    return True
