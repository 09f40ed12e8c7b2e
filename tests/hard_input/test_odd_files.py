"""What is named is no file at all, or one without end: said at once, by every loader and by the program."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from faascast.cli.app import app
from tests.hard_input.commands import FORK
from workloads.files import MOST_BYTES


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _long(path: Path) -> None:
    """Longer than any file that is read; it takes no room."""
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)


ODD: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: None,
    "empty": lambda path: path.touch(),
    "folder": lambda path: path.mkdir(),
    "pipe": os.mkfifo,
    "endless device": lambda path: path.symlink_to("/dev/zero"),
    "empty device": lambda path: path.symlink_to("/dev/null"),
    "link in a circle": _loop,
    "link to nothing": lambda path: path.symlink_to("nowhere"),
    "too long": _long,
    "brackets": lambda path: path.write_bytes(b"[" * 10_000_000),
    "table headers": lambda path: path.write_bytes(b"[a]\n" * 1_000_000),
    "dots": lambda path: path.write_bytes(b"a" + b".a" * 10_000 + b" = 1\n"),
}
COMMANDS = {
    "workflow": (".json", ["simulate", "{}"]),
    "plan": (".json", ["simulate", FORK, "--plan", "{}"]),
    "platform": (".toml", ["simulate", FORK, "--platform", "{}"]),
    "trace": (".csv", ["arrivals", "--trace", "{}"]),
    "fault script": (".csv", ["simulate", FORK, "--faults", "{}"]),
    "checked workflow": (".json", ["check", "{}"]),
    "checked plan": (".json", ["check", "{}", "--as", "plan", "--workflow", FORK]),
    "checked platform": (".toml", ["check", "{}"]),
    "run": ("", ["explain", "{}"]),
    "converted": (".json", ["convert", "{}"]),
}


@pytest.mark.skipif(os.name != "posix", reason="pipes, devices and links")
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_no_file(odd: str, command: str, tmp_path: Path) -> None:
    ending, arguments = COMMANDS[command]
    path = tmp_path / f"odd{ending}"
    ODD[odd](path)
    done = CliRunner().invoke(app, [each.format(path) for each in arguments])
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == 2, done.output
    assert str(path) in done.stderr
    assert "Traceback" not in done.stderr
    assert max(map(len, done.stderr.splitlines())) < 2_000


@pytest.mark.parametrize(
    "spec",
    ["gen:chain,depth=1e12", "gen:layered,width=1e6,depth=1e6", "gen:intree,depth=60", "gemm,n=1000000,strips=10000"],
)
def test_a_specification_of_a_thousand_thousand_million_tasks(spec: str) -> None:
    done = CliRunner().invoke(app, ["simulate", spec])
    assert done.exit_code == 2
    assert "at most 5000000" in done.stderr


@pytest.mark.parametrize("option", ["--reps", "--seed", "--jobs"])
def test_numbers_without_measure(option: str) -> None:
    done = CliRunner().invoke(app, ["compare", FORK, option, str(10**20)])
    assert done.exit_code == 2
    assert "≤" in done.stderr


def test_a_sweep_of_too_many_points() -> None:
    values = ",".join(map(str, range(400)))
    axes = [f"{key}={values}" for key in ("keep_alive_s", "cold_s", "store_latency_s")]
    done = CliRunner().invoke(app, ["sweep", FORK, *(part for axis in axes for part in ("--set", axis))])
    assert done.exit_code == 2
    assert "64000000 combinations" in done.stderr
