"""Every command, in this process."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from faascast.cli.app import COMMANDS, app
from faascast.cli.options import axes_of, fill_rules, settings_of
from faascast.faults import BadInput
from workloads import FillRules, load_workflow

FORK = "gen:forkjoin,width=4"


def faascast(*arguments: str | Path, exit_code: int = 0) -> str:
    """What a command prints on stdout; it must exit so and have nothing to say on stderr unless it fails."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == exit_code, done.stderr
    assert bool(done.stderr) == (exit_code == 2)
    return done.stdout


def document(*arguments: str | Path, kind: str, exit_code: int = 0) -> dict:
    """The same with `--json`: one document of this kind and nothing else."""
    read = json.loads(faascast(*arguments, "--json", exit_code=exit_code))
    assert list(read)[:2] == ["schema_version", "kind"]
    assert (read["schema_version"], read["kind"]) == (1, kind)
    return read


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run, a comparison, a plan and a workflow."""
    folder = tmp_path_factory.mktemp("out")
    faascast("simulate", FORK, "--planner", "wukong", "--out", folder / "run", "--seed", "3")
    faascast("compare", FORK, "--planners", "wukong,all-on-one", "--reps", "4", "--out", folder / "comparison")
    faascast("plan", FORK, "--planner", "uniform[group=2]", "--out", folder / "plan.json")
    faascast("generate", FORK, "--out", folder / "fork.json")
    return folder


# ---- compare


def test_compare_prints_a_row_for_each_planner() -> None:
    said = faascast("compare", FORK, "--planners", "wukong,uniform[size_mb=512,group=4],heft", "--reps", "8")
    for planner in ("wukong", "uniform[size_mb=512,group=4]", "heft"):
        assert said.count(f"\n{planner} ") == 3
    assert "difference to wukong" in said


def test_compare_takes_settings_and_says_where_they_hold() -> None:
    said = faascast(
        "compare", FORK, "--planners", "heft", "--reps", "2", "--set", "size_mb=512", "--set", "keep_alive_s=60"
    )
    assert "heft[size_mb=512]" in said
    assert "keep_alive_s = 60 sets keep_alive" in said


def test_compare_in_json() -> None:
    read = document("compare", FORK, "--planners", "wukong,heft", "--reps", "7", kind="comparison")
    assert (read["reps"], read["seed"], read["reference"], len(read["planners"])) == (7, 1, "wukong", 2)
    heft = read["planners"][1]
    assert set(heft["makespan_s"]) == {"p50", "p90", "p95", "p99"}
    assert heft["makespan_s"]["p50"]["low"] <= heft["makespan_s"]["p50"]["value"] <= heft["makespan_s"]["p50"]["high"]
    assert heft["makespan_s"]["p99"] == {"value": None, "low": None, "high": None, "needs_runs": 299}
    assert heft["difference"]["reference"] == "wukong"
    assert read["planners"][0]["difference"] is None
    assert len({run["seed"] for run in heft["runs"]}) == 7


def test_compare_says_why_a_planner_fails_and_exits_0() -> None:
    said = faascast("compare", "gen:forkjoin,width=18,cpu_s=60", "--planners", "all-on-one,wukong", "--reps", "2")
    assert "all-on-one  refused: " in said
    assert "900 s, the maximum duration" in said


def test_compare_is_the_same_for_any_number_of_processes() -> None:
    asked = ("compare", FORK, "--planners", "wukong,heft", "--reps", "6", "--json")
    assert faascast(*asked) == faascast(*asked, "-j", "2")


def test_an_error_in_a_planner_is_a_row_and_exits_1(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*anything: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("planners.heft.Heft.plan", fails)
    said = faascast("compare", FORK, "--planners", "wukong,heft", "--reps", "2", exit_code=1)
    assert "error: ZeroDivisionError: a bug" in said
    assert "\nwukong " in said


# ---- simulate


def test_simulate_tells_makespan_cost_and_causes() -> None:
    said = faascast("simulate", FORK, "--planner", "heft")
    for word in ("makespan", "cost", "starts", "moved", "where the time went", "start-up", "CPU"):
        assert word in said


def test_simulate_and_explain_write_the_same_trace(tmp_path: Path) -> None:
    told = faascast("simulate", FORK, "--seed", "3", "--trace", tmp_path / "a.json", "--out", tmp_path / "run")
    assert f"Trace written to {tmp_path / 'a.json'}" in told
    faascast("explain", tmp_path / "run", "--trace", tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


@pytest.mark.parametrize(("trace", "told"), [("a.txt", "is no name for a trace"), ("run/a.json", "is inside of")])
def test_a_trace_is_not_written_just_anywhere(tmp_path: Path, trace: str, told: str) -> None:
    asked = ["simulate", FORK, "--trace", str(tmp_path / trace), "--out", str(tmp_path / "run")]
    done = CliRunner().invoke(app, asked)
    assert (done.exit_code, told in done.stderr) == (2, True)
    assert not [*tmp_path.iterdir()]


def test_simulate_in_json() -> None:
    read = document("simulate", FORK, "--seed", "5", "--set", "keep_alive_s=60", kind="run")
    assert (read["seed"], read["status"], read["parameters"]) == (5, "complete", {"keep_alive_s": 60})
    assert read["makespan_s"] == read["makespan_ns"] / 1e9
    assert sum(item["usd"] for item in read["bill"]) == pytest.approx(read["cost_usd"])
    assert "numpy" in read["versions"]


def test_the_same_seed_is_the_same_run() -> None:
    assert faascast("simulate", FORK, "--json") == faascast("simulate", FORK, "--seed", "1", "--json")
    assert faascast("simulate", FORK, "--json") != faascast("simulate", FORK, "--seed", "2", "--json")


def test_a_run_that_fails_says_so_and_exits_1() -> None:
    hopeless = ("gen:chain,depth=1,cpu_s=13.5", "--set", "max_duration_s=13.52", "--set", "max_attempts=1")
    asked = ("simulate", *hopeless, "--set", "noise.sigma=0")
    said = faascast(*asked, exit_code=1)
    assert "makespan  failed" in said
    assert "killed at the maximum duration" in said
    assert document(*asked, kind="run", exit_code=1)["makespan_s"] is None


def test_simulate_runs_a_plan_file(out: Path) -> None:
    by_plan = document("simulate", FORK, "--plan", out / "plan.json", kind="run")
    by_planner = document("simulate", FORK, "--planner", "uniform[group=2]", kind="run")
    assert by_plan == by_planner


def test_a_run_of_a_comparison_can_be_made_again(out: Path) -> None:
    """The README's promise: take the seed from a table and get that run."""
    runs = pd.read_csv(out / "comparison" / "runs.csv")
    row = runs[runs["planner"] == "wukong"].iloc[2]
    read = document("simulate", FORK, "--planner", "wukong", "--seed", str(row["seed"]), kind="run")
    assert read["makespan_s"] == row["makespan_s"]
    assert read["cost_usd"] == row["cost_usd"]


# ---- explain


def test_explain_a_folder(out: Path) -> None:
    made = document("simulate", FORK, "--planner", "wukong", "--seed", "3", kind="run")
    read = document("explain", out / "run", kind="explanation")
    assert read["makespan_ns"] == made["makespan_ns"]
    assert "critical path" in faascast("explain", out / "run")


def test_explain_a_comparison_or_one_of_its_planners(out: Path) -> None:
    assert "wukong" in faascast("explain", out / "comparison").splitlines()[0]
    assert "all-on-one" in faascast("explain", out / "comparison", "--planners", "all-on-one").splitlines()[0]


def test_explain_where_two_differ(out: Path) -> None:
    first, second = out / "comparison" / "wukong", out / "comparison" / "all-on-one"
    by_folder = document("explain", first, second, kind="difference")
    by_planner = document("explain", out / "comparison", "--planners", "wukong,all-on-one", kind="difference")
    assert by_folder == by_planner
    assert "A = wukong" in faascast("explain", first, second)


def test_explain_a_workflow() -> None:
    one = faascast("explain", FORK, "--planners", "wukong", "--steps", "3")
    assert "wukong" in one.splitlines()[0]
    assert len(one.splitlines()) < len(faascast("explain", FORK, "--planners", "wukong").splitlines())
    assert "B = heft" in faascast("explain", FORK, "--planners", "wukong,heft")


# ---- sweep


def test_sweep_writes_every_run_and_resumes(tmp_path: Path) -> None:
    asked = (
        "sweep",
        FORK,
        "--planners",
        "wukong,heft",
        "--set",
        "keep_alive_s=0,600",
        "--reps",
        "3",
        "--out",
        tmp_path / "s",
    )
    first = faascast(*asked)
    assert first.count("\nwukong") == 2
    frame = pd.read_parquet(tmp_path / "s" / "sweep.parquet")
    assert len(frame) == 12
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "s" / "points").iterdir()}
    assert faascast(*asked) == first
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "s" / "points").iterdir()} == before
    assert len(before) == 4


def test_sweep_in_json_and_without_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    read = document(
        "sweep", FORK, "--planners", "all-on-one", "--set", "max_duration_s=3,900", "--reps", "2", kind="sweep"
    )
    assert [point["status"] for point in read["points"]] == ["refused", "complete"]
    assert [point["parameters"] for point in read["points"]] == [{"max_duration_s": 3}, {"max_duration_s": 900}]
    assert [*tmp_path.iterdir()] == []


# ---- plan, generate, convert, check


def test_plan_tells_and_writes(out: Path) -> None:
    said = faascast("plan", FORK, "--planner", "uniform[group=2]")
    assert "by the planner's own formula" in said
    read = document("plan", FORK, "--planner", "uniform[group=2]", kind="plan")
    assert read["plan"] == json.loads((out / "plan.json").read_text())


def test_generate_writes_a_workflow_that_is_read_back(out: Path) -> None:
    assert load_workflow(str(out / "fork.json")) == load_workflow(FORK)
    read = document("generate", FORK, kind="workflow")
    assert (read["n_tasks"], read["n_edges"], read["file"]) == (6, 8, None)


def test_generate_alone_lists_all_there_is() -> None:
    said = faascast("generate")
    for name in ("gemm", "gen:layered", "wfcommons:", "PATH"):
        assert f"\n{name}" in f"\n{said}"
    assert {"key", "summary", "parameters"} == set(document("generate", kind="sources")["sources"][0])


def test_convert_fills_unknown_figures_only_if_told(tmp_path: Path) -> None:
    faascast("generate", FORK, "--out", tmp_path / "in.json")
    text = json.loads((tmp_path / "in.json").read_text())
    del text["workflow"]["execution"]
    (tmp_path / "in.json").write_text(json.dumps(text))
    faascast("convert", tmp_path / "in.json", "--out", tmp_path / "out.json", exit_code=2)
    assert not (tmp_path / "out.json").exists()
    said = faascast("convert", tmp_path / "in.json", "--out", tmp_path / "out.json", "--unknown-cpu-s", "2.5")
    assert "Assumptions" in said
    assert load_workflow(str(tmp_path / "out.json")).cpu_s.tolist() == [2.5] * 6


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (("fork.json",), "workflow"),
        (("plan.json", "--workflow", FORK), "plan"),
        (("run/platform.toml",), "platform"),
        (("run/workflow.json",), "workflow"),
    ],
)
def test_check_finds_no_fault(out: Path, arguments: tuple[str, ...], kind: str) -> None:
    assert faascast("check", out / arguments[0], *arguments[1:]).startswith(f"no fault  {kind} ")
    assert document("check", out / arguments[0], *arguments[1:], kind="check")["faults"] == []


@pytest.mark.parametrize(("subject", "kind"), [("aws-lambda-s3", "platform"), ("gemm", "workflow"), (FORK, "workflow")])
def test_check_takes_names(subject: str, kind: str) -> None:
    assert faascast("check", subject).startswith(f"no fault  {kind} ")


def test_check_lists_every_fault_in_json_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('extends = "aws-lambda-s3"\n[sizes]\nmin_mb = -3\nbogus = 1\n')
    done = CliRunner().invoke(app, ["check", str(path), "--json"])
    assert done.exit_code == 2
    assert len(json.loads(done.stdout)["faults"]) == 2
    assert done.stderr == ""


def test_check_warns_of_what_is_not_simulated_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platforms.platform.NOT_SIMULATED_YET", {"network.model": "independent"})
    path = tmp_path / "mine.toml"
    path.write_text('extends = "aws-lambda-s3"\n[network]\nmodel = "shared"\n')
    said = faascast("check", path)
    assert "Warnings" in said
    assert "network.model is set, but is not simulated yet" in said


def test_check_a_plan_against_a_platform(out: Path, tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_text('extends = "aws-lambda-s3"\n[sizes]\nmax_mb = 1024\ndefault_mb = 1024\n')
    said = faascast("check", out / "plan.json", "--workflow", FORK, "--platform", path, exit_code=2)
    assert "fault" in said


# ---- planners, platforms, hello


def test_planners_tells_parameters() -> None:
    said = faascast("planners")
    assert "group = 3 tasks: most siblings of a fan-out on one worker" in said
    assert {each["name"] for each in document("planners", kind="planners")["planners"]} >= {"heft", "wukong", "uniform"}


def test_platforms_lists_presets_and_figures(tmp_path: Path) -> None:
    assert "octoflows-docker" in faascast("platforms")
    said = faascast("platforms", "aws-lambda-s3")
    assert "max_duration_s = 900.0  s\n    AWS Lambda developer guide" in said
    toml = faascast("platforms", "aws-lambda-s3", "--toml", "--set", "keep_alive_s=60")
    (tmp_path / "mine.toml").write_text(toml)
    read = document("platforms", tmp_path / "mine.toml", kind="platform")
    figures = {figure["path"]: figure["value"] for figure in read["figures"]}
    assert figures["keep_alive.duration_s"] == "60.0"
    assert len(document("platforms", kind="platforms")["platforms"]) >= 5


def test_hello_works() -> None:
    assert "It works." in faascast("hello")
    assert document("hello", kind="run")["status"] == "complete"


# ---- the program itself


def test_every_command_has_help() -> None:
    names = [command.__name__ for commands in COMMANDS.values() for command in commands]
    expected = (
        "arrivals calibrate check compare convert explain export generate hello learn leftovers optimizations plan "
        "planners platforms replay run search simulate sweep validate"
    )
    assert sorted(names) == expected.split()
    for name in names:
        assert name in faascast("--help")
        assert "--json" in faascast(name, "--help")


def test_the_version_is_told() -> None:
    assert faascast("--version").strip().startswith("0.")


# ---- options


def test_settings_keep_what_is_right() -> None:
    settings, faults = settings_of(["a=1", "b = x=y ", "c", "=2", "d=", "a=3"], "shared")
    assert settings == {"a": "3", "b": "x=y", "network.model": "shared"}
    assert faults == [
        "--set c: expected KEY=VALUE",
        "--set =2: expected KEY=VALUE",
        "--set d=: expected KEY=VALUE",
        "--set a is there more than once",
    ]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("0,60,600", ["0", "60", "600"]),
        ("1", ["1"]),
        ("newest, oldest", ["newest", "oldest"]),
        ('{kind = "uniform", low_s = 1, high_s = 2},5', ['{kind = "uniform", low_s = 1, high_s = 2}', "5"]),
        ("[1, 2],[3]", ["[1, 2]", "[3]"]),
        ('"a,b",c', ['"a,b"', "c"]),
        ('"it\'s, all", x', ['"it\'s, all"', "x"]),
    ],
)
def test_commas_make_axes_except_inside(text: str, values: list[str]) -> None:
    assert axes_of({"key": text}) == {"key": values}


def test_rules_for_unknown_figures() -> None:
    assert fill_rules(None, None) == FillRules()
    assert fill_rules("median", "0") == FillRules(bytes="median", cpu_s=0.0)
    with pytest.raises(BadInput) as raised:
        fill_rules("mean", "-1")
    assert len(raised.value.faults) == 2
