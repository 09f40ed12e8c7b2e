"""Same seed, same bytes; and ties at one instant may be broken in any order without losing or repeating anything."""

from __future__ import annotations

import os
import subprocess
import sys
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim.driver
from planners.plan import Plan
from platforms import Platform, load_platform
from sim import simulate
from sim.clock import Clock, Due
from tests.sim.digest import cases, digest_of, digests
from tests.sim.small import fork_join, plan_of
from tests.sim.strategies import settings_of_runs, unlimited, whole_durations
from tests.sim.test_invariants import RULES
from tests.support import ROOT
from workloads import Workflow


def test_twice_in_one_process() -> None:
    assert digests(seed=7) == digests(seed=7)


def test_the_cases_are_worth_comparing() -> None:
    """They differ from seed to seed, and from one another unless plans agree; some instances die, some are refused."""
    found = digests(seed=7)
    plans = {
        (msgspec.structs.replace(plan, planner="", notes=(), estimated_makespan_s=None), platform.fingerprint)
        for _, _, plan, platform in cases()
    }
    assert len(set(found.values())) == len(plans)
    assert all(other != found[name] for name, other in digests(seed=8).items())
    runs = {name: simulate(workflow, plan, platform, seed=7) for name, workflow, plan, platform in cases()}
    assert "killed" in runs["mixed"].invocations["status"]
    assert {"prewarm", "warm", "cold"} <= set(runs["mixed"].invocations["start"])
    assert runs["refusing"].status == "complete"


@pytest.mark.parametrize("hash_seed", ["0", "1", "4711", "random"])
def test_in_another_process(hash_seed: str) -> None:
    """Whatever order its hashes give to sets."""
    found = subprocess.run(
        [sys.executable, "-m", "tests.sim.digest"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert found == "".join(f"{name} {digest}\n" for name, digest in digests(seed=7).items())


# ties -----------------------------------------------------------------------------------------------------


class ShuffledClock(Clock):
    """Breaks ties at random inside each class of events (see `sim.clock`)."""

    rng: Random

    def __init__(self) -> None:
        super().__init__()
        in_order = self.schedule

        def in_any_order(happening: Due, rank: int, delay_ns: int) -> None:
            in_order(happening, (rank >> 96 << 96) | self.rng.getrandbits(64), delay_ns)

        self.schedule = in_any_order


@pytest.fixture
def shuffled(monkeypatch: pytest.MonkeyPatch) -> type[ShuffledClock]:
    """The simulator's clock, from now on."""
    monkeypatch.setattr(sim.driver, "Clock", ShuffledClock)
    return ShuffledClock


def test_any_order_of_what_happens_at_once(shuffled: type[ShuffledClock]) -> None:
    """Every task is committed once, and every rule holds, in whatever order simultaneous things are taken."""

    @given(settings_of_runs(unlimited, whole_durations), st.integers(0, 2**32))
    def check(setting: tuple[Workflow, Plan, Platform, int], order: int) -> None:
        workflow, plan, platform, seed = setting
        shuffled.rng = Random(order)
        run = simulate(workflow, plan, platform, seed=seed)
        assert run.status == "complete", run.failure
        assert set(run.tasks["task"]) == set(workflow.task_names)
        for rule in RULES:
            rule(run)

    check()


def test_the_order_was_shuffled(shuffled: type[ShuffledClock]) -> None:
    """Else the test above would be none: where nothing takes time, orders make different logs."""
    workflow = fork_join(5, cpu_s=0.0)
    found = set()
    for order in range(5):
        shuffled.rng = Random(order)
        found.add(digest_of(simulate(workflow, plan_of(workflow, range(7)), load_platform("ideal"), seed=1)))
    assert len(found) > 1
