"""Sweeps: every combination once, kept as it is done, taken up again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from faascast.experiments import sweep as module
from faascast.experiments.compare import compare
from faascast.experiments.points import PointStore
from faascast.experiments.sweep import sweep
from faascast.experiments.trial import Outcome, Trial, carry_out
from faascast.faults import BadInput
from tests.faascast.planners_for_tests import Broken
from workloads import Workflow

FORK = "gen:forkjoin,width=4"
AXES = {"keep_alive_s": ["0", "600"], "size_mb": ["512", "1769"]}


@pytest.fixture
def carried_out(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The planners of the trials that were really carried out."""
    done: list[str] = []

    def spy(workflow: Workflow, trial: Trial) -> Outcome:
        done.append(str(trial.planner))
        return carry_out(workflow, trial)

    monkeypatch.setattr(module, "carry_out", spy)
    return done


def test_every_planner_with_every_combination() -> None:
    done = sweep(FORK, ["wukong", "heft"], axes=AXES, reps=2)
    assert [(point.planner, *point.settings.values()) for point in done.points] == [
        (planner, keep_alive, size)
        for keep_alive in ("0", "600")
        for size in ("512", "1769")
        for planner in ("wukong", "heft")
    ]
    assert {str(point.trial.planner) for point in done.points[:2]} == {"wukong[size_mb=512]", "heft[size_mb=512]"}


def test_a_point_is_what_a_comparison_with_its_settings_is() -> None:
    done = sweep(FORK, ["heft"], axes=AXES, reps=3, seed=9)
    for point, outcome in zip(done.points, done.outcomes, strict=True):
        comparison = compare(FORK, ["heft"], reps=3, seed=9, settings=point.settings)
        assert comparison.outcomes == (outcome,)


def test_without_axes_there_is_a_point_for_each_planner() -> None:
    assert len(sweep(FORK, ["heft", "wukong"], axes={}, reps=1).points) == 2


def test_only_what_is_missing_is_run(tmp_path: Path, carried_out: list[str]) -> None:
    first = sweep(FORK, ["heft"], axes=AXES, reps=2, store=tmp_path)
    assert len(carried_out) == 4
    assert sweep(FORK, ["heft"], axes=AXES, reps=2, store=tmp_path).outcomes == first.outcomes
    assert len(carried_out) == 4
    sweep(FORK, ["heft"], axes=AXES | {"keep_alive_s": ["0", "60", "600"]}, reps=2, store=tmp_path)
    assert len(carried_out) == 6
    next(tmp_path.iterdir()).unlink()
    assert sweep(FORK, ["heft"], axes=AXES, reps=2, store=tmp_path).outcomes == first.outcomes
    assert len(carried_out) <= 7


@pytest.mark.parametrize(
    "change",
    [
        {"workflow": "gen:forkjoin,width=5"},
        {"workflow": "gen:forkjoin,width=4,bytes=999"},
        {"planners": ["heft[size_mb=2048]"]},
        {"platform": "ideal"},
        {"seed": 2},
        {"reps": 3},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_decides_the_result_makes_another_point(change: dict[str, object]) -> None:
    asked: dict[str, object] = {
        "workflow": FORK,
        "planners": ["heft"],
        "platform": "aws-lambda-s3",
        "reps": 1,
        "seed": 1,
    }
    keys = {
        sweep(**asked_now, axes={}).points[0].key  # type: ignore[arg-type]
        for asked_now in (asked, asked | change)
    }
    assert len(keys) == 2


def test_what_does_not_decide_it_makes_the_same_point(carried_out: list[str]) -> None:
    """A setting for one planner leaves the others' points alone: they are run once."""
    done = sweep(FORK, ["uniform", "heft"], axes={"group": [2, 3, 4]}, reps=1)
    assert len(done.points) == 6
    assert len({point.key for point in done.points}) == 4
    assert len(carried_out) == 4
    assert [row["group"] for row in done.summary_rows()] == [2, 2, 3, 3, 4, 4]


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"schema_version": 1}', b"\xff\xfe"])
def test_a_damaged_point_is_run_again(tmp_path: Path, carried_out: list[str], damage: bytes) -> None:
    first = sweep(FORK, ["heft"], axes={}, reps=1, store=tmp_path)
    [file] = tmp_path.iterdir()
    file.write_bytes(damage)
    assert sweep(FORK, ["heft"], axes={}, reps=1, store=tmp_path).outcomes == first.outcomes
    assert len(carried_out) == 2


def test_a_point_under_another_name_is_not_taken(tmp_path: Path, carried_out: list[str]) -> None:
    done = sweep(FORK, ["heft", "wukong"], axes={}, reps=1, store=tmp_path)
    first, second = (tmp_path / f"{point.key}.json" for point in done.points)
    second.write_bytes(first.read_bytes())
    assert sweep(FORK, ["heft", "wukong"], axes={}, reps=1, store=tmp_path).outcomes == done.outcomes
    assert carried_out == ["heft", "wukong", "wukong"]


def test_an_error_stops_no_other_point_and_is_tried_again(tmp_path: Path, carried_out: list[str]) -> None:
    for _ in range(2):
        done = sweep(FORK, [Broken(), "heft"], axes={}, reps=1, store=tmp_path)
        assert [outcome.status for outcome in done.outcomes] == ["error", "complete"]
    assert carried_out == ["broken", "heft", "broken"]


def test_a_refusal_is_a_row_and_kept(tmp_path: Path, carried_out: list[str]) -> None:
    for _ in range(2):
        done = sweep(FORK, ["all-on-one"], axes={"max_duration_s": ["3", "900"]}, reps=2, store=tmp_path)
        assert [outcome.status for outcome in done.outcomes] == ["refused", "complete"]
    assert len(carried_out) == 2
    rows = [*done.run_rows()]
    assert [(row["max_duration_s"], row["status"]) for row in rows] == [
        (3, "refused"),
        (900, "complete"),
        (900, "complete"),
    ]
    assert "maximum duration" in str(rows[0]["failure"])


def test_an_interrupt_leaves_what_was_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    def interrupted(workflow: Workflow, trial: Trial) -> Outcome:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return carry_out(workflow, trial)

    monkeypatch.setattr(module, "carry_out", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sweep(FORK, ["heft"], axes=AXES, reps=1, store=tmp_path)
    files = sorted(path.name for path in tmp_path.iterdir())
    assert len(files) == 2
    assert all(json.loads((tmp_path / name).read_text())["outcome"]["status"] == "complete" for name in files)


def test_processes_change_nothing(tmp_path: Path) -> None:
    one = sweep(FORK, ["heft", "uniform"], axes=AXES, reps=3)
    two = sweep(FORK, ["heft", "uniform"], axes=AXES, reps=3, processes=2, store=tmp_path)
    assert one.outcomes == two.outcomes
    assert len([*tmp_path.iterdir()]) == 8


def test_progress_counts_points(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    def report(done: int, total: int) -> None:
        told.append((done, total))

    sweep(FORK, ["heft"], axes={"keep_alive_s": [1, 2]}, reps=1, store=tmp_path)
    sweep(FORK, ["heft"], axes={"keep_alive_s": [1, 2, 3]}, reps=1, store=tmp_path, report=report)
    assert told == [(2, 3), (3, 3)]


def test_bad_input_is_told_before_anything_is_run(tmp_path: Path, carried_out: list[str]) -> None:
    with pytest.raises(BadInput) as raised:
        sweep(FORK, ["heft"], axes={"keep_alive_s": ["0", "-1"], "size_mb": ["64", "512"]}, store=tmp_path / "points")
    assert len(raised.value.faults) == 2
    assert carried_out == []
    assert [*tmp_path.iterdir()] == []


def test_each_value_of_a_setting_is_there_once() -> None:
    """Else rows could not be told apart. Of two spellings it is what they stand for that counts."""
    with pytest.raises(BadInput) as raised:
        sweep(FORK, ["heft"], axes={"keep_alive_s": ["60", 0, 60.0, "60.0"], "routing": ["newest", "newest"]}, reps=1)
    assert raised.value.faults == (
        "keep_alive_s: 60 is there 3 times; expected each once",
        "routing: newest is there 2 times; expected each once",
    )


def test_settings_of_numbers_are_columns_of_numbers() -> None:
    done = sweep(FORK, ["heft"], axes={"keep_alive_s": ["0.5", "inf"], "routing": ["newest", "oldest"]}, reps=1)
    frame = done.summary
    assert frame["keep_alive_s"].tolist() == [0.5, 0.5, float("inf"), float("inf")]
    assert frame["routing"].tolist() == ["newest", "oldest"] * 2
    assert len(done.runs) == 4


def test_a_store_holds_what_it_was_given(tmp_path: Path) -> None:
    store = PointStore(tmp_path / "points")
    [outcome] = sweep(FORK, ["heft"], axes={}, reps=2).outcomes
    assert store.load("a") is None
    store.save("a", outcome)
    assert store.load("a") == outcome
