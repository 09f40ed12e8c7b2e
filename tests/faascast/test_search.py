"""faascast search: interrupted and resumed it gives what it gives in one go; what it writes, and what it refuses."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext
from pathlib import Path

import pytest
from typer.testing import CliRunner

from faascast import search
from faascast.cli.app import app
from faascast.experiments.evaluations import EvaluationFile, FiledEvaluator, Subject
from faascast.experiments.search import Search
from faascast.faults import BadInput
from faascast.results.claims import claimed
from faascast.results.saving import save
from planners.check import check_plan
from planners.plan_file import read_plan
from planners.registry import make_planner
from platforms import load_platform
from sim.evaluator import SimulatedEvaluator
from workloads import load_workflow

FORK = "gen:forkjoin,width=4"


def faascast(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == code, done.output
    return done.output


def said(found: Search) -> tuple[object, ...]:
    return found.best.plan, found.rows, found.n_evaluations, found.n_simulations


class StoppedError(Exception):
    """Somebody pressed Ctrl-C."""


@pytest.mark.parametrize("planner", ["local-search", "nsga2[population=6]"])
@pytest.mark.parametrize("stop", [2, 9])
def test_taken_up_again_it_is_as_in_one_go(planner: str, stop: int, tmp_path: Path) -> None:
    settings = {"evaluations": 13, "optimizations": "preload+prewarm"}
    whole = search(FORK, planner, settings=settings)

    def interrupt(done: int, total: int) -> None:
        if done == stop:
            raise StoppedError

    store = tmp_path / "evaluations.jsonl"
    with pytest.raises(StoppedError):
        search(FORK, planner, settings=settings, store=store, report=interrupt)
    kept = store.read_bytes()
    store.write_bytes(kept[:-7])  # the last line was under way
    resumed = search(FORK, planner, settings=settings, store=store)
    assert said(resumed) == said(whole)
    assert store.read_bytes().startswith(kept)
    assert said(search(FORK, planner, settings=settings, store=store)) == said(whole)


def test_what_is_in_the_file_is_not_simulated_again(tmp_path: Path) -> None:
    store = tmp_path / "evaluations.jsonl"
    workflow, platform = load_workflow(FORK), load_platform("aws-lambda-s3")
    plan = make_planner("heft").plan(workflow, platform)
    subject = Subject.of(workflow, platform, 1)
    for asked, simulated in ((3, 3), (5, 5), (5, 0), (2, 0)):
        inner = SimulatedEvaluator(workflow, platform, 1)
        with EvaluationFile(store, subject) as file:
            evaluator = FiledEvaluator(inner, file, 10)
            found = evaluator.evaluate(plan, runs=asked)
            assert evaluator.evaluate(plan, runs=2).makespans_s.tolist() == found.makespans_s[:2].tolist()
        assert (inner.n_simulations, evaluator.n_simulations) == (simulated, asked)
        direct = SimulatedEvaluator(workflow, platform, 1).evaluate(plan, runs=asked)
        assert found.makespans_s.tolist() == direct.makespans_s.tolist()
        assert found.costs_usd.tolist() == direct.costs_usd.tolist()
        assert found.failures == direct.failures


def test_a_damaged_line_is_made_again(tmp_path: Path) -> None:
    store = tmp_path / "evaluations.jsonl"
    whole = search(FORK, "local-search[evaluations=6]", store=store)
    lines = store.read_bytes().splitlines(keepends=True)
    store.write_bytes(b"".join([*lines[:2], b'{"key": 3\n', b"\xff\xfe\n", *lines[3:]]))
    assert said(search(FORK, "local-search[evaluations=6]", store=store)) == said(whole)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("makespans_s", "[1.0]"),
        ("makespans_s", "[]"),
        ("costs_usd", "[]"),
        ("failures", "[]"),
        ("failures", '["died","died","died"]'),
        ("costs_usd", "[-1.0,-1.0,-1.0]"),
    ],
)
def test_a_line_that_no_evaluation_is_made_again(member: str, value: str, tmp_path: Path) -> None:
    store = tmp_path / "evaluations.jsonl"
    whole = search(FORK, "local-search[evaluations=6]", store=store)
    damaged = re.sub(rf'"{member}":\[[^]]*\]', f'"{member}":{value}', store.read_text())
    assert damaged != store.read_text()
    store.write_text(damaged)
    assert said(search(FORK, "local-search[evaluations=6]", store=store)) == said(whole)


def test_evaluations_of_something_else_are_refused(tmp_path: Path) -> None:
    store = tmp_path / "evaluations.jsonl"
    search(FORK, "local-search[evaluations=3]", store=store)
    with pytest.raises(BadInput, match="another workflow, seed"):
        search("gemm", "local-search[evaluations=3]", store=store, seed=2)
    store.write_text("a shopping list\n")
    with pytest.raises(BadInput, match="is something else"):
        search(FORK, "local-search[evaluations=3]", store=store)
    assert store.read_text() == "a shopping list\n"


def test_a_folder_holds_the_front(tmp_path: Path) -> None:
    out = tmp_path / "found"
    told = faascast("search", FORK, "--evaluations", "30", "--out", str(out))
    document = json.loads((out / "search.json").read_text())
    names = [point["plan"] for point in document["front"]]
    assert names == [f"{i:02}" for i in range(1, len(names) + 1)]
    assert sorted(path.stem for path in (out / "plans").iterdir()) == [*names, "best"]
    workflow, platform = load_workflow(str(out / "workflow.json")), load_platform(str(out / "platform.toml"))
    for path in (out / "plans").iterdir():
        assert check_plan(read_plan(path, workflow), workflow, platform) == ()
    assert (out / "front.png").read_bytes()[1:4] == b"PNG"
    assert len((out / "front.csv").read_text().splitlines()) == len(names) + 1
    assert set(document["files"]) >= {"front.csv", "front.parquet", "front.png", "evaluations.jsonl", "plans/best.json"}
    more = faascast("search", FORK, "--evaluations", "30", "--out", str(out), "--resume")
    assert more == told
    assert "makespan" in faascast("simulate", FORK, "--plan", str(out / "plans" / "best.json"))
    evaluations = (out / "evaluations.jsonl").read_bytes()
    faascast("search", FORK, "--evaluations", "8", "--platform", "atlantis", "--out", str(out), code=2)
    assert (out / "evaluations.jsonl").read_bytes() == evaluations
    faascast("search", FORK, "--evaluations", "8", "--out", str(out))
    assert len((out / "evaluations.jsonl").read_bytes()) < len(evaluations)


@pytest.mark.parametrize("mine", ["plans/mine.json", "workflow.json", "platform.toml", "evaluations.jsonl"])
def test_what_is_not_of_a_search_is_never_touched(mine: str, tmp_path: Path) -> None:
    (tmp_path / mine).parent.mkdir(exist_ok=True)
    (tmp_path / mine).write_text("mine")
    told = faascast("search", FORK, "--evaluations", "3", "--out", str(tmp_path), code=2)
    assert mine in told
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / mine]
    assert (tmp_path / mine).read_text() == "mine"


def test_a_plan_beside_those_found_is_never_touched(tmp_path: Path) -> None:
    out = tmp_path / "found"
    faascast("search", FORK, "--planner", "local-search", "--evaluations", "3", "--out", str(out))
    (out / "plans" / "mine.json").write_text("mine")
    told = faascast("search", FORK, "--evaluations", "3", "--out", str(out), code=2)
    assert f"{out} holds plans/mine.json; expected an empty or new folder, or that of a search" in told
    assert (out / "plans" / "mine.json").read_text() == "mine"


def test_a_search_that_is_stopped_leaves_nothing_of_the_one_it_replaces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "found"
    faascast("search", FORK, "--planner", "local-search", "--evaluations", "3", "--out", str(out))

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("faascast.cli.search.progress", lambda noun: nullcontext(interrupt))
    for more, left in ((["--resume"], True), ([], False)):
        faascast("search", FORK, "--evaluations", "9", "--out", str(out), *more, code=130)
        assert (out / "evaluations.jsonl").exists()
        assert (out / "search.json").exists() == (out / "plans" / "best.json").exists() == left


def test_one_search_at_a_time_in_a_folder(tmp_path: Path) -> None:
    with claimed(tmp_path, "a search goes on"):
        told = faascast("search", FORK, "--evaluations", "3", "--out", str(tmp_path), code=2)
    assert "is in use: a search goes on there just now" in told


def test_a_search_is_saved_from_python(tmp_path: Path) -> None:
    found = search(FORK, "local-search[evaluations=5]")
    save(found, tmp_path / "found")
    assert (tmp_path / "found" / "search.json").exists()
    assert len(found.table) == len(found.front)


def test_what_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    out = faascast("search", FORK, "--planner", "heft", "--deadline", "soon", "--out", str(tmp_path), code=2)
    assert "--planner is heft; expected one that searches: local-search, nsga2" in out
    assert "--deadline is 'soon'; expected seconds, a number ≥ 0" in out
    assert "mine.txt; expected an empty or new folder" in out
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert "expected --out DIR" in faascast("search", FORK, "--resume", code=2)
    assert "evaluations is 0" in faascast("search", FORK, "--evaluations", "0", code=2)


class TestGoals:
    def test_they_are_parameters_of_who_has_them(self) -> None:
        told = faascast(
            "compare", FORK, "--planners", "heft,non-uniform", "--reps", "2", "--deadline", "9", "--percentile", "90"
        )
        assert "non-uniform[sla=p90,deadline_s=9.0]" in told
        assert "deadline_s = 9 sets deadline_s of non-uniform; heft plans without" in told
        assert "Asked for: p90 of the makespans of at most 9 s, least mean cost" in told
        assert told.count("kept") >= 2

    def test_what_nobody_uses_is_told_and_judged_all_the_same(self) -> None:
        told = faascast("compare", FORK, "--planners", "heft", "--reps", "2", "--budget", "0.00000001")
        assert "budget_usd = 0.00000001 heft plans without" in told
        assert "not kept" in told

    def test_infeasible_is_a_result(self) -> None:
        told = faascast("plan", FORK, "--planner", "local-search[evaluations=5]", "--deadline", "0.1")
        assert "goal      infeasible, the best found is average makespan" in told
        document = json.loads(
            faascast("plan", FORK, "--planner", "local-search[evaluations=5]", "--deadline", "0.1", "--json")
        )
        assert document["is_infeasible"] is True
        assert json.loads(faascast("plan", FORK, "--json"))["is_infeasible"] is None

    def test_of_a_world_that_is_believed_in_it_is_told_as_such(self) -> None:
        asked = ("plan", FORK, "--planner", "local-search[evaluations=5]@blind", "--deadline", "0.1")
        document = json.loads(faascast(*asked, "--json"))
        assert document["is_infeasible"] is True
        assert document["verdict"].startswith("infeasible, the best found is average makespan")
        assert document["verdict"].endswith("(30 fresh runs when planned, of what is believed)")
        assert "goal      infeasible, the best found is" in faascast(*asked)

    def test_too_few_runs_to_tell_a_percentile(self) -> None:
        asked = (FORK, "--planners", "heft", "--reps", "3", "--deadline", "9", "--percentile", "90")
        assert "kept (needs 29 runs)" in faascast("compare", *asked)
        assert "kept (needs 29 runs)" in faascast("sweep", *asked)
        [heft] = json.loads(faascast("compare", *asked, "--json"))["planners"]
        assert heft["goal"]["needs_runs"] == 29
        searched = ("search", FORK, "--planner", "local-search", "--evaluations", "3", "--percentile", "99")
        assert "180 fresh runs each, p99 needs 299 runs; " in faascast(*searched)
        told = faascast("plan", FORK, "--planner", "nimble", "--percentile", "99", "--deadline", "9")
        assert "(30 fresh runs when planned, p99 needs 299 runs)" in told

    def test_enough_runs_are_no_more_said(self) -> None:
        told = faascast("compare", FORK, "--planners", "heft", "--reps", "2", "--deadline", "9")
        assert told.count("kept\n") == 1

    def test_a_sweep_tells_which_points_keep_it(self) -> None:
        told = faascast("sweep", FORK, "--planners", "heft", "--reps", "2", "--deadline", "0.1,9")
        assert told.count("not kept") == 1
        assert told.count("kept") == 2

    def test_in_a_sweep_they_are_axes(self) -> None:
        told = faascast("sweep", FORK, "--planners", "heft", "--reps", "2", "--percentile", "50,95")
        assert told.count("\nheft ") == 2
        assert "p95" in told

    @pytest.mark.parametrize(
        ("option", "value", "expected"),
        [
            ("--deadline", "-1", "seconds"),
            ("--deadline", "1,2", "seconds"),
            ("--budget", "nan", "USD"),
            ("--percentile", "100", "percentile between 0 and 100"),
            ("--percentile", "median", "average, or a percentile"),
            ("--optimizations", "prelaod", "'preload'?"),
            ("--optimizations", "preload+preload", "each optimization once"),
        ],
    )
    def test_what_is_none(self, option: str, value: str, expected: str) -> None:
        for command in ("plan", "simulate", "compare"):
            assert expected in faascast(command, FORK, option, value, code=2)

    def test_said_twice(self) -> None:
        assert "deadline_s is there more than once" in faascast(
            "plan", FORK, "--deadline", "1", "--set", "deadline_s=2", code=2
        )


def test_optimizations_are_listed() -> None:
    told = faascast("optimizations")
    assert "\nprewarm\n  an instance is started ahead of a worker's invocation" in told
    [prewarm] = [
        each for each in json.loads(faascast("optimizations", "--json"))["optimizations"] if each["name"] == "prewarm"
    ]
    assert prewarm["combination"].startswith("with anything. ")
    assert "\n    Does not go with duplicate, nor with stream, of the same task.\n" in told


def test_the_bound_stands_beside_every_result() -> None:
    run = json.loads(faascast("simulate", FORK, "--json"))
    [heft] = json.loads(faascast("compare", FORK, "--planners", "heft", "--reps", "3", "--json"))["planners"]
    plan = json.loads(faascast("plan", FORK, "--json"))
    assert run["plan_lower_bound_s"] == heft["plan_lower_bound_s"] == plan["lower_bound_s"]
    assert heft["plan_gap"] == pytest.approx(heft["mean_makespan_s"] / heft["plan_lower_bound_s"] - 1)
    assert run["plan_gap"] == pytest.approx(run["makespan_s"] / run["plan_lower_bound_s"] - 1)


def test_notes_of_optimizations_are_gathered() -> None:
    told = faascast("plan", "gemm", "--planner", "all-on-one", "--optimizations", "preload+prewarm")
    assert "  preload, prewarm: this plan cannot carry it\n" in told
    assert "optimizations were judged by" in told
