"""Who waits for messages looks again and again; a stuck run ends all the same, however many look and lose answers.

Bounds are numbers of happenings, never times: without the rule that is tested, each would go on for years.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from platforms import Platform, load_platform
from sim import Setting, at, simulate, simulate_arrivals
from sim.clock import Clock
from tests.sim.small import chain, plan_of
from workloads import WorkflowBuilder

AtMost = Callable[[int], None]


@pytest.fixture
def at_most(monkeypatch: pytest.MonkeyPatch) -> AtMost:
    """Sets how many things may happen in virtual time from now on."""

    def bound(n: int) -> None:
        left = iter(range(n))

        def run(clock: Clock) -> None:
            while any(True for _ in clock.to_come):
                if next(left, None) is None:
                    pytest.fail(f"not over after {n} happenings", pytrace=False)
                clock._environment.step()

        monkeypatch.setattr(Clock, "run", run)

    return bound


def losing(part: float, **overrides: object) -> Platform:
    """A part of all requests gets no answer, and whoever waits asks every two seconds."""
    return load_platform(
        "ideal",
        {
            "faults.rates.request_loss": part,
            "faults.poll_s": 2.0,
            "faults.timeout_s": 1.0,
            "faults.retry.attempts": 10,
            "limits.backoff": {"attempts": 100, "initial_s": 0.1, "maximum_s": 0.1},
            **{name.replace("__", "."): value for name, value in overrides.items()},
        },
    )


def test_many_stuck_requests_that_lose_answers_end(at_most: AtMost) -> None:
    """Each holds the only instance and waits for its other worker, while forty clients ask and lose 3 answers in 10."""
    workflow = chain(3)
    ready = Setting(workflow, plan_of(workflow, [0, 1, 0], hold=True), losing(0.3, limits__concurrency=1))
    at_most(40_000)
    result = simulate_arrivals([ready], at([0.0] * 40), seed=1)
    assert result.requests["status"].tolist() == ["failed"] * 40
    assert all("deadlock" in failure for failure in result.requests["failure"])


def test_a_stuck_run_whose_answers_are_mostly_lost_ends_soon(at_most: AtMost) -> None:
    """Twelve workers hold all instances and wait for a thirteenth; nine in ten of their questions get no answer."""
    builder = WorkflowBuilder("hourglass")
    firsts, lasts = [f"first{k}" for k in range(12)], [f"last{k}" for k in range(12)]
    for name in firsts:
        builder.add_task(name, cpu_s=1.0)
    builder.add_task("middle", cpu_s=1.0, after=firsts)
    for name in lasts:
        builder.add_task(name, cpu_s=1.0, after=["middle"])
    workflow = builder.build()
    plan = plan_of(workflow, [*range(12), 12, *range(12)], hold=True)
    platform = losing(0.9, limits__concurrency=12, faults__retry__attempts=1000)
    at_most(10_000)
    run = simulate(workflow, plan, platform, seed=1)
    assert run.failure is not None
    assert run.failure.startswith("deadlock")


def test_a_lost_answer_is_asked_for_again_until_it_is_heard(at_most: AtMost) -> None:
    """Every message is lost and half of the answers: each worker and the client find out by asking, and all is done."""
    workflow = chain(4)
    plan = plan_of(workflow, [0, 1, 0, 1], hold=True)
    at_most(2_000)
    for seed in range(5):
        run = simulate(workflow, plan, losing(0.5, faults__rates__message_loss=1.0), seed=seed)
        assert run.status == "complete"
