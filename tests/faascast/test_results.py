"""Results in folders: whole or not there, every row labelled, made again exactly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import faascast
from executor.faults import ScriptedFault
from executor.records.run import Run
from faascast.experiments.compare import compare
from faascast.experiments.comparison import Comparison
from faascast.experiments.sweep import sweep
from faascast.faults import BadInput
from faascast.results.comparison_folder import folder_names
from faascast.results.documents import document, sweep_content
from faascast.results.folder import folder_faults, whole_file, whole_folder, write_document
from faascast.results.sweep_folder import sweep_faults
from tests.faascast.planners_for_tests import Refusing

FORK = "gen:forkjoin,width=4"
LABELS = ["schema_version", "workflow", "planner", "platform", "parameters", "seed"]
TABLES = ("runs", "tasks", "invocations", "instances", "transfers", "events")


@pytest.fixture(scope="module")
def run() -> Run:
    return faascast.simulate(FORK, "wukong", seed=7, settings={"keep_alive_s": 60})


@pytest.fixture(scope="module")
def saved(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from faascast.experiments.simulation import prepare

    folder = tmp_path_factory.mktemp("results") / "run"
    uses = prepare(FORK, "wukong", settings={"keep_alive_s": 60}).uses
    faascast.save(run, folder, uses, ["take care"])
    return folder


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare(FORK, ["uniform[size_mb=512,group=2]", Refusing(), "heft"], reps=7)


# ---- a run's folder


def test_a_run_folder_holds_all_it_takes(saved: Path) -> None:
    tables = {f"{name}{ending}" for name in TABLES for ending in (".csv", ".parquet")}
    others = {"run.json", "plan.json", "platform.toml", "workflow.json", "gantt.png", "instances.png"}
    assert {path.name for path in saved.iterdir()} == tables | others
    listed = json.loads((saved / "run.json").read_text())["files"]
    assert set(listed) == (tables | others) - {"run.json"}
    assert all((saved / name).read_bytes().startswith(b"\x89PNG") for name in ("gantt.png", "instances.png"))


def test_the_run_is_made_again_exactly(saved: Path, run: Run) -> None:
    again = faascast.load_run(saved)
    assert again.makespan_ns == run.makespan_ns
    assert again.plan == run.plan
    assert again.platform == run.platform
    assert again.critical_path() == run.critical_path()
    pd.testing.assert_frame_equal(again.tasks.to_pandas(), run.tasks.to_pandas())


@pytest.mark.parametrize("name", TABLES)
def test_every_row_says_where_it_comes_from(saved: Path, name: str) -> None:
    frame = pd.read_parquet(saved / f"{name}.parquet")
    assert frame.columns[: len(LABELS)].tolist() == LABELS
    assert len(frame)
    expected = [1, FORK, "wukong", "aws-lambda-s3", '{"keep_alive_s": 60}', 7]
    assert frame[LABELS].drop_duplicates().to_numpy().tolist() == [expected]


@pytest.mark.parametrize("name", TABLES)
def test_csv_and_parquet_are_the_same(saved: Path, name: str) -> None:
    parquet, csv = pd.read_parquet(saved / f"{name}.parquet"), pd.read_csv(saved / f"{name}.csv")
    pd.testing.assert_frame_equal(csv, parquet, check_dtype=False)


def test_tables_hold_the_runs_records(saved: Path, run: Run) -> None:
    tasks = pd.read_parquet(saved / "tasks.parquet")
    assert tasks["task"].tolist() == run.tasks["task"].tolist()
    np.testing.assert_array_equal(tasks["end_s"], run.tasks["end_s"])
    [row] = pd.read_parquet(saved / "runs.parquet").to_dict("records")
    assert (row["makespan_s"], row["cost_usd"], row["cold_starts"]) == (run.makespan_s, run.cost_usd, run.cold_starts)
    invocations = pd.read_parquet(saved / "invocations.parquet")
    assert set(invocations["task"]) <= set(run.workflow.task_names)


def test_unknown_is_null_and_never_a_number(tmp_path: Path) -> None:
    """A task fails whenever it runs: the run is given up, without a makespan; its script is saved with it."""
    faults = [ScriptedFault("work-2", attempt, "task-error") for attempt in range(1, 10)]
    run = faascast.simulate(FORK, "uniform", seed=1, settings={"max_attempts": 1}, faults=faults)
    assert "task work-2: its run failed 3 times" in str(run.failure)
    assert "failed" in run.invocations["status"]
    faascast.save(run, tmp_path / "failed")
    [row] = pd.read_parquet(tmp_path / "failed" / "runs.parquet").to_dict("records")
    assert row["makespan_s"] is None or np.isnan(row["makespan_s"])
    assert "work-2" in row["failure"]
    for name in TABLES:
        frame = pd.read_parquet(tmp_path / "failed" / f"{name}.parquet")
        numbers = frame.select_dtypes("number")
        assert not (numbers < 0).to_numpy().any(), name
    assert faascast.load_run(tmp_path / "failed").failure == run.failure


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("run.json", lambda text: text.replace('"seed": 7', '"seed": 8'), "makespan_ns is"),
        ("run.json", lambda text: text.replace('"seed": 7', '"seed": "x"'), "seed is 'x'"),
        ("run.json", lambda text: text.replace('"schema_version": 1', '"schema_version": 2'), "schema version 1"),
        ("run.json", lambda text: text[:100], "expected JSON"),
        ("platform.toml", lambda text: text.replace("min_mb = 128", "min_mb = -1"), "sizes.min_mb is -1"),
        ("platform.toml", lambda text: text.replace("callers = 1\n", "callers = 2\n"), "is"),
        ("workflow.json", lambda text: text.replace("work-0", "work-9"), "is"),
    ],
)
def test_a_changed_folder_is_not_taken_for_the_run(saved: Path, tmp_path: Path, name: str, change, told: str) -> None:
    for path in saved.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    text = (saved / name).read_text()
    assert change(text) != text
    (tmp_path / name).write_text(change(text))
    with pytest.raises(BadInput, match=told):
        faascast.load_run(tmp_path)


# ---- a comparison's folder


def test_a_comparison_folder_holds_a_run_for_each_planner(comparison: Comparison, tmp_path: Path) -> None:
    faascast.save(comparison, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir() if path.is_dir()) == [
        "heft",
        "uniform-size_mb-512-group-2",
    ]
    best = faascast.load_run(tmp_path / "out")
    other = faascast.load_run(tmp_path / "out", "uniform[size_mb=512,group=2]")
    assert best.makespan_s == comparison.run().makespan_s
    assert best.seed == other.seed == comparison.typical_seed
    with pytest.raises(BadInput, match=r"planner is 'refusing'; expected one with runs: uniform\[.*\], heft"):
        faascast.load_run(tmp_path / "out", "refusing")


def test_a_comparison_without_a_completed_run(tmp_path: Path) -> None:
    """A failed run can be read and explained, a planner without a plan has none."""
    settings = {"max_duration_s": "13.52", "max_attempts": "1", "noise.sigma": "0"}
    faascast.save(compare("gen:chain,depth=1,cpu_s=13.5", ["heft"], reps=2, settings=settings), tmp_path / "failed")
    assert faascast.load_run(tmp_path / "failed").status == "failed"
    faascast.save(compare(FORK, [Refusing()], reps=2), tmp_path / "refused")
    with pytest.raises(BadInput, match="no planner had a plan"):
        faascast.load_run(tmp_path / "refused")


def test_a_comparisons_tables_have_every_planner_and_run(comparison: Comparison, tmp_path: Path) -> None:
    faascast.save(comparison, tmp_path / "out")
    summary = pd.read_parquet(tmp_path / "out" / "comparison.parquet")
    assert summary["planner"].tolist() == ["uniform[size_mb=512,group=2]", "refusing", "heft"]
    assert summary["status"].tolist() == ["complete", "refused", "complete"]
    runs = pd.read_csv(tmp_path / "out" / "runs.csv")
    assert len(runs) == 15
    assert runs["seed"].nunique() == 7
    assert runs["failure"].notna().sum() == 1


def test_folder_names_are_plain_and_distinct() -> None:
    names = folder_names(["uniform[size_mb=512,group=2]", "uniform[size_mb=512,group,2]", "heft", "a/b", "../x"])
    assert len(set(names)) == 5
    assert all(not set(name) & set("[]=,/ ") and not name.startswith(".") for name in names)


# ---- a sweep's folder


def test_a_sweeps_table_has_every_run_of_every_point(tmp_path: Path) -> None:
    done = sweep(FORK, ["heft", Refusing()], axes={"keep_alive_s": ["0", "60"]}, reps=3, store=tmp_path / "points")
    faascast.save(done, tmp_path)
    frame = pd.read_parquet(tmp_path / "sweep.parquet")
    assert len(frame) == 8
    assert frame["keep_alive_s"].tolist() == [0, 0, 0, 0, 60, 60, 60, 60]
    assert frame["status"].tolist() == (["complete"] * 3 + ["refused"]) * 2
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "sweep.csv"), frame, check_dtype=False)
    assert json.loads((tmp_path / "sweep.json").read_text())["axes"] == {"keep_alive_s": ["0", "60"]}
    assert json.loads((tmp_path / "sweep.json").read_text())["points"] == json.loads(
        json.dumps(document("sweep", sweep_content(done))["points"])
    )
    assert not [*sweep_faults(tmp_path)]
    (tmp_path / "mine.txt").touch()
    assert [*sweep_faults(tmp_path)] == [
        f"{tmp_path} holds mine.txt; expected an empty or new folder, or that of a sweep"
    ]
    with pytest.raises(BadInput, match=r"mine\.txt"):
        faascast.save(done, tmp_path)


def test_a_workflow_of_ones_own_is_no_sweep(tmp_path: Path) -> None:
    (tmp_path / "workflow.json").write_text("mine")
    assert [*sweep_faults(tmp_path)] == [
        f"{tmp_path} holds workflow.json; expected an empty or new folder, or that of a sweep"
    ]


# ---- whole or not at all


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def interrupted(path: Path) -> None:
    """Write half of something."""
    path.write_text("half")
    raise KeyboardInterrupt


def test_a_folder_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), whole_folder(tmp_path / "out") as folder:
        interrupted(folder / "half")
    assert [*tmp_path.iterdir()] == []


def test_a_result_that_fails_leaves_the_earlier_one(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "out") as folder:
        (folder / "a").write_text("1")
        write_document(folder, "run.json", {})
    before = tree(tmp_path)
    with pytest.raises(KeyboardInterrupt), whole_folder(tmp_path / "out") as folder:
        interrupted(folder / "a")
    assert tree(tmp_path) == before


def test_an_earlier_result_is_replaced_as_a_whole(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with whole_folder(tmp_path / "deep" / "out") as folder:
            (folder / name).write_text(name)
            write_document(folder, "run.json", {})
    assert [*tree(tmp_path / "deep")] == ["out/b", "out/run.json"]


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "thesis.tex").write_text("years of work")
    yield folder
    assert (folder / "thesis.tex").read_text() == "years of work"


def test_what_others_wrote_is_never_touched(foreign: Path) -> None:
    [fault] = folder_faults(foreign)
    assert "holds files but no result" in fault
    with pytest.raises(BadInput), whole_folder(foreign):
        pytest.fail("began to write")


def test_nor_is_it_beside_a_result(foreign: Path) -> None:
    write_document(foreign, "run.json", {})
    (foreign / "run.json").write_text('{"files": ["a"]}')
    [fault] = folder_faults(foreign)
    assert "thesis.tex, which faascast has not written" in fault


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "is a file" in next(folder_faults(tmp_path / "file"))
    assert [*folder_faults(tmp_path / "new" / "deeper")] == []
    with pytest.raises(BadInput, match="is a folder"), whole_file(tmp_path):
        pytest.fail("began to write")


def test_a_file_that_fails_leaves_the_earlier_one(tmp_path: Path) -> None:
    with whole_file(tmp_path / "deep" / "plan.json") as path:
        path.write_text("1")
    with pytest.raises(KeyboardInterrupt), whole_file(tmp_path / "deep" / "plan.json") as path:
        interrupted(path)
    assert tree(tmp_path) == {"deep/plan.json": b"1"}


def test_a_document_has_no_number_that_json_lacks() -> None:
    told = document("test", {"a": float("inf"), "b": [float("nan"), 1.0], "c": {"d": -float("inf")}, "e": (1, "x")})
    assert told == {"schema_version": 1, "kind": "test", "a": None, "b": [None, 1.0], "c": {"d": None}, "e": [1, "x"]}


def test_no_result_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is no result folder"):
        faascast.load_run(tmp_path)
    done = sweep(FORK, ["heft"], axes={}, reps=1, store=tmp_path / "points")
    faascast.save(done, tmp_path)
    with pytest.raises(BadInput, match="holds no run"):
        faascast.load_run(tmp_path)
