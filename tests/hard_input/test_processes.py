"""A handful of hard cases in processes of their own, as a user meets them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FORK = "gen:forkjoin,width=3"


def run(folder: Path, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """The program in a folder; `options` are those of `subprocess.run`."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8"} | options
    return subprocess.run([sys.executable, "-m", "faascast", *arguments], cwd=folder, check=False, **streams)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize(
    ("name", "content", "arguments"),
    [
        ("deep.json", b'{"a":' * 100_000, ("simulate", "deep.json")),
        ("twice.json", b'{"name": "a", "name": "b"}', ("check", "twice.json")),
        ("wide.json", "{}".encode("utf-16"), ("convert", "wide.json")),
        ("deep.toml", b"a = " + b"[" * 100_000, ("simulate", FORK, "--platform", "deep.toml")),
        ("digits.toml", b"a = " + b"9" * 5_000, ("platforms", "digits.toml")),
        ("plan.json", b'{"schema_version": 1, "workers": ' + b"[" * 5_000, ("simulate", FORK, "--plan", "plan.json")),
    ],
)
def test_a_file_is_refused_in_words(tmp_path: Path, name: str, content: bytes, arguments: tuple[str, ...]) -> None:
    (tmp_path / name).write_bytes(content)
    done = run(tmp_path, *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert all(line.startswith(f"faascast: {name}") for line in done.stderr.splitlines())
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_stream_that_cannot_show_a_character(tmp_path: Path) -> None:
    """A bar is a question mark there; JSON is the same document."""
    latin = {"env": os.environ | {"PYTHONIOENCODING": "latin-1"}, "encoding": "latin-1"}
    told = run(tmp_path, "simulate", FORK, **latin)
    assert (told.returncode, told.stderr) == (0, "")
    documents = [json.loads(run(tmp_path, "platforms", "--json", **each).stdout) for each in (latin, {})]
    assert documents[0] == documents[1]


@pytest.mark.skipif(os.name != "posix", reason="closed streams")
def test_a_stream_that_is_closed(tmp_path: Path) -> None:
    shell = f'"{sys.executable}" -m faascast platforms >&- && "{sys.executable}" -m faascast platforms 2>&- >/dev/null'
    done = subprocess.run(["sh", "-c", shell], cwd=tmp_path, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is full")
def test_a_disk_that_is_full(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = run(tmp_path, "platforms", stdout=full)
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["faascast: No space left on device"]
