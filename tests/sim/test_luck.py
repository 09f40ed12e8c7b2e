"""Common random numbers: two plans under one seed share the luck of what they share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from executor.records.operations import Kind
from executor.records.run import Run
from sim import simulate
from tests.sim.figures import figures
from tests.sim.small import fork_join, independent_tasks, plan_of
from workloads import Workflow

EXPONENTIAL = {"kind": "exponential", "mean_s": 0.1}
NOISY = {
    "noise": {"sigma": 0.3, "straggler_probability": 0.2, "straggler_factor": 3.0},
    **dict.fromkeys(("provisioning_s", "start.init_s", "warm_s", "call_s"), EXPONENTIAL),
    **dict.fromkeys(("get_latency_s", "put_latency_s", "ledger.request_s", "notify_s"), EXPONENTIAL),
}
WIDTH = 4
PLANS: tuple[Sequence[int | None], ...] = (
    [0] * 6,
    list(range(6)),
    [0, 0, 0, 1, 1, 0],
    [None] * 6,
    [0, 0, None, 1, None, 0],
)


def noisy_run(workflow: Workflow, assignment: Sequence[int | None], seed: int) -> Run:
    return simulate(workflow, plan_of(workflow, assignment), figures(**NOISY), seed=seed)


def luck_of(run: Run, kind: Kind) -> dict[tuple[int, int], int]:
    """Per task and object, what the operation takes alone."""
    rows = run.operations.where(run.operations["kind"] == kind)
    return {(row["task"], row["object"]): row["alone_ns"] for row in rows.rows()}


@pytest.mark.parametrize("kind", [Kind.EXECUTE, Kind.FETCH, Kind.UPLOAD, Kind.INVOKE])
@pytest.mark.parametrize("seed", [1, 2])
def test_what_two_plans_share_takes_them_as_long(kind: Kind, seed: int) -> None:
    workflow = fork_join(WIDTH)
    shared = [luck_of(noisy_run(workflow, assignment, seed), kind) for assignment in PLANS]
    common = [len(first.keys() & second.keys()) for first in shared for second in shared]
    assert max(common) >= WIDTH
    for first in shared:
        for second in shared:
            assert all(first[key] == second[key] for key in first.keys() & second.keys())


def test_another_seed_is_other_luck() -> None:
    workflow = fork_join(WIDTH)
    first, second = (luck_of(noisy_run(workflow, PLANS[1], seed), Kind.EXECUTE) for seed in (1, 2))
    assert all(first[key] != second[key] for key in first)


def test_start_up_is_of_the_task_that_caused_it() -> None:
    """A worker that is started for w3 starts as long whoever else is on it."""
    workflow = fork_join(WIDTH)
    alone, together = (noisy_run(workflow, assignment, 1) for assignment in (list(range(6)), [0, 0, 0, 0, 1, 1]))
    length_s = [
        float((run.invocations["started_s"] - run.invocations["admitted_s"])[run.invocations["task"] == 4][0])
        for run in (alone, together)
    ]
    assert length_s[0] == pytest.approx(length_s[1], abs=1e-9)


def test_sizes_share_their_luck() -> None:
    """The cold start of a task's worker does not depend on its size where the platform's does not."""
    workflow = fork_join(WIDTH)
    starts = []
    for size_mb in (1769, 3538):
        run = simulate(workflow, plan_of(workflow, list(range(6)), size_mb=size_mb), figures(**NOISY), seed=1)
        starts.append(np.sort(run.invocations["started_s"] - run.invocations["admitted_s"]))
    assert starts[0] == pytest.approx(starts[1], abs=1e-9)


def test_noise_has_mean_one() -> None:
    """Over 20,000 tasks, within three and a half standard errors: σ_f/√n, σ_f² = e^(σ²) − 1."""
    n, sigma = 20_000, 0.5
    workflow = independent_tasks([(0.0, 1.0, 1.0)] * n)
    run = simulate(workflow, plan_of(workflow, [0] * n), figures(noise={"sigma": sigma}), seed=1)
    spread = float(np.sqrt(np.exp(sigma**2) - 1))
    assert abs(run.tasks["alone_s"].mean() - 1) < 3.5 * spread / n**0.5
    assert run.tasks["alone_s"].std() == pytest.approx(spread, rel=0.05)
