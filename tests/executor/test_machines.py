"""Machines over a fake link: whatever the order, each task is committed once and everybody gets home."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.executor.cases import random_view
from tests.executor.world import Weather, World

SEEDS = st.integers(0, 2**32)


@given(SEEDS)
def test_any_order_of_ends_commits_each_task_once(seed: int) -> None:
    rng, view = random_view(seed)
    world = World(view, rng).run()
    world.check_end()
    assert set(world.executions.values()) == {1}


@given(SEEDS)
@example(11881)  # a release that called a task stored while a child that had read it was not committed
def test_deaths_are_recovered_from(seed: int) -> None:
    rng, view = random_view(seed)
    World(view, rng, Weather(kills=3)).run().check_end()


@pytest.mark.parametrize("seed", range(20))
def test_larger_workflows(seed: int) -> None:
    rng, view = random_view(seed, most=60)
    World(view, rng, Weather(kills=seed % 4)).run().check_end()
