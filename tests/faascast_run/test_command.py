"""`faascast run`, as a user calls it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from executor.store.opening import leftovers
from faascast.cli.app import app
from tests.support import ROOT
from workloads import load_workflow
from workloads.sources import write_workflow

TINY = "gemm,n=20,strips=2"
QUICK = ("--set", "provisioning_s=0", "--set", "init_s=0")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with the module `shop`, in which everything is found."""
    shutil.copy(Path(__file__).with_name("shop.py"), tmp_path / "shop.py")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "shop", raising=False)
    return tmp_path


def faascast(*arguments: str | Path, exit_code: int = 0) -> str:
    """What `faascast run` prints; it must exit so."""
    done = CliRunner().invoke(app, ["run", *map(str, arguments), *QUICK])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == exit_code, done.stdout + done.stderr
    return done.stderr if exit_code == 2 else done.stdout


def test_a_builtin_is_run_and_told_of(here: Path) -> None:
    said = faascast(TINY, "--planner", "one-per-task", "--check")
    assert said.startswith(f"{TINY} on local under one-per-task\n5 tasks, 4 edges")
    assert re.search(r"\nmakespan +\d+\.\d+ s\n", said)
    assert re.search(r"starts +[1-5] cold, [0-4] warm  of 5 workers", said)
    assert "result    an array of int64, 20 × 20" in said
    assert said.endswith("The result is that of a plain computation in this process.\n")


def test_a_function_of_a_module_in_this_folder_makes_the_workflow(here: Path) -> None:
    said = faascast("shop:order", "--planner", "all-on-one")
    assert "order on local under all-on-one\n3 tasks, 2 edges" in said
    assert "cpu_s taken as 1 where unknown: 3, price-0, price-1, bill-0" in said
    assert "result    22" in said


def test_what_is_written_is_a_result_like_any_other(here: Path) -> None:
    said = faascast(TINY, "--planner", "wukong", "--out", "out")
    assert "Written to out; faascast explain out says why." in said
    explained = CliRunner().invoke(app, ["explain", "out"])
    assert explained.exit_code == 0
    assert "the critical path" in explained.stdout
    document = json.loads(Path("out/run.json").read_text())
    assert document["backend"]["is_real"]
    assert {"tasks.csv", "gantt.png", "plan.json", "attempt-1/view.msgpack"} <= set(document["files"])
    faascast(TINY, "--plan", "out/plan.json", "--out", "out")
    assert json.loads(Path("out/run.json").read_text())["plan"]["planner"] == "wukong"


def test_a_plan_of_another_command_fits(here: Path) -> None:
    assert CliRunner().invoke(app, ["plan", TINY, "--planner", "heft", "--out", "plan.json"]).exit_code == 0
    assert f"{TINY} on local under heft" in faascast(TINY, "--plan", "plan.json")


@pytest.mark.parametrize("options", [(), ("--keep-warm",)])
def test_several_runs_begin_cold_or_are_kept_warm(here: Path, options: tuple[str, ...]) -> None:
    spec = "fixed_times,chains=2,sleep_s=0.01"
    said = faascast(spec, "--planner", "all-on-one", "--runs", "2", *options)
    rows = [line.split() for line in said.splitlines() if re.match(r"[12] +\d", line)]
    assert [row[0] for row in rows] == ["1", "2"]
    assert [row[2:4] for row in rows] == [["1", "0"], ["0", "1"] if options else ["1", "0"]]
    assert re.search(r"median +\d\.\d+ s  of 2 runs", said)


def test_json_is_one_document(here: Path) -> None:
    document = json.loads(faascast(TINY, "--json", "--check", "--out", "out"))
    assert (document["kind"], document["status"], document["wrong_results"]) == ("run", "complete", [])
    assert (document["folder"], document["resume"]) == ("out", None)
    several = json.loads(faascast(TINY, "--json", "--runs", "2", "--keep-warm", "--out", "several"))
    assert several["kind"] == "runs"
    assert [run["folder"] for run in several["runs"]] == ["several/1", "several/2"]
    described = set(re.findall(r"`\"?(\w+)\"?`", (ROOT / "docs" / "json.md").read_text("utf-8")))
    assert {*document, *several} - described == set()


def test_a_file_is_burnt_and_nothing_that_it_names_is_run(here: Path) -> None:
    """The commands that a recorded run tells are data."""
    write_workflow(load_workflow("gen:chain,depth=2,cpu_s=0.05,bytes=100"), "chain.json")
    document = json.loads(Path("chain.json").read_text())
    for task in document["workflow"]["execution"]["tasks"]:
        task["command"] = {"program": "touch", "arguments": [str(here / "sprung")]}
        task["category"] = f"open({str(here / 'sprung')!r}, 'w')"
    for task in document["workflow"]["specification"]["tasks"]:
        task["name"] = "shop:order"
    Path("chain.json").write_text(json.dumps(document))
    said = faascast("chain.json", "--check")
    assert "bytes" in said
    assert not Path("sprung").exists()


def test_a_failed_run_is_reported_and_can_be_resumed(here: Path) -> None:
    Path("closed").touch()
    again = ("--set", "limits.max_attempts=1", "--set", "size_mb=1024", "--store", "files:store")
    said = faascast("shop:order", "--planner", "one-per-task", "--out", "out", *again, exit_code=1)
    for part in ("bill-0", "RuntimeError: the shop is closed", "shop.py", "2 of 3 tasks are committed"):
        assert part in said
    assert "faascast run shop:order --resume out" in said
    assert leftovers(f"files:{here / 'store'}")
    Path("closed").unlink()
    assert "shop:order" in said
    assert "result    22" in faascast("shop:order", "--resume", "out")
    assert json.loads(Path("out/run.json").read_text())["platform"]["name"] == "local"
    assert leftovers(f"files:{here / 'store'}") == ()


def test_a_new_run_in_the_place_of_a_failed_one_forgets_its_data(here: Path) -> None:
    Path("closed").touch()
    again = ("--set", "limits.max_attempts=1", "--set", "faults.retry.attempts=1", "--store", "files:store")
    faascast("shop:order", "--out", "out", *again, exit_code=1)
    Path("closed").unlink()
    faascast("shop:order", "--out", "out", *again)
    assert leftovers(f"files:{here / 'store'}") == ()
    assert [path.name for path in Path("out").glob("attempt-*")] == ["attempt-1"]


def test_a_plain_computation_that_fails_takes_nothing_away(here: Path) -> None:
    said = faascast("shop:secretly", "--check", "--out", "out", exit_code=1)
    assert "result    'done'" in said
    assert "Written to out" in said
    fault = "the plain computation itself raised SystemExit: I work where nobody looks"
    assert said.endswith(f"\n\n{fault}\n")
    assert json.loads(faascast("shop:secretly", "--check", "--json", exit_code=1))["wrong_results"] == [fault]


def test_a_module_that_exits_when_imported_is_bad_input(here: Path) -> None:
    Path("script.py").write_text("import sys\nsys.exit(0)\n")
    said = faascast("script:order", exit_code=2)
    assert "script:order: importing script raised SystemExit: 0 (script.py:2)" in said


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nonsense",), "workflow is 'nonsense'; expected"),
        (("shop:nobody",), "shop has no nobody; expected a function that returns nodes"),
        (("shop:TAX",), "shop:TAX is of type int; expected a node"),
        (("shop:taxed",), "calling it raised TypeError: taxed() missing 1 required positional argument"),
        (("shop:close",), "calling it raised SystemExit (shop.py:"),
        ((TINY, "--planner", "heft", "--plan", "p"), "--planner and --plan are both given"),
        ((TINY, "--resume", "out", "--out", "other"), "--out and --resume are both given"),
        ((TINY, "--runs", "0"), "--runs is 0; expected a whole number from 1"),
        ((TINY, "--deadline", "-1"), "deadline is -1.0; expected seconds above 0"),
        ((TINY, "--store", "ftp://x"), "store: the store's kind is 'ftp'"),
        ((TINY, "--out", "shop.py"), "shop.py is a file; expected a folder"),
        ((TINY, "--resume", "."), "holds no attempt at a run"),
        ((TINY, "--platform", "nowhere"), "nowhere"),
    ],
)
def test_bad_input_is_named_and_nothing_is_done(here: Path, arguments: tuple[str, ...], told: str) -> None:
    assert told in faascast(*arguments, exit_code=2)
    assert sorted(path.name for path in here.iterdir() if path.name != "__pycache__") == ["shop.py"]


def test_an_interrupt_leaves_no_process_and_says_how_to_go_on(here: Path) -> None:
    spec = "fixed_times,chains=3,sleep_s=0.3"
    faascast_run = [sys.executable, "-m", "faascast", "run", spec, "--out", "out", "--store", "files:store", *QUICK]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(faascast_run, env=environment, stderr=subprocess.PIPE, text=True, process_group=0) as process:
        until_s = time.monotonic() + 60
        while not any(Path("out/attempt-1/records").glob("0.frames")):
            assert time.monotonic() < until_s
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.stderr
        said = process.stderr.read()
    assert process.returncode == 130, said
    assert f"faascast: interrupted; to go on: faascast run {spec} --resume" in said
    assert not [path for path in Path("/proc").glob("[0-9]*") if _works_in(path, here)]
    assert "cut short, which can be resumed" in faascast(spec, "--out", "out", exit_code=2)
    assert "result    7" in faascast(spec, "--resume", "out")
    assert leftovers(f"files:{here / 'store'}") == ()


def _works_in(process: Path, folder: Path) -> bool:
    try:
        return int(process.name) != os.getpid() and (process / "cwd").readlink() == folder
    except OSError:
        return False
