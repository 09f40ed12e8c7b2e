"""Bad input of every kind: exit code 2, every fault on stderr, no traceback, nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from faascast.cli.app import app

FORK = "gen:forkjoin,width=4"
WORKFLOW = """{"name": "x", "schemaVersion": "1.5", "workflow": {"specification": {
  "tasks": [{"id": "a", "name": "a", "parents": ["zz"], "children": [], "inputFiles": ["f"], "outputFiles": []}],
  "files": [{"id": "f", "sizeInBytes": -3}]}}}"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with files that are wrong in their own ways."""
    files = {
        "bad.json": WORKFLOW,
        "cut.json": '{"name": ',
        "list.json": "[1, 2]",
        "binary.json": b"\xff\xfe\x00",
        "cut.toml": "a = ",
        "bad.toml": 'extends = "aws-lambda-s3"\n[sizes]\nmin_mb = -3\n[start]\nbogus = 1\n',
        "bad-plan.json": '{"schema_version": 1, "planner": "x", "workers": [{"name": "w"}], "tasks": {"nope": 3}}',
        "mine/thesis.tex": "years of work",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(folder: Path, *arguments: str) -> list[str]:
    """The faults told, after looking that nothing else happened."""
    before = {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == 2, done.stdout
    assert "Traceback" not in done.stderr
    assert {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()} == before
    return done.stderr.splitlines()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        # workflows
        (("compare", "missing.json"), "missing.json"),
        (("compare", "gem"), "'gemm'?"),
        (("simulate", "gen:forkjon,width=4"), "'gen:forkjoin'?"),
        (("simulate", "gen:forkjoin,wdth=4"), "'width'?"),
        (("simulate", "gen:forkjoin,width=-4"), "whole number ≥ 1"),
        (("simulate", "gen:forkjoin,width"), "name=value"),
        (("simulate", "cut.json"), "expected JSON"),
        (("simulate", "list.json"), "list.json"),
        (("simulate", "binary.json"), "binary.json"),
        (("simulate", "mine"), "mine"),
        (("convert", "bad.json", "-o", "out.json"), "sizeInBytes is -3"),
        (("generate", "gen:chain,depth=0", "-o", "out.json"), "depth is 0"),
        # planners
        (("compare", FORK, "--planners", "hefd"), "'heft'?"),
        (("compare", FORK, "--planners", "uniform[grp=2]"), "'group'?"),
        (("compare", FORK, "--planners", "uniform[group=0]"), "group is 0"),
        (("compare", FORK, "--planners", "uniform[group"), "name or name[parameter=value,…]"),
        (("compare", FORK, "--planners", "uniform[group=2,group=3]"), "each parameter once"),
        (("compare", FORK, "--planners", "heft,heft"), "2 times"),
        (("compare", FORK, "--planners", ","), "at least one"),
        # platforms and settings
        (("simulate", FORK, "--platform", "aws-lambda-s4"), "perhaps aws-lambda-s3"),
        (("simulate", FORK, "--platform", "missing.toml"), "missing.toml"),
        (("simulate", FORK, "--platform", "cut.toml"), "is not TOML"),
        (("simulate", FORK, "--platform", "bad.json"), "is not TOML"),
        (("simulate", FORK, "--set", "keep_alive=1,"), "keep_alive"),
        (("simulate", FORK, "--set", "kep_alive_s=1"), "perhaps keep_alive_s"),
        (("simulate", FORK, "--set", "keep_alive_s=-1"), "number ≥ 0"),
        (("simulate", FORK, "--set", "latency_s=1"), "latency_s"),
        (("simulate", FORK, "--set", "keep_alive_s"), "KEY=VALUE"),
        (("simulate", FORK, "--set", "keep_alive_s=1", "--set", "keep_alive_s=2"), "more than once"),
        (("simulate", FORK, "--set", "size_mb=100"), "from 128 to 10240 MB"),
        (("simulate", FORK, "--set", "group=3"), "a parameter of a chosen planner"),
        (("simulate", FORK, "--network", "quantum"), "independent | shared"),
        (("platforms", "aws-lambda-s4"), "perhaps aws-lambda-s3"),
        (("platforms", "--toml"), "expected its NAME"),
        # planners
        (("compare", FORK, "--planners", "heft[optimizations=prelod]"), "planner heft: optimizations is 'prelod'"),
        (("compare", FORK, "--planners", "heft[sla=p0]"), "planner heft: sla is 'p0'; expected average"),
        (("sweep", FORK, "--set", "sla=p95,p0"), "planner wukong: sla is 'p0'"),
        (("compare", FORK, "--planners", "nimble[assignment=hefd]"), "assignment is 'hefd'; expected 'heft'?"),
        (("compare", FORK, "--planners", "nimble[assignment=refined]"), "a planner that asks no evaluator"),
        (("compare", FORK, "--planners", "nsga2[starts=heft+foo]"), "planner nsga2: starts is 'foo'"),
        (("compare", FORK, "--planners", "nsga2[starts=heft+heft]"), "expected each planner once"),
        (("compare", FORK, "--planners", "nsga2[starts=+]"), "expected at least one planner"),
        (("search", FORK, "--planner", "heft", "--evaluations", "9"), "evaluations (--evaluations) is '9'"),
        (("search", FORK, "--planner", "heft", "--evaluations", "9"), "--planner is heft; expected one that searches"),
        (("search", FORK, "--planner", "nsga2@blind"), "expected nsga2, for plans are tried in the world"),
        (("simulate", FORK, "--plan", "bad-plan.json", "--deadline", "9"), "deadline_s (--deadline) is '9'"),
        (("learn", "mine", "--at", "p0"), "--at is 'p0'; expected average, or a percentile"),
        (("learn", "mine", "./mine"), "mine is there 2 times; expected each source once"),
        # plans
        (("simulate", FORK, "--plan", "missing.json"), "a file that can be read"),
        (("simulate", FORK, "--plan", "cut.json"), "cut.json"),
        (("simulate", FORK, "--plan", "list.json"), "a JSON object with a plan"),
        (("simulate", FORK, "--plan", "bad-plan.json", "--planner", "heft"), "expected one"),
        (("simulate", FORK, "--plan", "bad-plan.json", "--set", "size_mb=512"), "the plan says the size"),
        (("plan", FORK, "-o", "mine"), "mine is a folder"),
        # numbers
        (("compare", FORK, "--reps", "0"), "reps is 0"),
        (("compare", FORK, "--reps", "many"), "--reps"),
        (("compare", FORK, "--seed", "-1"), "seed is -1"),
        (("compare", FORK, "-j", "0"), "processes is 0"),
        (("simulate", FORK, "--seed", "-1"), "seed is -1"),
        (("simulate", FORK, "--unknown-bytes", "mean"), "median or a number"),
        # places
        (("compare", FORK, "--out", "mine"), "holds files but no result"),
        (("simulate", FORK, "--out", "bad.json"), "is a file"),
        (("sweep", FORK, "--out", "mine"), "thesis.tex"),
        (("explain", "nowhere"), "nowhere"),
        (("explain", "mine"), "no result folder"),
        (("explain", "mine", "nowhere"), "nowhere is no folder"),
        (("explain", "mine", "--seed", "2"), "a folder has its platform, seed and settings"),
        (("explain", FORK, "--planners", "heft,wukong,uniform"), "3 runs"),
        (("explain", FORK, "--planners", "heft,hefd"), "hefd"),
        # checks
        (("check", "missing.toml"), "missing.toml"),
        (("check", "cut.toml"), "is not TOML"),
        (("check", "cut.json"), "cut.json"),
        (("check", "bad-plan.json"), "--workflow WORKFLOW"),
        (("check", "bad.json", "--as", "poem"), "workflow, platform, plan"),
        # the program
        (("frobnicate",), "frobnicate"),
        (("compare",), "WORKFLOW"),
        (("compare", FORK, "--frobnicate"), "--frobnicate"),
        (("sweep", FORK, "--set", "keep_alive_s=1,-1,,x"), "keep_alive"),
    ],
)
def test_bad_input_is_refused(folder: Path, arguments: tuple[str, ...], told: str) -> None:
    assert told in "\n".join(refused(folder, *arguments))


def test_every_fault_is_told_at_once(folder: Path) -> None:
    """Workflow 3, planner 1, platform 2, settings 1, numbers 2, place 1."""
    faults = refused(
        folder,
        *("compare", "bad.json", "--planners", "hefd", "--platform", "bad.toml", "--set", "nonsense"),
        *("--reps", "0", "--seed", "-1", "--out", "mine"),
    )
    assert len(faults) == 10
    assert all(fault.startswith("faascast: ") for fault in faults)


def test_a_check_tells_every_fault(folder: Path) -> None:
    assert len(refused(folder, "check", "bad.json")) == 3
    assert len(refused(folder, "check", "bad.toml")) == 2
    assert len(refused(folder, "check", "bad-plan.json", "--workflow", FORK)) >= 4


def test_a_plan_that_cannot_be_run_is_refused(folder: Path) -> None:
    faults = refused(folder, "simulate", "gen:forkjoin,width=18,cpu_s=60", "--planner", "all-on-one", "--out", "out")
    assert len(faults) == 1
    assert "900 s, the maximum duration" in faults[0]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="no folder that even root cannot write")
def test_a_place_that_cannot_be_written_is_said_so(folder: Path) -> None:
    assert "cannot be made" in "\n".join(refused(folder, "simulate", FORK, "--out", "/proc/new"))
