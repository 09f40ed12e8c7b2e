"""A recorded log goes through fresh machines without a difference; a changed machine shows at its first change."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.worker.events import Executed, WorkerEvent
from executor.worker.instructions import AnyInstruction, Upload
from executor.worker.machine import Worker
from executor.worker.replay import EventLog, Header, replay
from tests.executor.cases import random_view
from tests.executor.world import Weather, World


def recorded(seed: int, kills: int = 0) -> io.BytesIO:
    """The log of a random world."""
    rng, view = random_view(seed)
    file = io.BytesIO()
    World(view, rng, Weather(kills=kills), log=EventLog(file, Header(view))).run().check_end()
    file.seek(0)
    return file


@given(st.integers(0, 2**32), st.integers(0, 2))
def test_a_log_replays_without_a_difference(seed: int, kills: int) -> None:
    assert replay(recorded(seed, kills)) is None


class NeverUploads(Worker):
    """Forgets its uploads."""

    def handle(self, event: WorkerEvent) -> list[AnyInstruction]:
        return [i for i in super().handle(event) if not isinstance(i, Upload)]


class Breaks(Worker):
    """Falls over after a task."""

    def handle(self, event: WorkerEvent) -> list[AnyInstruction]:
        if isinstance(event, Executed):
            raise RuntimeError("out of order")
        return super().handle(event)


@pytest.mark.parametrize("broken", [NeverUploads, Breaks])
def test_a_changed_machine_is_found_at_its_first_difference(broken: Any) -> None:
    found = [difference for seed in range(30) if (difference := replay(recorded(seed), broken))]
    assert found
    assert all(difference.replayed != difference.recorded for difference in found)


def test_a_log_cut_in_the_middle_is_refused() -> None:
    whole = recorded(5).getvalue()
    with pytest.raises(ValueError, match="middle of a frame"):
        replay(io.BytesIO(whole[:-3]))
