"""Comparing planners: common luck, failures as rows, results that do not depend on processes."""

from __future__ import annotations

import numpy as np
import pytest

import faascast
from faascast.experiments.compare import compare
from faascast.faults import BadInput
from planners.statistics import Estimate, Needs
from platforms import load_platform
from sim import simulate
from sim.seeds import planning_seeds, run_seeds
from tests.faascast.planners_for_tests import Broken, Foreign, Refusing, Searching

FORK = "gen:forkjoin,width=4"


def test_run_k_is_a_simulation_with_seed_k() -> None:
    """What a comparison says of a run is what anyone gets who makes that run."""
    comparison = compare(FORK, ["wukong", "heft"], reps=3, seed=5)
    for plan, outcome in zip(comparison.plans, comparison.outcomes, strict=True):
        assert plan is not None
        assert [run.seed for run in outcome.runs] == [*run_seeds(5, 3)]
        for row in outcome.runs:
            run = simulate(comparison.workflow, plan, comparison.platform, seed=row.seed)
            assert (row.makespan_s, row.cost_usd, row.cold_starts) == (run.makespan_s, run.cost_usd, run.cold_starts)
            assert row.lower_bound_s == run.lower_bound_s


def test_all_planners_share_the_luck() -> None:
    """One task, one worker: whoever plans it, run k takes the same time."""
    comparison = compare("gen:chain,depth=1", ["one-per-task", "all-on-one", "heft"], reps=4)
    columns = {tuple(run.makespan_s for run in outcome.runs) for outcome in comparison.outcomes}
    assert len(columns) == 1
    for summary in comparison.summaries[1:]:
        assert summary.difference is not None
        assert summary.difference.share == 0


def test_processes_change_nothing() -> None:
    planners = ["one-per-task", Searching(), Broken(), "uniform"]
    one, two = (compare(FORK, planners, reps=12, seed=3, processes=n) for n in (1, 2))
    assert one.outcomes == two.outcomes
    assert one.plans == two.plans
    assert one.summaries == two.summaries


def test_progress_counts_runs() -> None:
    told: list[tuple[int, int]] = []
    compare(FORK, ["heft", Refusing(), "wukong"], reps=7, report=lambda done, total: told.append((done, total)))
    assert told == [(5, 14), (7, 14), (12, 14), (14, 14)]


def test_a_planner_that_fails_is_a_row() -> None:
    comparison = compare(FORK, [Broken(), Refusing(), Foreign(), "heft"], reps=6)
    broken, refusing, foreign, heft = comparison.summaries
    assert (broken.status, refusing.status, foreign.status, heft.status) == ("error", "refused", "refused", "complete")
    assert broken.reasons[0].startswith("ZeroDivisionError: a bug (planners_for_tests.py:")
    assert refusing.reasons == ("planner: tasks is 6; expected fewer",)
    assert "fingerprint" in foreign.reasons[0]
    assert heft.difference is None  # there is nothing to compare with
    assert comparison.best == "heft"
    with pytest.raises(ValueError, match="a bug"):
        comparison.run("broken")
    with pytest.raises(KeyError):
        comparison.run("hefd")


def test_a_workflow_too_long_for_one_worker_is_refused_with_the_reason() -> None:
    """20 tasks of 60 s on one worker of one slot: 1,200 s of the 900 that there are."""
    comparison = compare("gen:forkjoin,width=18,cpu_s=60", ["all-on-one", "wukong"], reps=2)
    assert comparison.summaries[0].status == "refused"
    assert "900 s, the maximum duration" in comparison.summaries[0].reasons[0]


def test_runs_that_fail_are_left_out_and_counted() -> None:
    """12 s of work at ±50 % against a limit of 16 s and a single attempt: some runs pass, some do not."""
    settings = {"noise.sigma": "0.5", "max_duration_s": "16", "max_attempts": "1"}
    comparison = compare("gen:chain,depth=1,cpu_s=12", ["heft", "wukong"], reps=40, settings=settings)
    summary = comparison.summaries[0]
    assert summary.status == "failed"
    assert 0 < summary.n_failed < 40
    assert all("maximum duration" in reason for reason in summary.reasons)
    makespans_s = [run.makespan_s for run in comparison.outcomes[0].runs if run.makespan_s is not None]
    assert len(makespans_s) == 40 - summary.n_failed
    assert max(makespans_s) < 17
    assert summary.medians["makespan_s"] == np.median(makespans_s)
    difference = comparison.summaries[1].difference
    assert difference is not None
    assert difference.n_pairs == 40 - summary.n_failed  # both have the same luck


def test_no_run_completes() -> None:
    """13.5 s of work pass the check against 13.52 s, with the transfers they do not fit."""
    settings = {"max_duration_s": "13.52", "max_attempts": "1", "noise.sigma": "0"}
    comparison = compare("gen:chain,depth=1,cpu_s=13.5", ["heft", "wukong"], reps=2, settings=settings)
    assert comparison.best is None
    assert [summary.medians for summary in comparison.summaries] == [{}, {}]
    assert comparison.summaries[0].n_failed == 2
    run = comparison.run()
    assert run.status == "failed"
    assert run.seed == run_seeds(1, 1)[0]
    assert "failed: 2 of 2 runs" in comparison.to_text()


def test_the_first_planner_is_the_reference() -> None:
    comparison = compare(FORK, ["wukong", "all-on-one"], reps=30)
    first, second = comparison.summaries
    assert first.difference is None
    assert second.difference is not None
    assert second.difference.reference == "wukong"
    middle = second.difference.makespan_s["p50"]
    assert isinstance(middle, Estimate)
    assert first.medians["makespan_s"] is not None
    assert second.medians["makespan_s"] is not None
    assert middle.value == pytest.approx(second.medians["makespan_s"] - first.medians["makespan_s"])
    assert middle.low > 0
    assert second.difference.makespan_s["p95"] == Needs(59)


def test_the_typical_run_is_the_best_planners_median() -> None:
    comparison = compare(FORK, ["all-on-one", "heft"], reps=9)
    assert comparison.best == "heft"
    makespans_s = [run.makespan_s for run in comparison.outcomes[1].runs]
    assert comparison.run().makespan_s == np.median(makespans_s)
    assert comparison.run("all-on-one").seed == comparison.run().seed == comparison.typical_seed


def test_a_searching_planner_gets_seeds_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def spy(setting: object, seed: int, luck: object) -> object:
        seen.append(seed)
        raise RuntimeError("no need to run")

    monkeypatch.setattr("sim.evaluator.simulate_outcome", spy)
    comparison = compare(FORK, [Searching()], reps=5, seed=4)
    assert comparison.summaries[0].status == "error"
    assert seen == [planning_seeds(4, 1)[0]]
    assert seen[0] not in run_seeds(4, 5)


def test_notes_warnings_and_settings_are_told() -> None:
    comparison = compare(FORK, ["heft"], reps=2, settings={"concurrency": "3"})
    text = comparison.to_text()
    assert "concurrency = 3 sets limits.concurrency" in text
    assert comparison.outcomes[0].notes == comparison.plans[0].notes  # type: ignore[union-attr]


def test_frames_have_a_row_for_each_planner_and_run() -> None:
    comparison = compare(FORK, ["wukong", Broken()], reps=3)
    assert comparison.summary["planner"].tolist() == ["wukong", "broken"]
    assert len(comparison.runs) == 4
    assert comparison.runs["makespan_s"].notna().sum() == 3
    assert comparison.runs["failure"].iloc[3].startswith("ZeroDivisionError")
    assert repr(comparison) == "Comparison('gen:forkjoin,width=4' on 'aws-lambda-s3': 2 planners × 3 runs)"


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(BadInput) as raised:
        compare("nope", ["hefd"], "nowhere", reps=0, seed=-1, processes=0, faults=["mine"])
    told = "\n".join(raised.value.faults)
    assert len(raised.value.faults) == 7
    assert all(word in told for word in ("nope", "hefd", "nowhere", "reps", "seed", "processes", "mine"))
    with pytest.raises(BadInput, match="heft is there 2 times"):
        compare(FORK, ["heft", "heft"])
    with pytest.raises(BadInput, match="expected at least one"):
        compare(FORK, [])


def test_a_run_that_the_simulator_cannot_make_is_an_error_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(setting: object, seed: int) -> object:
        raise IndexError("out of range")

    monkeypatch.setattr("faascast.experiments.trial.simulate_setting", fails)
    [summary] = compare(FORK, ["heft"], reps=8).summaries
    assert summary.status == "error"
    assert len(summary.reasons) == 1
    assert summary.reasons[0].startswith("IndexError: out of range (test_compare.py:")


def test_what_a_platform_made_already_allows() -> None:
    comparison = faascast.compare(FORK, ["heft"], load_platform("ideal"), reps=2)
    assert comparison.platform.name == "ideal"
