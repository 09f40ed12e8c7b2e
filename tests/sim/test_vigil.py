"""Who waits for messages looks again and again; a stuck run ends all the same, however many look and lose answers.

Bounds are numbers of happenings, never times: without the rule that is tested, each would go on for years.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from executor.faults import ScriptedFault
from executor.records.operations import Kind
from executor.records.run import Run
from executor.worker.instructions import CLIENT
from planners.orders import EarlyCall, Orders
from platforms import Platform, load_platform
from sim import Setting, at, simulate, simulate_arrivals
from sim.clock import Clock
from tests.sim.small import chain, independent_tasks, plan_of
from workloads import Workflow, WorkflowBuilder

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


def scripted(workflow: Workflow, assignment: list[int], *faults: ScriptedFault, **overrides: object) -> Run:
    figures = {"faults__poll_s": 2.0, "faults__timeout_s": 10.0, **overrides}
    platform = load_platform("ideal", {name.replace("__", "."): value for name, value in figures.items()})
    return simulate(workflow, plan_of(workflow, assignment, hold=True), platform, seed=1, faults=faults)


def test_who_lost_the_answer_has_not_looked(at_most: AtMost) -> None:
    """The client misses its message, and asks in vain at 2, 14 and 26 s; at 38 s it hears that all is done."""
    workflow = independent_tasks([(0.0, 1.0, 1.0)])
    lost = [ScriptedFault("t0", 1, "message-lost"), *(ScriptedFault("t0", k, "read-lost") for k in (1, 2, 3))]
    at_most(100)
    run = scripted(workflow, [0], *lost, faults__retry__attempts=1)
    assert run.status == "complete"
    asked = run.operations["begin_ns"][run.operations["kind"] == Kind.READ] / 1e9
    assert asked.tolist() == [2, 14, 26, 38]


def test_who_stopped_looking_looks_again_when_things_move(at_most: AtMost) -> None:
    """A and b, 1 s each, then c, 10 s, on b's worker, which hears nothing of a and loses the answer of its look.

    That look is at 3 s, and again at 13. The client looks at 2 s; at 4 nothing is left but looking, so it stops; from
    13 on c runs, so it looks at 15, 17, 19 and 21, before c ends at 23.
    """
    builder = WorkflowBuilder("join")
    builder.add_task("a", cpu_s=1.0)
    builder.add_task("b", cpu_s=1.0)
    builder.add_task("c", cpu_s=10.0, after=["a", "b"])
    workflow = builder.build()
    faults = [ScriptedFault("c", 1, "message-lost"), ScriptedFault("c", 3, "read-lost")]
    at_most(200)
    run = scripted(workflow, [0, 1, 1], *faults)
    assert run.makespan_s == 23
    reads = run.operations.where((run.operations["kind"] == Kind.READ) & (run.operations["invocation"] == CLIENT))
    assert (reads["begin_ns"] / 1e9).tolist() == [2, 15, 17, 19, 21]


@pytest.mark.parametrize("after_s", [0.0, 0.5])
def test_a_call_made_early_by_a_timer_leaves_nothing_to_look_for(at_most: AtMost, after_s: float) -> None:
    """A worker calls another while it runs, and keeps the only instance for what comes after: all only look."""
    workflow = chain(3)
    plan = plan_of(workflow, [0, 1, 0], hold=True)
    early = msgspec.structs.replace(plan, orders=Orders(call_early=(EarlyCall(0, 1, after_s),)))
    platform = load_platform("ideal", {"limits.concurrency": 1, "limits.max_attempts": 2, "faults.poll_s": 3.0})
    at_most(500)
    run = simulate(workflow, early, platform, seed=1)
    assert run.failure is not None
    assert run.failure.startswith("deadlock")
