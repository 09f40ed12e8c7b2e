"""How long and how often faults are: answers known by hand, and rates against what is expected of them.

All on a platform where nothing but tasks, of a second or so, takes time.
"""

from __future__ import annotations

from functools import cache
from math import exp, sqrt
from typing import Any

import pytest

from executor.faults import ScriptedFault
from executor.records.operations import Kind, Outcome
from executor.records.run import Run
from planners.plan import Plan
from platforms import load_platform
from sim import simulate
from tests.sim.small import independent_tasks, plan_of
from workloads import Workflow, WorkflowBuilder

ONE = independent_tasks([(0.0, 4.0, 1.0)])
"""A task of four seconds."""


def run(workflow: Workflow, plan: Plan, *faults: ScriptedFault, seed: int = 1, **overrides: object) -> Run:
    platform = load_platform("ideal", {name.replace("__", "."): value for name, value in overrides.items()})
    return simulate(workflow, plan, platform, seed=seed, faults=faults)


def alone(*faults: ScriptedFault, seed: int = 1, **overrides: object) -> Run:
    return run(ONE, plan_of(ONE, [0]), *faults, seed=seed, **overrides)


# how long -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [0.0, 0.25, 1.0 - 1e-9])
def test_a_crash_comes_after_its_part_of_the_time(part: float) -> None:
    died = alone(ScriptedFault("t0", 1, "crash", "run", part), limits__max_attempts=2)
    assert died.invocations["ended_s"].tolist() == pytest.approx([4 * part, 4 + 4 * part])
    assert died.makespan_s == pytest.approx(4 + 4 * part)


@pytest.mark.parametrize("part", [0.25, 0.75])
def test_a_false_alarm_comes_after_its_part_of_the_time(part: float) -> None:
    """Both epochs run; the second, which began when the first was taken for dead, is the one that may commit."""
    doubted = alone(ScriptedFault("t0", 1, "false-alarm", "run", part), limits__max_attempts=2)
    assert doubted.invocations["requested_s"].tolist() == pytest.approx([0, 4 * part])
    assert doubted.makespan_s == pytest.approx(4 + 4 * part)


@pytest.mark.parametrize("detection_s", [0.0, 7.0])
def test_a_death_is_noticed_when_it_is_detected(detection_s: float) -> None:
    """Dead after 2 s, noticed after 7 more, and then all 4 s again."""
    died = alone(ScriptedFault("t0", 1, "crash"), limits__max_attempts=2, faults__detection_s=detection_s)
    assert died.invocations["requested_s"].tolist() == [0, 2 + detection_s]
    assert died.makespan_s == 2 + detection_s + 4


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("fault", ["commit-lost", "call-lost"])
@pytest.mark.parametrize("timeout_s", [0.5, 9.0])
def test_an_answer_is_waited_for_until_the_timeout(fault: str, timeout_s: float, times: int) -> None:
    lost = [ScriptedFault("t0", attempt, fault) for attempt in range(1, times + 1)]
    again: dict[str, Any] = {"faults__timeout_s": timeout_s, "limits__backoff__attempts": 3}
    assert run(ONE, plan_of(ONE, [0]), *lost, **again).makespan_s == 4 + times * timeout_s


@pytest.mark.parametrize("late_s", [0.0, 5.0])
def test_a_late_message_comes_so_much_later(late_s: float) -> None:
    """C (1 s), on the worker of b (1 s), waits for a (3 s) elsewhere and hears of it late."""
    builder = WorkflowBuilder("join")
    builder.add_task("a", cpu_s=3.0)
    builder.add_task("b", cpu_s=1.0)
    builder.add_task("c", cpu_s=1.0, after=["a", "b"])
    workflow = builder.build()
    late = ScriptedFault("c", 1, "message-late")
    assert run(workflow, plan_of(workflow, [0, 1, 1]), late, faults__late_s=late_s).makespan_s == 4 + late_s


# how often ------------------------------------------------------------------------------------------------

SEEDS = range(500)
RATE_PER_S = 0.05


def agrees(share: float, expected: float, n: int) -> bool:
    """Within 3.5 standard errors."""
    return abs(share - expected) < 3.5 * sqrt(expected * (1 - expected) / n)


@cache
def struck_by(rate: str) -> list[Run]:
    overrides = {"limits.max_attempts": 1, f"faults.rates.{rate}": RATE_PER_S}
    platform, plan = load_platform("ideal", overrides), plan_of(ONE, [0])
    return [simulate(ONE, plan, platform, seed=seed) for seed in SEEDS]


@pytest.mark.parametrize("rate", ["crash_per_s", "false_alarm_per_s"])
def test_what_may_happen_at_any_moment_does_so_at_its_rate(rate: str) -> None:
    """Poisson: of invocations of 4 s, 1 − e^(−4 · 0.05) are struck, 18 %."""
    struck = sum(bool((each.operations["kind"] == Kind.LOST).any()) for each in struck_by(rate)) / len(SEEDS)
    assert agrees(struck, 1 - exp(-4 * RATE_PER_S), len(SEEDS))


def test_deaths_come_evenly_over_the_time() -> None:
    """Of those that die within 4 s, those within 2: (1 − e^−.1) / (1 − e^−.2)."""
    failed = [each for each in struck_by("crash_per_s") if each.status == "failed"]
    ends_s = [float(each.invocations["ended_s"][0]) for each in failed]
    early = sum(end_s < 2 for end_s in ends_s) / len(ends_s)
    assert agrees(early, (1 - exp(-2 * RATE_PER_S)) / (1 - exp(-4 * RATE_PER_S)), len(ends_s))


def test_second_attempts_fail_as_often_as_first_ones() -> None:
    """The store fails half of all gets, also those of an epoch that follows a death.

    Where the first one does not fail, nothing need be looked after until the worker dies.
    """
    builder = WorkflowBuilder("reader")
    builder.add_object("in", 10)
    builder.add_task("t0", inputs=["in"], cpu_s=1.0)
    workflow = builder.build()
    plan, crash = plan_of(workflow, [0]), ScriptedFault("t0", 1, "crash")
    overrides = {"limits__max_attempts": 2, "faults__rates__store_error": 0.5, "faults__retry__attempts": 50}
    seconds = []
    for seed in range(300):
        operations = run(workflow, plan, crash, seed=seed, **overrides).operations
        gets = operations["outcome"][operations["kind"] == Kind.FETCH].tolist()
        if gets[0] == Outcome.DONE:
            seconds.append(gets[1] == Outcome.FAILED)
    assert agrees(len(seconds) / 300, 0.5, 300)
    assert agrees(sum(seconds) / len(seconds), 0.5, len(seconds))
