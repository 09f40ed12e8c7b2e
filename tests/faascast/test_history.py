"""Histories out of runs, result folders and recorded runs; comparisons of what planners may know."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import ClassVar

import numpy as np
import pyarrow.parquet
import pytest
from typer.testing import CliRunner

from executor.records.run import Run
from faascast.cli.app import app
from faascast.experiments.compare import compare
from faascast.experiments.foresight import foreseeing, foresees
from faascast.experiments.simulation import simulate
from faascast.experiments.sweep import sweep
from faascast.faults import BadInput
from faascast.history.learn import learn
from faascast.results.saving import save
from planners.evaluator import Evaluator
from planners.knowledge.history import History, HistoryBuilder, Topic
from planners.knowledge.history_file import read_history, write_history
from planners.knowledge.informed import informed, parted
from planners.knowledge.modes import Blind, Exact, FromHistory
from planners.knowledge.predictor import Predictor
from planners.plan import Plan
from planners.planner import Planner
from planners.registry import make_planner
from platforms import Platform, load_platform
from sim.evaluator import SimulatedEvaluator
from tests.support import ROOT
from workloads import Workflow, WorkflowBuilder, load_workflow

CONSTANT = {
    "cold_s": 0.5,
    "warm_s": 0.02,
    "call_s": 0.05,
    "get_latency_s": 0.03,
    "put_latency_s": 0.04,
    "request_s": 0.006,
    "notify_s": 0.003,
    "connection_bytes_per_s": 50e6,
    "noise.sigma": 0.0,
}
"""A platform on which everything always takes the same: then history must know what is described."""


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    """Of `gemm`, under two planners."""
    return [simulate("gemm", planner, seed=1) for planner in ("one-per-task", "all-on-one")]


@pytest.fixture(scope="module")
def folders(runs: list[Run], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The same runs in result folders."""
    place = tmp_path_factory.mktemp("runs")
    for number, run in enumerate(runs):
        save(run, place / str(number))
    return [place / str(number) for number in range(len(runs))]


def constant_platform(**changes: object) -> Platform:
    return load_platform("aws-lambda-s3", CONSTANT | changes)


# ---- from runs


def test_every_record_of_a_run_is_counted(runs: list[Run]) -> None:
    counts = learn(runs[:1]).counts()
    run = runs[0]
    assert counts[Topic.RUN] == counts[Topic.OUTPUT] == run.workflow.n_tasks == 17
    assert counts[Topic.GET] + counts[Topic.PUT] == run.transfers.n_rows
    assert counts[Topic.COLD] == counts[Topic.INIT] == run.cold_starts
    assert counts[Topic.CALL] == run.cold_starts + counts.get(Topic.WARM, 0)


def test_what_always_takes_the_same_is_learned_as_it_is() -> None:
    """Alone on their workers, tasks take what the workflow says, and everything else what the platform says."""
    platform = constant_platform()
    history = learn([simulate("gemm", "one-per-task[size_mb=1769]", platform, seed=seed) for seed in (1, 2)])
    workflow, predictor = load_workflow("gemm"), Predictor(history)
    belief = FromHistory(history).belief(workflow, platform)
    assert belief.workflow.object_bytes.tolist() == workflow.object_bytes.tolist()
    assert np.allclose(belief.workflow.durations_s(1769, 1.0), workflow.durations_s(1769, 1.0), rtol=1e-6)
    for topic, took_s in ((Topic.COLD, 0.5), (Topic.CALL, 0.05), (Topic.REQUEST, 0.006), (Topic.NOTIFY, 0.003)):
        found = predictor.overall_s(topic)  # type: ignore[arg-type]
        assert found is None or found.value == pytest.approx(took_s), topic
    put = predictor.speed(Topic.PUT)
    assert put is not None
    assert (put.latency_s, put.bytes_per_s) == (pytest.approx(0.04, rel=1e-3), pytest.approx(50e6, rel=1e-3))


def test_outputs_are_told_apart_by_their_place() -> None:
    """A task with no output, one with two, one with one; each has its own figures."""
    builder = WorkflowBuilder("w")
    for name, n_bytes in (("small", 10), ("large", 5_000_000), ("last", 700)):
        builder.add_object(name, n_bytes)
    builder.add_task("none", function="none", cpu_s=0.1)
    builder.add_task("two", function="two", outputs=["small", "large"], cpu_s=0.1)
    builder.add_task("one", function="one", inputs=["large"], outputs=["last"], cpu_s=0.1)
    predictor = Predictor(learn([simulate(builder.build(), "one-per-task", seed=1)]))
    asked = (("two", 0, 0), ("two", 1, 0), ("one", 0, 5_000_000))
    assert [found and found.value for found in (predictor.output_bytes(*each) for each in asked)] == [
        10,
        5_000_000,
        700,
    ]
    assert predictor.output_bytes("none", 0, 0) is None
    assert predictor.output_bytes("two", 2, 0) is None


def test_the_billed_part_of_a_cold_start_is_its_own_record() -> None:
    platform = load_platform("ideal", {"provisioning_s": 0.3, "start.init_s": 0.2})
    predictor = Predictor(learn([simulate("gemm", "one-per-task", platform, seed=1)]))
    cold, init = predictor.start_s(Topic.COLD, platform.sizes.default_mb), predictor.overall_s(Topic.INIT)
    assert cold is not None
    assert init is not None
    assert (cold.value, init.value) == (pytest.approx(0.5), pytest.approx(0.2))


def test_what_failed_is_no_record() -> None:
    platform = load_platform("aws-lambda-s3", {"faults.rates.task_error": 0.3, "faults.rates.store_error": 0.2})
    run = simulate("gemm", "one-per-task", platform, seed=4)
    done = run.tasks["outcome"] == "done"
    assert not done.all()
    assert learn([run]).counts()[Topic.RUN] == int(done.sum())


# ---- from folders


def test_a_folder_is_as_good_as_its_run(runs: list[Run], folders: list[Path]) -> None:
    assert learn(folders) == learn(runs)


def test_the_runs_of_a_comparison_are_learned(runs: list[Run], folders: list[Path], tmp_path: Path) -> None:
    """As `compare --out` lays them out; docs/knowledge.md learns from one that it has written."""
    names = {"one-per-task": "one-per-task", "all-on-one[x=1]": "all-on-one-x-1"}
    for folder, name in zip(folders, names.values(), strict=True):
        copytree(folder, tmp_path / name)
    (tmp_path / "comparison.json").write_text(json.dumps({"kind": "comparison", "folders": names}), "utf-8")
    assert learn([tmp_path]) == learn(runs)


def test_histories_are_sources_too(runs: list[Run], tmp_path: Path) -> None:
    write_history(learn(runs[:1]), tmp_path / "h.json")
    both = learn([tmp_path / "h.json", *runs[1:]])
    assert both.n_runs == 2
    assert both == learn([*runs[1:], tmp_path / "h.json"])
    assert {key: cell.all for key, cell in both.cells.items()} == {k: c.all for k, c in learn(runs).cells.items()}


def test_all_that_is_wrong_with_sources_is_told_at_once(folders: list[Path], tmp_path: Path) -> None:
    for name in ("good", "bad", "less"):
        copytree(folders[0], tmp_path / name)
    (tmp_path / "bad" / "tasks.parquet").write_bytes(b"no table")
    (tmp_path / "less" / "events.parquet").unlink()
    (tmp_path / "empty").mkdir()
    (tmp_path / "x.json").write_text("{}", "utf-8")
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", "utf-8")
    (tmp_path / "x.zip").write_bytes(b"PK")
    names = ("good", "bad", "less", "empty", "x.json", "x.csv", "x.zip", "nowhere")
    with pytest.raises(BadInput) as raised:
        learn([tmp_path / name for name in names])
    for name in names[1:]:
        assert any(str(tmp_path / name) in fault for fault in raised.value.faults), name
    assert not any(str(tmp_path / "good") in fault for fault in raised.value.faults)


WRONG = (
    ("tasks", "end_s", -5.0),
    ("events", "end_s", float("nan")),
    ("tasks", "end_s", 1e300),
    ("tasks", "memory_mb", 0),
)


@pytest.mark.parametrize(("table", "column", "value"), WRONG)
def test_figures_that_cannot_be_are_refused(
    table: str, column: str, value: float, folders: list[Path], tmp_path: Path
) -> None:
    folder = copytree(folders[0], tmp_path / "run")
    found = pyarrow.parquet.read_table(folder / f"{table}.parquet")
    place = found.column_names.index(column)
    changed = found.set_column(place, column, pyarrow.array([value] * found.num_rows))
    pyarrow.parquet.write_table(changed, folder / f"{table}.parquet")
    with pytest.raises(BadInput, match="a table is not as it was written"):
        learn([folder])


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(BadInput, match="sources"):
        learn([])


# ---- recorded elsewhere


def test_foresight_is_of_those_that_are_to_have_it() -> None:
    workflow, platform = load_workflow("gemm"), load_platform("aws-lambda-s3")
    assert foresees(make_planner("heft@exact"))
    for spec in ("heft", "heft@blind"):
        planner = make_planner(spec)
        assert not foresees(planner)
        assert foreseeing(planner, workflow, platform, 1) is planner


def test_who_knows_the_run_is_told_what_comes_of_a_plan_in_it() -> None:
    """The evaluator of the believed world gives, however often it is asked, the run itself."""
    workflow = load_workflow("text_analysis")
    platform = load_platform("aws-lambda-s3", {"noise.sigma": 0.4, "noise.straggler_probability": 0.2})
    for seed in (3, 4):
        _, knowledge = parted(foreseeing(make_planner("heft@exact"), workflow, platform, seed))
        assert knowledge is not None
        belief = knowledge.belief(workflow, platform)
        plan = make_planner("heft").plan(belief.workflow, belief.platform)
        evaluator = SimulatedEvaluator(workflow, platform, 99).elsewhere(belief.workflow, belief.platform, seed)
        told_s = evaluator.evaluate(plan, runs=3, draw=5).makespans_s
        real_s = simulate(workflow, make_planner("heft").plan(workflow, platform), platform, seed=seed).makespan_s
        again_s = simulate(workflow, informed(make_planner("heft"), knowledge), platform, seed=seed).makespan_s
        assert np.ptp(told_s) == 0
        assert again_s == pytest.approx(told_s[0], abs=1e-6)
        assert real_s is not None


@dataclass(frozen=True)
class BestOf(Planner):
    """The best of a few plans by evaluation, so that whoever knows the run cannot be beaten by who does not."""

    name: ClassVar[str] = "best-of"

    def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        """Every candidate does not depend on figures, but which is best does."""
        assert evaluator is not None
        candidates = ("all-on-one", "one-per-task", "uniform@blind", "heft@blind")
        plans = [make_planner(spec).plan(workflow, platform) for spec in candidates]
        return min(plans, key=lambda plan: float(evaluator.evaluate(plan, runs=4).makespans_s.mean()))


def test_of_who_chooses_by_evaluation_more_knowledge_is_never_worse_in_expectation() -> None:
    """Exact is never worse in any run; what is expected is no worse than history, and that better than blind."""
    platform, workflow = load_platform("aws-lambda-s3", {"noise.sigma": 0.5}), load_workflow("tree_reduction")
    past = learn([simulate(workflow, "one-per-task", platform, seed=seed) for seed in range(5)])
    exact = informed(BestOf(), Exact())
    planners = [BestOf(), informed(BestOf(), FromHistory(past)), informed(BestOf(), Blind()), exact]
    outcomes = compare(workflow, planners, platform, reps=10, seed=5).outcomes
    mean_s, history_s, blind_s, exact_s = ([run.makespan_s or np.inf for run in each.runs] for each in outcomes)
    for others_s in (mean_s, history_s, blind_s):
        assert all(known <= other + 1e-9 for known, other in zip(exact_s, others_s, strict=True))
    assert np.mean(exact_s) < np.mean(mean_s) <= np.mean(history_s) < np.mean(blind_s)


def test_comparisons_plan_anew_for_each_run_that_is_known(tmp_path: Path) -> None:
    comparison = compare("wordcount", ["heft", "heft@exact"], reps=3, seed=3)
    exact = comparison.outcomes[1]
    for run in exact.runs:
        again = comparison.run("heft@exact", run.seed)
        assert again.makespan_s == run.makespan_s
        alone = simulate("wordcount", "heft@exact", seed=run.seed)
        assert alone.makespan_s == run.makespan_s
    assert "exact: planned anew for each run, whose luck is known" in exact.notes
    in_two = compare("wordcount", ["heft", "heft@exact"], reps=3, seed=3, processes=2)
    assert in_two.outcomes == comparison.outcomes
    (swept,) = sweep("wordcount", ["heft@exact"], axes={}, reps=3, seed=3).outcomes
    assert swept.runs == exact.runs


def test_the_luck_of_a_run_that_is_still_to_be_drawn_cannot_be_known() -> None:
    with pytest.raises(BadInput, match="heft@exact knows its luck"):
        simulate("wordcount", "heft@exact")


def test_settings_are_the_planners_own() -> None:
    (outcome,) = compare("gemm", ["uniform@blind"], reps=1, settings={"size_mb": 1024}).outcomes
    assert outcome.planner == "uniform[size_mb=1024]@blind"
    assert outcome.status == "complete"


def test_a_point_of_a_sweep_is_told_by_its_records_not_their_file(tmp_path: Path) -> None:
    path, store = tmp_path / "h.json", tmp_path / "store"
    keys = []
    for history in (History(), History(n_runs=1), History()):
        write_history(history, path)
        keys.append(sweep("gemm", [f"heft@history:{path}"], axes={}, reps=1, store=store).points[0].key)
    assert keys[0] == keys[2] != keys[1]


# ---- at the command line


def told(*arguments: object, code: int = 0) -> str:
    done = CliRunner().invoke(app, [*map(str, arguments)])
    assert done.exit_code == code, done.output
    return done.output


def test_learning_is_told_and_written(folders: list[Path], runs: list[Run], tmp_path: Path) -> None:
    out = tmp_path / "history.json"
    text = told("learn", *folders, "--out", out)
    assert "2 runs" in text
    assert "median error" in text
    assert f"--know history:{out}" in text.replace("\n", " ")
    assert read_history(out) == learn(runs)
    found = json.loads(told("learn", out, "--at", "p95", "--json"))
    assert (found["kind"], found["level"], found["n_runs"]) == ("history", "p95", 2)
    assert [topic["topic"] for topic in found["topics"]][:3] == ["run", "output", "get"]


def test_planning_with_what_was_learned(runs: list[Run], tmp_path: Path) -> None:
    path = tmp_path / "h.json"
    write_history(learn(runs), path)
    assert f"heft@history:{path}+p95's plan" in told("plan", "gemm", "--know", f"history:{path}+p95")
    assert "exact" in told("simulate", "gemm", "--know", "exact")
    found = json.loads(
        told("compare", "gemm", "--planners", "heft", "--know", f"mean,history:{path}", "--reps", 2, "--json")
    )
    assert [planner["planner"] for planner in found["planners"]] == ["heft", f"heft@history:{path}"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["learn"],
        ["learn", "nowhere"],
        ["learn", "nowhere", "--memory-mb", "0"],
        ["plan", "gemm", "--know", "all"],
        ["plan", "gemm", "--know", "history:nowhere.json"],
        ["compare", "gemm", "--know", "mean,all"],
        ["simulate", "gemm", "--know", "blind", "--plan", "p.json"],
    ],
)
def test_bad_input_is_refused(arguments: list[str]) -> None:
    assert told(*arguments, code=2)


def test_a_level_that_is_none_is_refused(tmp_path: Path) -> None:
    write_history(HistoryBuilder().build(), tmp_path / "none.json")
    assert "p95" in told("learn", tmp_path / "none.json", "--at", "often", code=2)
    assert "0 runs" in told("learn", tmp_path / "none.json")


def test_every_member_is_described(runs: list[Run], tmp_path: Path) -> None:
    write_history(learn(runs), tmp_path / "h.json")
    described = (ROOT / "docs" / "json.md").read_text("utf-8")
    found = json.loads(told("learn", tmp_path / "h.json", "--json"))
    for name in {*found, *found["topics"][0]}:
        assert f"`{name}`" in described, name
