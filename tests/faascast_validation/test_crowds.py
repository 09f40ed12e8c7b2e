"""What crowds cost beyond their shares is left in nothing that is fitted, and no workflow scatters as others do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from executor.records.run import Run
from faascast.experiments.calibration.calibrate import calibrate, noise_of
from faascast.experiments.calibration.evidence import Evidence, evidence_of
from faascast.experiments.calibration.noise import SIGMA
from faascast.experiments.validation.predict import Predictor
from tests.faascast_validation.hidden import DESCRIBED, chain_of, hidden_platform, runs_of
from workloads import Workflow, load_workflow

CROWD = 3
"""So many at a time are one on two cores."""
SMALL = ("commit", "notify", "invoke")


@pytest.fixture(scope="module")
def gemm() -> Workflow:
    return load_workflow("gemm")


@pytest.fixture(scope="module")
def runs(gemm: Workflow) -> list[Run]:
    """Crowded ones and calm ones."""
    platform = hidden_platform(noise__sigma=0.01)
    return runs_of(gemm, ["one-per-task", "heft", "all-on-one"], platform, 4)


def n_beside(events: dict[str, NDArray[np.generic]]) -> NDArray[np.intp]:
    """How many executions, transfers and starts overlap each row."""
    computing = np.isin(events["kind"].astype(str), ("execute", "fetch", "upload", "start"))
    begins, ends = (np.sort(events[name][computing].astype(float)) for name in ("begin_s", "end_s"))
    begin_s, end_s = (events[name].astype(float) for name in ("begin_s", "end_s"))
    return np.searchsorted(begins, end_s, "left") - np.searchsorted(ends, begin_s, "right")


def slowed(runs: Iterable[Run], kinds: tuple[str, ...], factor: float, function: str = "") -> list[Evidence]:
    """The runs with such steps, of one function if told, taking so many times as long where they met a crowd.

    The CPU time of tasks is measured.
    """
    found = []
    for run in runs:
        seen = evidence_of(run, f"seed {run.seed}")
        events, tasks = seen.tables["events"], seen.tables["tasks"]
        hit = np.isin(events["kind"].astype(str), kinds) & (n_beside(dict(events)) >= CROWD)
        if function:
            hit &= events["function"].astype(str) == function
        longer_s = (events["end_s"] - events["begin_s"]) * (factor - 1)
        late = {**events, "end_s": np.where(hit, events["end_s"] + longer_s, events["end_s"])}
        cpu_s = np.array([run.workflow.cpu_s[run.workflow.index_of_task(name)] for name in tasks["task"]])
        found.append(replace(seen, tables={**seen.tables, "events": late, "tasks": {**tasks, "cpu_s": cpu_s}}))
    return found


def test_tails_that_crowds_leave_are_not_drawn_where_there_is_none(runs: list[Run]) -> None:
    calm, crowded = (calibrate(slowed(runs, SMALL, factor), platform=DESCRIBED) for factor in (1.0, 20.0))
    for path in ("ledger.request_s", "ledger.notify_s", "invocation.call_s"):
        section, _, field = path.partition(".")
        means = [getattr(getattr(each.platform, section), field).mean_s for each in (calm, crowded)]
        assert means[1] == pytest.approx(means[0], rel=0.2)
    fit = crowded.fit("ledger.request_s")
    assert fit is not None
    assert "met a crowd" in fit.remark


def test_where_crowds_cost_nothing_all_samples_count(runs: list[Run]) -> None:
    found = calibrate(slowed(runs, SMALL, 1.0), platform=DESCRIBED)
    fit = found.fit("ledger.request_s")
    assert fit is not None
    n_requests = sum(int(np.isin(run.events["kind"].astype(str), ("commit", "read")).sum()) for run in runs)
    assert (fit.n, fit.remark) == (n_requests, "")


def test_what_crowds_cost_is_no_io() -> None:
    """One function of ten suffers from crowds, so that no share of cores explains it."""
    workflow = load_workflow("image_transformer")
    runs = runs_of(workflow, ["one-per-task", "all-on-one"], hidden_platform(noise__sigma=0.01), 4)
    [fitted] = calibrate(slowed(runs, ("execute",), 3.0, "blur"), platform=DESCRIBED).workflows
    [blur] = [group for group in fitted.groups if group.function == "blur"]
    assert blur.demand.io_s <= 0.05 * blur.demand.cpu_s


def test_each_workflow_scatters_in_its_own_way() -> None:
    calm, noisy = load_workflow("gen:forkjoin,width=6"), chain_of(0.5, 1.0, 0.7)
    recorded = [
        *runs_of(calm, ["uniform"], hidden_platform(noise__sigma=0, host__cores="none"), 8),
        *runs_of(noisy, ["uniform"], hidden_platform(noise__sigma=0.4, host__cores="none"), 20, seed=50),
    ]
    found = calibrate(recorded, platform=hidden_platform(noise__sigma=0, host__cores="none"))
    sigmas = {each.workflow.name: fit.value for each in found.workflows for fit in noise_of(each) if fit.path == SIGMA}  # type: ignore[union-attr]
    assert sigmas[calm.name] == pytest.approx(0, abs=0.01)
    assert sigmas[noisy.name] == pytest.approx(0.4, rel=0.25)
    of_all = found.fit(SIGMA)
    assert of_all is not None
    assert calm.name.partition(",")[0] in of_all.remark
    predictor = Predictor(found, 20, 1)
    steady, scattered = (
        predictor.predict(evidence_of(run, "unseen")).makespans_s for run in (recorded[0], recorded[-1])
    )
    assert steady.std() / steady.mean() < 0.1 * scattered.std() / scattered.mean()
