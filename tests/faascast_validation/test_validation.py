"""Predictions laid beside a reality of which only records are shown: right ones must look right, wrong ones wrong."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from typer.testing import CliRunner

import faascast
from faascast import plots
from faascast.cli.app import app
from faascast.experiments.calibration.evidence import evidence_of
from faascast.experiments.validation.causes import CAUSES, on_the_path
from faascast.experiments.validation.recording import record
from faascast.experiments.validation.samples import Cell, Sample, halves_of, short_names
from faascast.experiments.validation.validation import Validation, validate_samples
from faascast.faults import BadInput
from faascast.text.validation import validation_lines
from planners.plan import Plan
from planners.registry import make_planner
from sim import simulate
from tests.faascast_validation.hidden import DESCRIBED, FakeReality, hidden_platform
from tests.support import ROOT
from workloads import Workflow, load_workflow

PLANNERS = ("one-per-task", "heft", "all-on-one")


def cases_of(names: Sequence[str], planners: Sequence[str] = PLANNERS) -> list[tuple[Workflow, Plan]]:
    workflows = [load_workflow(name) for name in names]
    return [(each, make_planner(planner).plan(each, DESCRIBED)) for each in workflows for planner in planners]


@pytest.fixture(scope="module")
def cases() -> list[tuple[Workflow, Plan]]:
    return cases_of(["gemm,strips=2", "tree_reduction,numbers=16"])


@pytest.fixture(scope="module")
def samples(cases: list[tuple[Workflow, Plan]]) -> list[Sample]:
    return record(cases, FakeReality(hidden_platform(noise__sigma=0.03)), 16)


@pytest.fixture(scope="module")
def found(samples: list[Sample]) -> Validation:
    return validate_samples(samples, platform=DESCRIBED)


# ---- recording


def test_planners_take_turns_and_every_other_run_is_warm(
    cases: list[tuple[Workflow, Plan]], samples: list[Sample]
) -> None:
    assert len(samples) == 16 * len(cases)
    assert [sample.cell.start for sample in samples] == ["cold", "warm"] * 8 * len(cases)
    per_round = 2 * len(cases)
    rounds = [samples[begin : begin + per_round] for begin in range(0, len(samples), per_round)]
    for number, turn in enumerate(rounds):
        assert {sample.round for sample in turn} == {number}
        assert len({sample.cell for sample in turn}) == per_round
        begins = cases[number % len(cases)]
        assert turn[0].cell == Cell(begins[0].name, begins[1].planner, "cold")


def test_halves_are_alike_and_failures_are_in_neither(samples: list[Sample]) -> None:
    broken = replace(samples[0], evidence=replace(samples[0].evidence, makespan_s=None))
    halves = halves_of([broken, *samples[1:]])
    assert halves.failed == (broken,)
    assert len(halves.known) == len(samples) // 2 - 1
    assert len(halves.unseen) == len(samples) // 2
    assert {sample.round % 2 for sample in halves.known} == {0}


def test_parameters_are_told_only_where_they_tell_workflows_apart() -> None:
    names = ["gemm,n=20", "gemm,n=40", "montage,bytes=1"]
    assert list(short_names(names).values()) == ["gemm,n=20", "gemm,n=40", "montage"]


# ---- right predictions


def test_a_calibrated_platform_predicts_what_it_has_not_seen(found: Validation) -> None:
    assert len(found.cells) == 12
    assert found.errors.median < 0.02
    assert found.errors.p90 < 0.05
    assert found.bill_errors.p90 < 0.05
    assert found.is_on_target
    for cell in found.cells:
        assert cell.floor is not None
        assert len(cell.measured_s) == len(cell.known_s) == 4
        assert cell.wasserstein < 0.1


def test_causes_add_up_to_the_makespans(found: Validation, samples: list[Sample]) -> None:
    for cell in found.cells:
        assert sum(measured for measured, _ in cell.path.values()) == pytest.approx(cell.measured_s.mean())
        assert sum(predicted for _, predicted in cell.path.values()) == pytest.approx(cell.predicted_s.mean())
        for cause in ("start-up", "CPU"):
            measured, predicted = cell.sums[cause]
            assert predicted == pytest.approx(measured, rel=0.35, abs=0.005)
    run = samples[0].evidence
    assert sum(on_the_path(run.tables["events"]).values()) == pytest.approx(run.makespan_s)


def test_planners_come_in_the_predicted_order(found: Validation) -> None:
    clear = [pair for pair in found.pairs if pair.is_significant]
    assert clear
    assert not found.wrong_pairs
    assert all(pair.p_value <= 0.05 for pair in clear)
    assert all(pair.measured_s >= 0 for pair in found.pairs)


# ---- wrong predictions


class Liar(FakeReality):
    """A reality whose records say that every start was quicker than it was: what happens after is the same."""

    def run(self, workflow: Workflow, plan: Plan, seed: int):
        run = super().run(workflow, plan, seed)
        return replace(run, makespan_ns=run.makespan_ns * (2 if plan.planner.startswith("heft") else 1))


def test_an_error_is_seen_and_planners_in_the_wrong_order_are_named(cases: list[tuple[Workflow, Plan]]) -> None:
    """The makespans of heft are twice what its records add up to, so nothing in them can predict that."""
    found = validate_samples(record(cases, Liar(hidden_platform(noise__sigma=0.01)), 24), platform=DESCRIBED)
    assert not found.is_on_target
    assert found.errors.most == pytest.approx(0.5, abs=0.03)
    for cell in found.cells:
        assert (abs(cell.error) > 0.4) == cell.cell.planner.startswith("heft")
    wrong = {(pair.faster, pair.slower) for pair in found.wrong_pairs}
    assert wrong
    assert all(slower.startswith("heft") for _, slower in wrong)
    told = "\n".join(validation_lines(found))
    assert "Not on target" in told
    assert "predicted after it by" in told


def test_the_cause_of_an_error_is_named(samples: list[Sample]) -> None:
    """Gets of the unseen half take 200 ms longer than in those that were calibrated with."""
    slow = FakeReality(hidden_platform(noise__sigma=0.03, store__get_latency_s=0.2))
    later = record(cases_of(["gemm,strips=2"], ["one-per-task"]), slow, 16)
    mixed = [sample for sample in samples if sample.round % 2 == 0] + [each for each in later if each.round % 2]
    found = validate_samples(mixed, platform=DESCRIBED)
    assert {cell.blame[0] for cell in found.cells} == {"fetch"}
    assert all(cell.blame[1] < 0 for cell in found.cells)
    assert "Most of the error is in fetch" in "\n".join(validation_lines(found))


def test_few_rounds_make_no_order_significant(cases: list[tuple[Workflow, Plan]]) -> None:
    found = validate_samples(record(cases, FakeReality(hidden_platform()), 6), platform=DESCRIBED)
    assert not any(pair.is_significant for pair in found.pairs)
    assert {pair.p_value for pair in found.pairs} == {1.0}


def test_too_little_to_validate_with_is_refused(samples: list[Sample]) -> None:
    with pytest.raises(BadInput, match="expected two of one at least"):
        validate_samples(samples[:1])
    strangers = [each for each in samples if (each.round % 2 == 0) == each.cell.workflow.startswith("gemm")]
    with pytest.raises(BadInput, match="no run of its workflow was calibrated with"):
        validate_samples(strangers)


def test_a_workflow_that_was_never_calibrated_with_is_told(samples: list[Sample]) -> None:
    lone = [each for each in samples if each.cell.workflow.startswith("gemm") or each.round % 2]
    found = validate_samples(lone)
    assert {cell.cell.workflow for cell in found.cells} == {samples[0].cell.workflow}
    assert len(found.unpredicted) == 6


# ---- what is shown


def test_tables_document_and_picture_are_written(found: Validation, tmp_path: Path) -> None:
    faascast.save(found, tmp_path / "v")
    rows = list(csv.DictReader((tmp_path / "v" / "validation.csv").read_text("utf-8").splitlines()))
    assert [row["planner"] for row in rows] == [cell.cell.planner for cell in found.cells]
    assert float(rows[0]["error"]) == pytest.approx(found.cells[0].error)
    document = json.loads((tmp_path / "v" / "validation.json").read_text("utf-8"))
    assert document["kind"] == "validation"
    assert document["makespan_error"]["median"] == pytest.approx(found.errors.median)
    assert [each["cause"] for each in document["causes"]] == list(CAUSES)
    assert (tmp_path / "v" / "validation.png").stat().st_size > 10_000
    assert faascast.load_platform(tmp_path / "v" / "platform.toml") == found.calibration.platform


def test_every_run_is_a_dot(found: Validation) -> None:
    axes = plots.predicted_measured(found)
    dots = sum(len(np.asarray(each.get_offsets())) for each in axes.collections if hasattr(each, "get_offsets"))
    assert dots >= sum(len(cell.measured_s) for cell in found.cells)
    bars = plots.causes_compared(found)
    assert len(bars.containers) == 2
    plt.close("all")


# ---- the command


@pytest.fixture(scope="module")
def recorded(cases: list[tuple[Workflow, Plan]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of two planners in folders, as `run --out` leaves them."""
    root = tmp_path_factory.mktemp("recorded")
    platform = hidden_platform()
    for seed in range(8):
        workflow, plan = cases[seed % 2]
        faascast.save(simulate(workflow, plan, platform, seed=seed), root / f"{seed:02}")
    return root


def test_recorded_runs_are_validated_by_the_command(recorded: Path, tmp_path: Path) -> None:
    out = tmp_path / "v"
    done = CliRunner().invoke(app, ["validate", "--recorded", str(recorded), "--out", str(out)])
    assert done.exit_code in (0, 1), done.output
    assert "4 runs predicted blind, calibrated with 4 recorded runs" in done.stdout
    assert (out / "validation.csv").is_file()
    printed = CliRunner().invoke(app, ["validate", "--recorded", str(recorded), "--json"]).stdout
    assert len(json.loads(printed)["cells"]) == 2


def members(value: object) -> Iterator[str]:
    """The names of all members, at any depth; values of figures and versions are the user's own."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            if name not in ("value", "versions"):
                yield from members(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from members(inner)


@pytest.mark.parametrize("arguments", [["calibrate"], ["validate", "--recorded"]], ids=lambda each: each[0])
def test_every_member_of_the_documents_is_described(arguments: list[str], recorded: Path) -> None:
    described = set(re.findall(r"`\"?(\w+)\"?`", (ROOT / "docs" / "json.md").read_text("utf-8")))
    printed = json.loads(CliRunner().invoke(app, [*arguments, str(recorded), "--json"]).stdout)
    assert set(members(printed)) - described == set()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "nothing given; expected one of WORKFLOW"),
        (["gemm", "--recorded", "x"], "WORKFLOW and --recorded given"),
        (["nothing"], "expected a file that exists, or one of gemm"),
        (["gemm", "--runs", "1"], "runs is 1; expected a whole number from 4"),
        (["gemm", "--planners", "heft,heft"], "heft is there 2 times"),
        (["--flowbench", "nowhere"], "nowhere holds no recorded runs"),
        (["--recorded", "nowhere"], "nowhere is no result folder"),
    ],
)
def test_what_cannot_be_validated_is_refused(arguments: list[str], told: str) -> None:
    done = CliRunner().invoke(app, ["validate", *arguments])
    assert done.exit_code == 2
    assert told in done.stderr


# ---- real processes


def test_real_runs_are_recorded_calibrated_and_predicted(tmp_path: Path) -> None:
    """Whether the figures are good, an idle machine has to say: here they only have to be there, and add up."""
    found = faascast.validate(
        ["gemm,n=20,strips=2"], ["one-per-task", "all-on-one"], runs=4, keep=tmp_path / "kept", n_simulated=10
    )
    assert {cell.cell.start for cell in found.cells} == {"cold", "warm"}
    assert len(found.cells) == 4
    assert not found.unpredicted
    assert found.calibration.platform.host.first_run_cpu_s > 0.01  # numpy is loaded by the first task
    for cell in found.cells:
        assert sum(measured for measured, _ in cell.path.values()) == pytest.approx(cell.measured_s.mean())
    again = faascast.validate_recorded(sorted((tmp_path / "kept").iterdir()), n_simulated=10)
    assert {cell.cell: cell.measured_s.tolist() for cell in again.cells} == {
        cell.cell: cell.measured_s.tolist() for cell in found.cells
    }


def test_evidence_of_a_failed_run_is_no_makespan() -> None:
    [(workflow, plan)] = cases_of(["gemm,strips=2"], ["heft"])
    run = simulate(workflow, plan, hidden_platform(faults__rates__task_error=1.0), seed=1)
    assert evidence_of(run, "it").makespan_s is None
