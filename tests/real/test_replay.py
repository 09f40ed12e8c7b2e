"""What machines of real runs were told brings fresh ones to the same instructions, with all optimizations there are.

That is asserted of every run that `carried_out` carries out; here it is also shown that other machines are told apart.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from unittest.mock import patch

import pytest

from executor.worker import consumers, inputs, leaving, outbox
from executor.worker.replay import replay
from planners.registry import make_planner
from planners.switches import all_switches
from sim.evaluator import SimulatedEvaluator
from tests.executor import test_mutations as mutations
from tests.executor_local.programs import Ground
from tests.optimizations.test_combinations import NAMES
from tests.real.carried import carried_out, deeds, merged, of_named, recounted, simulated
from tests.real.optimized import groups, mixed_program, plan_with
from tests.real.programs import held_case, optimized_case, tiny

BY_TIME = ("backup", "delay-io", "duplicate")
"""What these do depends on who is faster; and so does what flexible workers do."""
MUTANTS: tuple[tuple[object, str, Callable[..., object]], ...] = (
    (inputs.Inputs, "fetched", mutations._forgets_who_waits),
    (outbox.Outbox, "send", mutations._commits_before_uploads),
    (consumers, "needed_elsewhere", mutations._keeps_results),
    (leaving.Leaving, "rest", mutations._leaves_early),
)


@pytest.mark.parametrize("name", NAMES)
def test_each_optimization_alone(here: Ground, name: str) -> None:
    plan = plan_with((name,))
    run = carried_out(here, mixed_program(), plan)
    account = all_switches()[name].account(recounted(run))  # type: ignore[attr-defined]
    assert account.planned
    assert account.applied == account.used + account.wasted
    if name not in BY_TIME:
        assert of_named(deeds(merged(run)), plan) == of_named(deeds(simulated(run)), plan)


def test_all_optimizations_together(here: Ground) -> None:
    together = groups(here.local.platform)
    assert {name for group in together for name in group} == set(NAMES)
    for group in together:
        recounted(carried_out(here, mixed_program(), plan_with(group)))


@pytest.mark.parametrize("seed", range(10))
def test_anything_at_once(here: Ground, seed: int) -> None:
    """Random plans: flexible workers, workers that release, copies, streams, held back data."""
    program, plan = optimized_case(seed)
    recounted(carried_out(here, program, plan))


def test_what_a_planner_keeps_of_all(here: Ground) -> None:
    program = tiny("text_analysis,text_bytes=3000,counts=3,segments=4,overviews=2")
    evaluator = SimulatedEvaluator(program.workflow, here.local.platform, 1)
    plan = make_planner("one-per-task[optimizations=all]").plan(program.workflow, here.local.platform, evaluator)
    carried_out(here, program, plan)


@pytest.fixture(scope="module")
def logs(here: Ground) -> list[io.BytesIO]:
    """Those of some runs."""
    cases = [held_case(seed) for seed in range(2)]
    flexible = tiny("wordcount,chunks=5,chunk_bytes=900")
    cases.append((flexible, make_planner("wukong").plan(flexible.workflow, here.local.platform)))
    return [merged(carried_out(here, program, plan)) for program, plan in cases]


@pytest.mark.parametrize(("owner", "name", "mutant"), MUTANTS, ids=lambda value: getattr(value, "__name__", ""))
def test_another_machine_is_told_apart(
    logs: list[io.BytesIO], owner: object, name: str, mutant: Callable[..., object]
) -> None:
    with patch.object(owner, name, mutant):
        differences = [_replayed(log) for log in logs]
    assert any(differences), f"nobody noticed: {mutant.__doc__}"
    assert not any(_replayed(log) for log in logs)


def _replayed(log: io.BytesIO) -> object:
    log.seek(0)
    return replay(log)
