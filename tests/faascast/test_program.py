"""The program as a user starts it: in its own process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

FORK = "gen:forkjoin,width=4"


def start(*arguments: str, folder: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "faascast", *arguments],
        cwd=folder,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*arguments: str, folder: Path, **environment: str) -> tuple[int, str, str]:
    process = start(*arguments, folder=folder, **environment)
    stdout, stderr = process.communicate()
    return process.returncode, stdout, stderr


def test_a_result_goes_to_stdout_alone(tmp_path: Path) -> None:
    code, stdout, stderr = run("simulate", FORK, "--json", folder=tmp_path)
    assert (code, stderr) == (0, "")
    assert json.loads(stdout)["status"] == "complete"


def test_a_pipe_gets_no_colour(tmp_path: Path) -> None:
    code, stdout, _ = run("simulate", FORK, folder=tmp_path, TERM="xterm-256color")
    assert code == 0
    assert "\x1b" not in stdout


def test_bad_input_exits_2_without_a_traceback(tmp_path: Path) -> None:
    code, stdout, stderr = run("compare", "gem", "--planners", "hefd", "--out", "out", folder=tmp_path)
    assert (code, stdout) == (2, "")
    assert [line[:10] for line in stderr.splitlines()] == ["faascast: "] * 2
    assert [*tmp_path.iterdir()] == []


def test_a_failed_run_exits_1(tmp_path: Path) -> None:
    asked = ("simulate", "gen:chain,depth=1,cpu_s=13.5", "--set", "max_duration_s=13.52", "--set", "max_attempts=1")
    code, stdout, stderr = run(*asked, "--set", "noise.sigma=0", folder=tmp_path)
    assert (code, stderr) == (1, "")
    assert "failed" in stdout


@pytest.mark.parametrize("command", [("compare", FORK, "--reps", "3"), ("simulate", "gen:layered,width=5,depth=4")])
def test_string_hashes_decide_nothing(tmp_path: Path, command: tuple[str, ...]) -> None:
    """Same seed, same bytes, in any process."""
    said = {run(*command, "--json", folder=tmp_path, PYTHONHASHSEED=str(seed))[1] for seed in (0, 1, 2)}
    assert len(said) == 1
    assert said != {""}


def test_a_folder_is_the_same_bytes_every_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert run("compare", FORK, "--reps", "3", "--planners", "heft,wukong", "--out", name, folder=tmp_path)[0] == 0
    trees = [
        {
            path.relative_to(tmp_path / name): path.read_bytes()
            for path in (tmp_path / name).rglob("*")
            if path.is_file()
        }
        for name in ("a", "b")
    ]
    assert trees[0] == trees[1]


def test_processes_of_the_program_change_nothing(tmp_path: Path) -> None:
    asked = ("compare", FORK, "--reps", "12", "--planners", "heft,wukong", "--json")
    assert run(*asked, folder=tmp_path) == run(*asked, "-j", "2", folder=tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_an_interrupted_sweep_is_taken_up_again(tmp_path: Path) -> None:
    """Ctrl-C after the first points: they are kept whole, and the next call runs the others only."""
    asked = ("sweep", "gen:layered,width=20,depth=20", "--planners", "wukong", "--reps", "3", "--out", "s")
    asked = (*asked, "--set", f"keep_alive_s={','.join(map(str, range(40)))}")
    process = start(*asked, folder=tmp_path)
    points = tmp_path / "s" / "points"
    while process.poll() is None and not (points.is_dir() and len([*points.glob("*.json")]) >= 2):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate()
    assert (process.returncode, stdout) == (130, "")
    assert stderr.startswith("faascast: interrupted")
    assert "Traceback" not in stderr
    kept = {path.name: path.stat().st_mtime_ns for path in points.iterdir()}
    assert 2 <= len(kept) < 40
    assert all(json.loads((points / name).read_text())["outcome"]["status"] == "complete" for name in kept)
    assert run(*asked, folder=tmp_path)[0] == 0
    now = {path.name: path.stat().st_mtime_ns for path in points.iterdir()}
    assert len(now) == 40
    assert {name: now[name] for name in kept} == kept


@pytest.mark.skipif(os.name != "posix", reason="pipes")
def test_a_reader_who_has_seen_enough_hears_no_complaint(tmp_path: Path) -> None:
    with start("platforms", "aws-lambda-s3", folder=tmp_path) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == ""
