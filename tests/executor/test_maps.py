"""Map nodes in any weather: the lanes within the width run once each, all others never, and everybody gets home."""

from __future__ import annotations

import io
from random import Random

import pytest
from msgspec.structs import replace

from executor.view import make_view
from executor.worker.replay import EventLog, Header, replay
from executor.worker.view import View
from tests.executor.cases import IDEAL, PATIENT, random_orders, random_plan, with_short_lives
from tests.executor.copied import with_copies
from tests.executor.lanes import RandomMaps, random_widths, without_conflicts
from tests.executor.test_flexible import weather as random_weather
from tests.executor.world import Weather, World
from tests.support import is_deep

WORLDS = 100_000 if is_deep() else 500
CHUNK = 250


def mapped_view(seed: int, *, optimized: bool = False, is_calm: bool = False) -> tuple[Random, View, dict[int, int]]:
    """A generator to go on with, a view with map nodes, and the widths of this run."""
    rng = Random(f"maps {seed}")
    workflow = RandomMaps(rng).workflow()
    plan = random_plan(rng, workflow)
    if rng.random() < 0.3:
        none = (None,) * workflow.n_tasks
        plan = replace(plan, workers=(), assignment=none, flexible_mb=rng.choice((1024, 2048)))
    if optimized:
        plan = replace(plan, orders=random_orders(rng, plan, workflow if rng.random() < 0.5 else None))
        plan = with_copies(rng, workflow, plan) if rng.random() < 0.5 else plan
        plan = without_conflicts(workflow, plan)
    view = with_short_lives(seed, make_view(workflow, plan, IDEAL if is_calm else PATIENT))
    if rng.random() < 0.5:
        view = replace(view, frugal=(True,) * view.n_workers, flexible_is_frugal=True)
    return rng, view, random_widths(rng, view)


def tried(seed: int, weather: Weather | None = None, *, optimized: bool = False) -> World:
    rng, view, widths = mapped_view(seed, optimized=optimized, is_calm=weather is not None)
    try:
        world = World(view, rng, weather or random_weather(rng), widths=widths).run()
        world.check_end()
    except Exception as error:
        raise AssertionError(f"world {seed}: {error!r}") from error
    return world


@pytest.mark.parametrize("first", range(0, WORLDS, CHUNK))
def test_in_calm_each_lane_within_the_width_runs_once(first: int) -> None:
    for seed in range(first, first + CHUNK):
        assert set(tried(seed, Weather()).executions.values()) == {1}


@pytest.mark.parametrize("first", range(0, WORLDS, CHUNK))
def test_deaths_are_recovered_from(first: int) -> None:
    for seed in range(first, first + CHUNK):
        tried(seed, Weather(kills=3))


@pytest.mark.parametrize("first", range(0, WORLDS, CHUNK))
def test_nothing_is_lost_in_any_weather(first: int) -> None:
    for seed in range(first, first + CHUNK):
        tried(seed)


@pytest.mark.parametrize("first", range(0, WORLDS, CHUNK))
def test_nor_with_optimizations(first: int) -> None:
    for seed in range(first, first + CHUNK):
        tried(seed, optimized=True)


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_logs_replay_without_a_difference(first: int) -> None:
    for seed in range(first, first + 50):
        rng, view, widths = mapped_view(seed, optimized=bool(seed % 2))
        file = io.BytesIO()
        World(view, rng, random_weather(rng), log=EventLog(file, Header(view)), widths=widths).run()
        file.seek(0)
        assert replay(file) is None, seed
