"""What flexible workers may be asked for, in any weather: clustering, held outputs, trees of calls.

Random worlds in which most tasks are flexible, and thresholds that some objects reach: each task is committed once,
everybody gets home, a later epoch runs the least set, nothing is fetched that is not stored; the log of each replays.
"""

from __future__ import annotations

import io
from collections import Counter
from random import Random
from typing import ClassVar
from unittest.mock import patch

import pytest
from msgspec.structs import replace

from executor.view import make_view
from executor.worker import calls, held
from executor.worker.events import TaskReady, Wanted, WorkerEvent
from executor.worker.instructions import AnyInstruction
from executor.worker.machine import Worker
from executor.worker.replay import EventLog, Header, replay
from executor.worker.view import View
from planners.orders import Orders
from tests.executor.cases import PATIENT, flexible_orders, random_plan, random_workflow, with_short_lives
from tests.executor.world import Weather, World
from tests.support import is_deep

WORLDS = 100_000 if is_deep() else 2_000
CHUNK = 250


def flexible_view(seed: int) -> tuple[Random, View]:
    """A generator to go on with, and a view; most tasks flexible."""
    rng = Random(f"flexible {seed}")
    workflow = random_workflow(rng, rng.choice((6, 10, 14)))
    plan = random_plan(rng, workflow)
    if rng.random() < 0.6 or not plan.n_flexible:
        assignment = (None,) * workflow.n_tasks
        plan = replace(plan, workers=(), assignment=assignment, flexible_mb=rng.choice((1024, 2048)))
    orders = Orders(**flexible_orders(rng), fan_out_helpers=rng.choice((None, 1, 1, 2, 3)))
    view = with_short_lives(seed, make_view(workflow, replace(plan, orders=orders), PATIENT))
    if rng.random() < 0.4:
        view = replace(view, frugal=(True,) * view.n_workers, flexible_is_frugal=True)
    return rng, view


def weather(rng: Random) -> Weather:
    return Weather(
        lost=rng.choice((0, 0.3)),
        fails=rng.choice((0, 0.05, 0.3)),
        kills=rng.choice((0, 0, 3)),
        false_alarms=rng.choice((0, 0, 2)),
    )


def tried(seed: int) -> World:
    rng, view = flexible_view(seed)
    try:
        world = World(view, rng, weather(rng)).run()
        world.check_end()
    except Exception as error:
        raise AssertionError(f"world {seed}: {error!r}") from error
    return world


@pytest.mark.parametrize("first", range(0, WORLDS, CHUNK))
def test_nothing_is_lost_in_any_weather(first: int) -> None:
    for seed in range(first, first + CHUNK):
        tried(seed)


class Counting(Worker):
    """Notes what it is told that only held outputs bring about."""

    heard: ClassVar[Counter[str]] = Counter()

    def handle(self, event: WorkerEvent) -> list[AnyInstruction]:
        if isinstance(event, Wanted) or (isinstance(event, TaskReady) and self.worker >= self.view.n_workers):
            self.heard[type(event).__name__] += 1
        return super().handle(event)


def test_all_of_it_is_among_what_is_tried() -> None:
    happened: Counter[str] = Counter()
    spread, send = calls.spread, held.Held._send

    def spreads(*args: object) -> object:
        shares = spread(*args)  # type: ignore[arg-type]
        happened["shares"] += any(call.also for call in shares)
        return shares

    def sends(self: held.Held, *args: object) -> None:
        happened["sent"] += 1
        send(self, *args)  # type: ignore[arg-type]

    Counting.heard.clear()
    with patch.object(calls, "spread", spreads), patch.object(held.Held, "_send", sends):
        for seed in range(400):
            rng, view = flexible_view(seed)
            World(view, rng, weather(rng), worker_type=Counting).run().check_end()
    assert min(happened["shares"], happened["sent"]) > 20
    assert Counting.heard["Wanted"] > 2
    assert Counting.heard["TaskReady"] > 10


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_logs_replay_without_a_difference(first: int) -> None:
    for seed in range(first, first + 50):
        rng, view = flexible_view(seed)
        file = io.BytesIO()
        World(view, rng, weather(rng), log=EventLog(file, Header(view))).run()
        file.seek(0)
        assert replay(file) is None, seed


@pytest.mark.parametrize("seed", range(20))
def test_larger_workflows(seed: int) -> None:
    rng = Random(seed)
    workflow = random_workflow(rng, 60)
    plan = random_plan(rng, workflow)
    plan = replace(plan, workers=(), assignment=(None,) * workflow.n_tasks, flexible_mb=2048)
    orders = Orders(**flexible_orders(rng), fan_out_helpers=rng.choice((None, 1, 2)))
    view = make_view(workflow, replace(plan, orders=orders), PATIENT)
    World(view, rng, Weather(lost=0.2, fails=0.1, kills=3, false_alarms=2)).run().check_end()
