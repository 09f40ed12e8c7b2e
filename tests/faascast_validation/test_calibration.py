"""Runs on a platform whose figures are hidden: fitting must find them, and say what it cannot find."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import faascast
from executor.records.run import Run
from faascast.cli.app import app
from faascast.experiments.calibration.calibrate import Calibration, calibrate
from faascast.experiments.calibration.shapes import fit_shape
from faascast.faults import BadInput
from planners.knowledge.history_file import read_history
from platforms import load_platform
from platforms.distribution import Lognormal, Mixture
from sim import simulate
from tests.faascast_validation.hidden import DESCRIBED, chain_of, hidden_platform, runs_of
from workloads import Workflow, WorkflowBuilder, load_workflow


@pytest.fixture(scope="module")
def gemm() -> Workflow:
    return load_workflow("gemm")


@pytest.fixture(scope="module")
def runs(gemm: Workflow) -> list[Run]:
    """Sixteen tasks at a time on two cores: recorded times are up to eight times what a task takes alone."""
    platform = hidden_platform(pool__initial=[{"memory_mb": 1769, "count": 6}])
    return runs_of(gemm, ["heft", "one-per-task", "wukong"], platform, 4)


@pytest.fixture(scope="module")
def found(runs: list[Run]) -> Calibration:
    return calibrate(runs, platform=DESCRIBED)


@pytest.mark.parametrize(
    ("path", "median_s", "sigma"),
    [
        ("start.provisioning_s", 0.020, 0.2),
        ("start.init_s", 0.050, 0.3),
        ("start.warm_s", 0.001, 0.3),
        ("invocation.call_s", 0.0015, 0.3),
        ("ledger.request_s", 0.0008, 0.4),
        ("store.get_latency_s", 0.0008, 0.4),
        ("store.put_latency_s", 0.0015, 0.2),
    ],
)
def test_distributions_are_recovered(found: Calibration, path: str, median_s: float, sigma: float) -> None:
    section, _, field = path.partition(".")
    fitted = getattr(getattr(found.platform, section), field)
    assert isinstance(fitted, Lognormal)
    assert fitted.median_s == pytest.approx(median_s, rel=0.08)
    assert fitted.sigma == pytest.approx(sigma, rel=0.2)
    fit = found.fit(path)
    assert fit is not None
    assert fit.ks is not None
    assert fit.ks < 0.12
    assert f"from {fit.n:,} samples" in found.platform.sources[path]


def test_constants_rates_and_noise_are_recovered(found: Calibration) -> None:
    assert found.platform.ledger.notify_s.mean_s == pytest.approx(0.0007, rel=1e-6)
    assert found.platform.network.connection_bytes_per_s == pytest.approx(400e6, rel=0.02)
    assert found.platform.noise.sigma == pytest.approx(0.05, rel=0.15)
    assert found.platform.noise.straggler_probability == 0


def test_demands_are_recovered_however_crowded_the_host_was(found: Calibration, gemm: Workflow) -> None:
    [fitted] = found.workflows
    np.testing.assert_allclose(fitted.workflow.cpu_s, gemm.cpu_s, rtol=0.03)
    assert (fitted.workflow.io_s == 0).all()
    assert not fitted.unseen
    assert all(group.unknown == ("io_s", "parallelism") for group in fitted.groups)


def test_what_is_fitted_predicts_runs_that_it_has_not_seen(found: Calibration, gemm: Workflow) -> None:
    platform = hidden_platform(noise__sigma=0)
    unseen = [run.makespan_s for run in runs_of(gemm, ["uniform"], platform, 5, seed=99)]
    predicted = runs_of(found.workflows[0].workflow, ["uniform"], found.platform, 5, seed=7)
    assert np.median([run.makespan_s for run in predicted]) == pytest.approx(np.median(unseen), rel=0.03)


def test_what_no_run_can_tell_stays(found: Calibration) -> None:
    for section in ("sizes", "host", "prices", "limits", "keep_alive", "faults"):
        assert getattr(found.platform, section) == getattr(DESCRIBED, section)
    assert found.platform.name == "local-calibrated"


# ---- several sizes


@pytest.mark.parametrize(
    ("io_s", "cpu_s", "parallelism", "sizes_mb"),
    [
        (0.5, 2.0, 1.0, (442, 884, 1769)),
        (0.5, 2.0, 2.5, (442, 884, 1769, 3538, 7076)),
        (0.0, 3.0, 2.0, (442, 1769, 3538, 7076)),
    ],
)
def test_sizes_tell_input_output_from_computing(
    io_s: float, cpu_s: float, parallelism: float, sizes_mb: tuple[int, ...]
) -> None:
    platform = hidden_platform(sizes__max_vcpus=6, host__cores="none", noise__sigma=0.02)
    workflow = chain_of(cpu_s, cpu_s, io_s=io_s, parallelism=parallelism)
    planners = [f"one-per-task[size_mb={size_mb}]" for size_mb in sizes_mb]
    found = calibrate(runs_of(workflow, planners, platform, 6))
    for group in found.workflows[0].groups:
        assert group.demand.io_s == pytest.approx(io_s, abs=0.06)
        assert group.demand.cpu_s == pytest.approx(cpu_s, rel=0.05)
        assert group.demand.parallelism == pytest.approx(parallelism, rel=0.12)
        assert "io_s" not in group.unknown


def test_sizes_that_initialize_differently_are_told_apart() -> None:
    by_size = [{"memory_mb": 884, "init_s": 0.10}, {"memory_mb": 1769, "init_s": 0.05}]
    platform = hidden_platform(start__init_by_size=by_size, host__cores="none")
    planners = ["one-per-task[size_mb=884]", "one-per-task[size_mb=1769]"]
    found = calibrate(runs_of(load_workflow("gen:forkjoin,width=8"), planners, platform, 2))
    fitted = {entry.memory_mb: entry.init_s.mean_s for entry in found.platform.start.init_by_size}
    assert fitted == pytest.approx({884: 0.10, 1769: 0.05})


# ---- a host


def test_work_of_starts_and_transfers_is_told_from_waiting(gemm: Workflow) -> None:
    """Sixteen starts at once, and four, and one: what waits takes as long, what works does not."""
    platform = hidden_platform(
        host__start_cpu_s=0.08, host__get_cpu_s=0.004, host__put_cpu_s=0.006, host__cpu_s_per_gb=0.5
    )
    planners = ["one-per-task", "uniform", "all-on-one"]
    found = calibrate(runs_of(gemm, planners, platform, 4), platform=DESCRIBED)
    host = found.platform.host
    assert host.start_cpu_s == pytest.approx(0.08, rel=0.25)
    np.testing.assert_allclose(found.workflows[0].workflow.cpu_s, gemm.cpu_s, rtol=0.05)
    unseen = runs_of(gemm, ["heft", "wukong"], platform, 4, seed=50)
    again = runs_of(found.workflows[0].workflow, ["heft", "wukong"], found.platform, 4, seed=70)
    medians = [np.median([run.makespan_s for run in runs]) for runs in (unseen, again)]
    assert medians[1] == pytest.approx(medians[0], rel=0.05)


# ---- shapes


def test_a_body_and_its_tail_are_told_apart(gemm: Workflow) -> None:
    parts = [
        {"weight": 0.9, "of": {"kind": "lognormal", "median_s": 0.001, "sigma": 0.2}},
        {"weight": 0.1, "of": {"kind": "lognormal", "median_s": 0.02, "sigma": 0.3}},
    ]
    platform = hidden_platform(store__get_latency_s={"kind": "mixture", "parts": parts})
    fitted = calibrate(runs_of(gemm, ["one-per-task"], platform, 6)).platform.store.get_latency_s
    assert isinstance(fitted, Mixture)
    shares = [part.weight / sum(each.weight for each in fitted.parts) for part in fitted.parts]
    assert shares == pytest.approx([0.9, 0.1], abs=0.04)
    assert fitted.mean_s == pytest.approx(0.9 * 0.001 + 0.1 * 0.021, rel=0.2)


def test_next_to_nothing_has_a_shape_that_a_platform_can_hold() -> None:
    samples = np.array([0.0] * 20 + [1e-9] * 20 + [0.5])
    shape = fit_shape(samples)
    assert shape is not None
    assert shape.distribution.mean_s == pytest.approx(samples.mean(), rel=0.6)
    assert fit_shape(np.zeros(50)) is not None


def test_stragglers_are_no_part_of_what_tasks_compute(gemm: Workflow) -> None:
    platform = hidden_platform(noise__straggler_probability=0.04, noise__straggler_factor=3.0)
    found = calibrate(runs_of(gemm, ["heft", "wukong"], platform, 6))
    assert found.platform.noise.straggler_probability == pytest.approx(0.04, abs=0.025)
    assert found.platform.noise.straggler_factor == pytest.approx(3.0, rel=0.1)
    assert found.platform.noise.sigma == pytest.approx(0.05, rel=0.25)
    np.testing.assert_allclose(found.workflows[0].workflow.cpu_s, gemm.cpu_s, rtol=0.04)


def test_equal_looking_tasks_with_different_times_are_told_apart() -> None:
    builder = WorkflowBuilder("pair")
    for name, cpu_s in (("quick", 0.2), ("slow", 0.9)):
        builder.add_task(name, function="same", cpu_s=cpu_s)
    found = calibrate(runs_of(builder.build(), ["one-per-task"], hidden_platform(), 6))
    assert found.workflows[0].workflow.cpu_s.tolist() == pytest.approx([0.2, 0.9], rel=0.06)


# ---- too little to go by


def test_what_was_not_recorded_keeps_its_value_and_is_told() -> None:
    """One task: nothing is fetched, nobody is told anything, and two transfers are too few."""
    run = simulate(*_one_task(), hidden_platform(), seed=1)
    found = calibrate([run, run], platform=DESCRIBED)
    kept = {each.path: each.why for each in found.kept}
    assert kept["store.get_latency_s"] == "none recorded"
    assert kept["store.put_latency_s"] == "2 recorded, at least 3 are needed"
    assert kept["start.warm_s"] == "none recorded"
    assert "at least 8 are needed" in kept["noise"]
    assert found.platform.store == DESCRIBED.store
    assert found.platform.start == DESCRIBED.start


def test_a_rate_is_not_made_up_of_transfers_of_one_amount() -> None:
    workflow, plan = _one_task()
    found = calibrate([simulate(workflow, plan, hidden_platform(), seed=seed) for seed in range(4)])
    [why] = [each.why for each in found.kept if each.path == "network.connection_bytes_per_s"]
    assert "about as many bytes" in why


def _one_task() -> tuple[Workflow, faascast.Plan]:
    workflow = chain_of(0.3)
    return workflow, faascast.make_planner("one-per-task").plan(workflow, DESCRIBED)


def test_runs_that_say_nothing_are_refused(gemm: Workflow) -> None:
    with pytest.raises(BadInput, match="there are none"):
        calibrate([])
    failing = runs_of(gemm, ["heft"], hidden_platform(faults__rates__task_error=1.0), 2)
    with pytest.raises(BadInput, match="2 runs are there, and none of them succeeded"):
        calibrate(failing)
    mixed = [*runs_of(gemm, ["heft"], DESCRIBED, 1), *runs_of(gemm, ["heft"], hidden_platform(), 1)]
    with pytest.raises(BadInput, match="run 2 was recorded on another platform than run 1"):
        calibrate(mixed)


# ---- from folders


@pytest.fixture(scope="module")
def folders(runs: list[Run], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    root = tmp_path_factory.mktemp("recorded")
    paths = [root / str(number) for number in range(3)]
    for run, path in zip(runs, paths, strict=False):
        faascast.save(run, path)
    return paths


def test_folders_say_what_runs_say(runs: list[Run], folders: list[Path]) -> None:
    from_runs, from_folders = calibrate(runs[:3]), calibrate(folders)
    assert from_folders.platform == from_runs.platform
    assert from_folders.workflows[0].workflow == from_runs.workflows[0].workflow


def test_the_command_writes_files_that_can_be_used(folders: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "mine.toml"
    done = CliRunner().invoke(app, ["calibrate", *map(str, folders), "-o", str(out)])
    assert done.exit_code == 0, done.output
    assert "3 recorded runs" in done.stdout
    platform = load_platform(out)
    assert platform.name == "mine"
    assert platform.sources["start.init_s"].startswith("calibrated: ")
    fitted = load_workflow(str(tmp_path / "mine.gemm.json"))
    assert fitted == calibrate(folders).workflows[0].workflow
    assert read_history(tmp_path / "mine.history.json").n_runs == 3
    assert faascast.simulate(fitted, "heft", out, seed=1).status == "complete"


def test_the_command_says_what_is_wrong(folders: list[Path], tmp_path: Path) -> None:
    nothing = CliRunner().invoke(app, ["calibrate", str(tmp_path)])
    assert (nothing.exit_code, "no result folder" in nothing.stderr) == (2, True)
    misnamed = CliRunner().invoke(app, ["calibrate", str(folders[0]), "-o", str(tmp_path / "mine.json")])
    assert (misnamed.exit_code, "ends in .toml" in misnamed.stderr) == (2, True)
    (tmp_path / "run.json").write_text(json.dumps({"kind": "run"}), "utf-8")
    broken = CliRunner().invoke(app, ["calibrate", str(tmp_path)])
    assert broken.exit_code == 2
    assert "Traceback" not in broken.output
