"""`faascast leftovers`: what runs that died have left in a store."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from executor.store.opening import destroy, leftovers, open_store
from faascast.cli.app import app
from tests.support import ROOT


@pytest.fixture
def store(tmp_path: Path) -> Iterator[str]:
    """A store with an object of `first`, and nothing of `second` but that it began."""
    url = f"files:{tmp_path / 'store'}"
    for name, data in (("first", b"x" * 1500), ("second", b"")):
        opened = open_store(url, name, b"key")
        if data:
            opened.objects.put(0, 0, 0, data)
        opened.close()
    yield url
    for left in leftovers(url):
        destroy(url, left.name)


def faascast(*arguments: str, exit_code: int = 0) -> str:
    """What `faascast leftovers` prints; it must exit so."""
    done = CliRunner().invoke(app, ["leftovers", *arguments])
    assert done.exit_code == exit_code, done.output
    return done.stderr if exit_code else done.stdout


def test_what_is_left_is_told(store: str, tmp_path: Path) -> None:
    said = faascast(store)
    assert re.search(r"^first +1 +1\.5 kB", said, flags=re.MULTILINE)
    assert re.search(r"^second +0 +0 B", said, flags=re.MULTILINE)
    assert f"second: {tmp_path}/store/second" in said
    assert len(leftovers(store)) == 2


def test_a_run_or_all_of_them_are_removed(store: str) -> None:
    assert "removed" in faascast(store, "--remove", "first")
    assert [left.name for left in leftovers(store)] == ["second"]
    faascast(store, "--remove", "all")
    assert leftovers(store) == ()
    assert faascast(store) == "No run has anything there.\n"
    assert faascast(store, "--remove", "all") == "No run has anything there.\n"


def test_json_is_as_it_is_described(store: str) -> None:
    document = json.loads(faascast(store, "--remove", "second", "--json"))
    assert [(run["run"], run["bytes"], run["is_removed"]) for run in document["runs"]] == [
        ("first", 1500, False),
        ("second", 0, True),
    ]
    described = set(re.findall(r"`(\w+)`", (ROOT / "docs" / "json.md").read_text("utf-8")))
    assert {*document, *document["runs"][0]} - described == set()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--remove", "third", "--remove", "first"), "--remove is third; expected a run that is there, or all"),
        (("--remove", "../store"), "--remove is ../store; expected a run that is there"),
    ],
)
def test_nothing_is_removed_if_anything_is_unknown(store: str, arguments: tuple[str, ...], told: str) -> None:
    assert told in faascast(store, *arguments, exit_code=2)
    assert len(leftovers(store)) == 2


def test_a_store_that_is_none_is_bad_input() -> None:
    assert "store: the store's kind is 'ftp'" in faascast("ftp://x", exit_code=2)
