"""The store's request rates: what is over them is denied and tried again, and so many are served a second."""

from __future__ import annotations

import numpy as np
import pytest

from executor.records.critical_path import WaitCause
from executor.records.run import Run
from platforms import load_platform
from sim import simulate
from tests.sim.small import plan_of
from workloads import Workflow, WorkflowBuilder

PATIENT = {"initial_s": 0.02, "factor": 1.0, "maximum_s": 0.02, "jitter": 0.0, "attempts": 100_000}


def readers(n_tasks: int) -> Workflow:
    """Tasks that take no time, each with an input and an output of its own, of no bytes."""
    builder = WorkflowBuilder("readers")
    for i in range(n_tasks):
        builder.add_object(f"in{i}", 0)
        builder.add_object(f"out{i}", 0)
        builder.add_task(f"t{i}", inputs=[f"in{i}"], outputs=[f"out{i}"], cpu_s=0.0)
    return builder.build()


def run(n_tasks: int, **store: object) -> Run:
    workflow = readers(n_tasks)
    rates = {f"store.{name}": value for name, value in store.items()}
    platform = load_platform("ideal", {**rates, "faults.retry": PATIENT, "invocation.client_callers": n_tasks})
    return simulate(workflow, plan_of(workflow, range(n_tasks)), platform, seed=0)


@pytest.mark.parametrize(("field", "direction"), [("get_requests_per_s", "get"), ("put_requests_per_s", "put")])
def test_so_many_requests_are_served_a_second(field: str, direction: str) -> None:
    """60 at once, 4 a second and 4 at first: the k-th is served after (k − 4) / 4 s, found within 20 ms."""
    limited = run(60, **{field: 4.0})
    assert limited.status == "complete"
    moved = limited.transfers.where(limited.transfers["direction"] == direction)
    served_s = np.sort(moved["end_s"][moved["outcome"] == "done"])
    expected_s = np.maximum(0, np.arange(1, 61) - 4) / 4
    assert np.all(served_s >= expected_s - 1e-9)
    assert np.all(served_s <= expected_s + 0.02 + 1e-9)
    assert limited.makespan_s == pytest.approx(14.0, abs=0.021)
    assert (moved["outcome"] == "throttled").sum() > 1000
    assert run(60).makespan_s == 0.0


def test_the_waits_are_told_as_throttling() -> None:
    limited = run(8, get_requests_per_s=1.0)
    by_cause: dict[WaitCause, int] = {}
    for segment in limited.critical_path():
        by_cause[segment.cause] = by_cause.get(segment.cause, 0) + segment.length_ns
    assert set(by_cause) == {WaitCause.THROTTLE}
    assert sum(by_cause.values()) == limited.makespan_ns


def test_denied_requests_are_billed_and_counted() -> None:
    limited = run(8, get_requests_per_s=1.0)
    assert limited.bill["store gets"].quantity == (limited.transfers["direction"] == "get").sum() > 8
    assert limited.waste.transfers_s == 0.0  # a denial takes the latency, which is none here
