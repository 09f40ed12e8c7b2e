"""The same files through the program's own commands, in this process: exit codes, messages, and what is left behind."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from typer.testing import CliRunner

import faascast
from faascast.cli.app import app
from platforms import load_platform
from tests.hard_input import judge
from tests.hard_input.judge import FAILED, REFUSED, WORKED, ViolationError

if TYPE_CHECKING:
    from tests.hard_input.cases import Sheet

FORK = "gen:forkjoin,width=3,bytes=1000000"
FOLDERS = ("run", "comparison", "sweep")
_SHARE = 0.12
"""Of the cases, those that go through a command."""


def or_judge(sheet: Sheet, path: Path, kind: str) -> str:
    """Judge a file from Python, or with a command now and then."""
    random = sheet.random
    if random.random() < 0.05:
        return judge.judge_check(path, FORK if kind == "plan" else None)
    if random.random() < _SHARE:
        return run(sheet, random.choice(_COMMANDS[kind])(str(path), str(sheet.folder / "out")), path)
    from tests.hard_input.cases import small

    if kind == "workflow":
        return judge.judge_workflow(path)
    if kind == "platform":
        return judge.judge_platform(path, small())
    if kind == "trace":
        return judge.judge_trace(path)
    if kind == "script":
        return judge.judge_script(path, small(), load_platform("aws-lambda-s3"))
    return judge.judge_plan(path, small(), load_platform("aws-lambda-s3"))


_NAMED = ("--workflow", "short=gen:chain,depth=1", "--workflow", "long=gen:chain,depth=3", "--planner", "one-per-task")
_COMMANDS = {
    "workflow": (
        lambda path, out: ["check", path],
        lambda path, out: ["convert", path, "-o", out, "--json"],
        lambda path, out: ["plan", path, "-o", out],
        lambda path, out: ["simulate", path, "--json", "--unknown-bytes", "median"],
        lambda path, out: ["compare", path, "--reps", "2", "--planners", "wukong,heft"],
    ),
    "platform": (
        lambda path, out: ["check", path],
        lambda path, out: ["platforms", path],
        lambda path, out: ["platforms", path, "--toml"],
        lambda path, out: ["simulate", FORK, "--platform", path, "--json"],
        lambda path, out: ["compare", FORK, "--platform", path, "--reps", "2", "--planners", "heft", "--json"],
    ),
    "trace": (
        lambda path, out: ["arrivals", "--trace", path, *_NAMED],
        lambda path, out: ["arrivals", "--trace", path, *_NAMED, "--json"],
    ),
    "script": (lambda path, out: ["check", path],),
    "plan": (
        lambda path, out: ["check", path, "--workflow", FORK],
        lambda path, out: ["simulate", FORK, "--plan", path],
        lambda path, out: ["simulate", FORK, "--plan", path, "--json"],
    ),
}


def or_judge_spec(sheet: Sheet, spec: str) -> str:
    """Judge a specification from Python, or with a command."""
    if sheet.random.random() < _SHARE:
        return run(sheet, ["generate", spec, "-o", str(sheet.folder / "out.json")], None)
    return judge.judge_spec(spec)


def or_judge_settings(sheet: Sheet, planners: Sequence[str], platform: str, settings: dict[str, str]) -> str:
    """Judge settings from Python, or with a command."""
    from tests.hard_input.cases import small

    if sheet.random.random() >= _SHARE:
        return judge.judge_settings(planners, platform, settings, small())
    items = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    asked = sheet.random.choice((["simulate", FORK, "--planner"], ["compare", FORK, "--reps", "2", "--planners"]))
    return run(sheet, [*asked, planners[0], "--platform", platform, *items], None)


@cache
def saved(kind: str) -> Path:
    """A folder as `--out` writes it; the picture and tables are left out, nothing reads them."""
    folder = Path(tempfile.mkdtemp(prefix="hard-input-")) / kind
    if kind == "run":
        faascast.save(faascast.simulate(FORK, "heft", seed=1), folder)
    elif kind == "comparison":
        faascast.save(faascast.compare(FORK, ["heft", "wukong"], reps=2), folder)
    else:
        done = CliRunner().invoke(app, [*_SWEEP, "--out", str(folder)])
        assert done.exit_code == 0, done.output
    for path in folder.rglob("*"):
        if path.suffix in (".png", ".csv", ".parquet"):
            path.unlink()
    return folder


_SWEEP = ("sweep", FORK, "--planners", "heft", "--reps", "2", "--set", "keep_alive_s=0,60")


def on_folder(sheet: Sheet, folder: Path, kind: str) -> str:
    """Load a folder's run, explain it, or write over it."""
    way = sheet.random.random()
    if kind == "sweep":
        return run(sheet, [*_SWEEP, "--out", str(folder)], folder)
    if way < 0.15:
        return run(sheet, ["explain", str(folder)], folder)
    return judge.judge_folder(folder)


def run(sheet: Sheet, arguments: Sequence[str], path: Path | None) -> str:
    """Run a command and look at its exit code, its words, and what it left."""
    sheet.story.append(f"faascast {' '.join(arguments)!r:.300}")
    before = _listing(sheet.folder)
    done = CliRunner().invoke(app, list(arguments))
    if not isinstance(done.exception, SystemExit | None):
        raise done.exception
    if done.exit_code == 0:
        return WORKED
    told = done.stderr.splitlines()
    if done.exit_code == 2:
        if _listing(sheet.folder) != before:
            raise ViolationError("refused, but something was written")
        if done.stdout and arguments[0] != "check":
            raise ViolationError(f"refused, but stdout says {done.stdout!r:.200}")
        # A planner's plan that cannot be run on what a file describes is told by the planner's name.
        names = [str(path), *([] if "--plan" in arguments else [": plan: "])] if path else [""]
        judge.refusal([line for line in told if line.strip()], names)
        return REFUSED
    if done.exit_code == 1 and not told and "fail" in done.stdout:
        return FAILED
    raise ViolationError(f"exit code {done.exit_code}: {done.stderr!r:.300} {done.stdout!r:.300}")


def _listing(folder: Path) -> list[str]:
    return sorted(f"{path} {path.stat().st_size}" for path in folder.rglob("*") if path.is_file())
