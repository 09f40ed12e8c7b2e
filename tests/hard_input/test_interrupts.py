"""Results are there in full or not at all, wherever an interrupt strikes: tried at every call that touches the disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from faascast.results.folder import whole_file, whole_folder


def _file(place: Path) -> None:
    with whole_file(place) as path:
        path.write_text("new")


def _folder(place: Path) -> None:
    with whole_folder(place) as inside:
        (inside / "run.json").write_text('{"files": [], "new": 1}')


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", ["Path.mkdir", "Path.rename", "Path.replace", "Path.write_text", "shutil.rmtree"])
@pytest.mark.parametrize("write", [_file, _folder])
def test_an_interrupt_leaves_the_old_or_the_new(
    write: Callable[[Path], None], call: str, after: bool, tmp_path: Path
) -> None:
    """Before or after the first, second, … such call: no hidden folder is left, and one of the two is there whole."""
    for number in range(1, 6):
        home = tmp_path / f"{number}"
        home.mkdir()
        place = home / "place"
        write(place)
        old = _seen(home)
        with pytest.MonkeyPatch.context() as patch:
            _interrupt_at(patch, call, number, after=after)
            with suppress(KeyboardInterrupt):
                write(place)
        assert _seen(home) == old, f"{call}, number {number}"


def _seen(home: Path) -> dict[str, str]:
    return {str(path.relative_to(home)): path.read_text() if path.is_file() else "" for path in home.rglob("*")}


def _interrupt_at(patch: pytest.MonkeyPatch, call: str, number: int, *, after: bool) -> None:
    """Let the `number`-th call be interrupted, once."""
    owner: Any = {"Path": Path, "shutil": shutil}[call.split(".")[0]]
    name, count = call.split(".")[1], 0
    real = getattr(owner, name)

    def interrupted(*arguments: Any, **options: Any) -> Any:
        nonlocal count
        count += 1
        if count == number and not after:
            raise KeyboardInterrupt
        result = real(*arguments, **options)
        if count == number:
            raise KeyboardInterrupt
        return result

    patch.setattr(owner, name, interrupted)
