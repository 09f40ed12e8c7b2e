"""Instances killed with -9 at any moment: the run ends with the right results, and what each did until then is told."""

from __future__ import annotations

import signal
from pathlib import Path
from random import Random
from threading import Timer
from typing import Any

import pytest

from executor.instance.messages import Running
from tests.executor.cases import PATIENT, random_view
from tests.executor_instance.platform import MiniPlatform
from tests.executor_instance.processes import Process
from tests.executor_instance.test_weather import expected, hurried, staged
from tests.support import is_deep

RUNS = 200 if is_deep() else 5
KILLS = 3


class Killer:
    """Kills instances some milliseconds after an invocation has started."""

    def __init__(self, seed: int) -> None:
        self._rng = Random(f"kills {seed}")
        self._left = KILLS
        self._timers: list[Timer] = []

    def saw(self, _: MiniPlatform, process: Process, message: Any) -> None:
        if self._left and isinstance(message, Running):
            self._left -= 1
            timer = Timer(self._rng.choice((0, 0.002, 0.005, 0.01)), process.kill_if_alive)
            timer.start()
            self._timers.append(timer)

    def join(self) -> None:
        for timer in self._timers:
            timer.join()


@pytest.mark.parametrize("seed", range(RUNS))
def test_a_run_survives_its_instances(tmp_path: Path, seed: int) -> None:
    _, view = random_view(seed, most=12, platform=PATIENT, optimized=seed % 2 == 1)
    view = hurried(view)
    killer = Killer(seed)
    with staged(tmp_path, view) as stage:
        platform = MiniPlatform(stage, killer.saw)
        leave = platform.run()
        killer.join()
        assert leave.status == "done", leave
        values = expected(view)
        for found, is_result in enumerate(view.is_result):
            if is_result:
                assert stage.committed(view.producer[found], found) == values[found]
        assert stage.replayed() is None
        assert set(platform.codes) <= {0, -signal.SIGKILL}
        for delivery in platform.deliveries:
            frames = stage.frames(delivery.number)
            assert [(frame.worker, frame.epoch) for frame in frames] == [(delivery.worker, delivery.epoch)] * len(
                frames
            )
            if delivery.left:
                assert frames[-1].instructions[-1].status == delivery.left.status
