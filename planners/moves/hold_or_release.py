"""Hold or release: a worker that waits is billed, one that is called anew has to start; whichever costs less."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from planners.edits import holding
from planners.moves.move import Move, Scene
from planners.plan import Plan

_SINGLES = 8
"""So many are tried alone."""


class HoldOrRelease(Move):
    """Workers that wait long let go, and those that were called anew hold."""

    def proposals(self, scene: Scene) -> Iterator[Plan]:
        """Those whose waiting costs most together, then half of them, and so on; then one by one."""
        waits = waiting_usd(scene)
        held = [worker for worker in _by_waiting(waits) if scene.plan.workers[worker].hold and waits[worker] > 0]
        released = [i for i, each in enumerate(scene.plan.workers) if not each.hold and len(scene.tasks_of[i]) > 1]
        for workers, hold in ((held, False), (released, True)):
            yield from (holding(scene.plan, group, hold) for group in _groups(workers))


def waiting_usd(scene: Scene) -> list[float]:
    """Per worker, the mean price of the time for which it is up and does nothing for any of its tasks."""
    observation, prices = scene.observation, scene.platform.prices
    found = []
    for worker, tasks in enumerate(scene.tasks_of):
        rows = np.array(tasks)
        idle = [
            _idle_s(up, left, observation.gathers_s[run, rows], observation.committed_s[run, rows])
            for run, (up, left) in enumerate(
                zip(observation.up_s[:, worker], observation.left_s[:, worker], strict=True)
            )
        ]
        usd_per_s = prices.usd_per_s(scene.plan.workers[worker].memory_mb)
        found.append(float(np.nanmean(idle)) * usd_per_s if np.isfinite(idle).any() else 0.0)
    return found


def _idle_s(up_s: float, left_s: float, begins_s: np.ndarray, ends_s: np.ndarray) -> float:
    """Of a worker's life, what none of its tasks covers; NaN where it did not live."""
    covered_s, until_s = 0.0, up_s
    for begin_s, end_s in sorted(zip(begins_s.tolist(), ends_s.tolist(), strict=True)):
        covered_s += max(0.0, end_s - max(begin_s, until_s))
        until_s = max(until_s, end_s)
    return max(0.0, float(left_s - up_s) - covered_s)


def _by_waiting(waits: Sequence[float]) -> list[int]:
    return sorted(range(len(waits)), key=lambda worker: (-waits[worker], worker))


def _groups(workers: Sequence[int]) -> Iterator[Sequence[int]]:
    n = len(workers)
    while n > 1:
        yield workers[:n]
        n //= 2
    yield from ([worker] for worker in workers[:_SINGLES])
