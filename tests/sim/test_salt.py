"""Back-offs are scattered anew in each run, the same for every plan under one seed, and the same in a replay."""

from __future__ import annotations

from io import BytesIO

import numpy as np

from executor.records.operations import Kind
from executor.worker.replay import replay
from platforms import Platform, load_platform
from sim import Setting, at, simulate, simulate_arrivals
from sim.salt import salted
from tests.sim.small import chain, plan_of

SEEDS = range(40)


def failing(jitter: float) -> Platform:
    """Every first run of a task fails three times in four; the waits are 8 s, all of it left to chance or nothing."""
    retry = {"initial_s": 8.0, "factor": 1.0, "maximum_s": 8.0, "jitter": jitter, "attempts": 100}
    return load_platform("ideal", {"faults.retry": retry, "faults.rates.task_error": 0.75})


def waits_s(seed: int, assignment: tuple[int, ...] = (0,), log: BytesIO | None = None) -> list[float]:
    workflow = chain(len(assignment))
    operations = simulate(workflow, plan_of(workflow, assignment), failing(1.0), seed=seed, event_log=log).operations
    waits = operations["kind"] == Kind.TIMER
    return [float(ns) / 1e9 for ns in (operations["end_ns"] - operations["begin_ns"])[waits]]


def test_the_first_wait_differs_from_seed_to_seed() -> None:
    """Uniform on 0 to 8 s: the mean of about thirty is 4 within 3.5 standard errors."""
    firsts = [waits[0] for seed in SEEDS if (waits := waits_s(seed))]
    assert len(set(firsts)) == len(firsts) > 20
    assert abs(np.mean(firsts) - 4) < 3.5 * 8 / np.sqrt(12 * len(firsts))
    assert waits_s(7) == waits_s(7)


def test_plans_under_one_seed_wait_alike() -> None:
    """The salt is of the seed and of the number of the run."""
    views = [Setting(chain(2), plan_of(chain(2), plan), failing(1.0)).view for plan in ((0, 0), (0, 1))]
    assert salted(views[0], (7,), 0).again == salted(views[1], (7,), 0).again
    assert salted(views[0], (7,), 0).again != salted(views[0], (7,), 1).again


def test_without_jitter_the_view_is_left_as_it_is() -> None:
    view = Setting(chain(1), plan_of(chain(1), (0,)), failing(0.0)).view
    assert salted(view, (7,), 0) is view


def test_a_replay_waits_as_the_run_did() -> None:
    log = BytesIO()
    assert waits_s(2, (0, 1, 0), log)
    log.seek(0)
    assert replay(log) is None


def test_requests_of_one_simulation_wait_each_by_itself() -> None:
    workflow = chain(1)
    ready = Setting(workflow, plan_of(workflow, (0,)), failing(1.0))
    latency_s = simulate_arrivals([ready], at([0.0] * 40), seed=1).requests["latency_s"]
    waited = latency_s[latency_s > 1.0]
    assert len(np.unique(waited)) == len(waited) > 20
