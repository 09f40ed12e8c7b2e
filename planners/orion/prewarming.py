"""Right prewarming: the instances of each level started as late as the latency at the percentile judged allows.

Orion's chain f1 → f2 → …: an instance of level i begins to start at its delay d_i, or when its input is ready if that
is earlier; the level ends at t_i = f_i + max(t_(i−1), min(d_i, t_(i−1)) + init_i). What is up before its input is idle
for t_(i−1) − (d_i + init_i), and utilisation is 1 / (1 + Σ idle_i / busy_i), busy_i the starts and runs up to there.
A tenth of a second at a time is added to the delay that raises utilisation most, until none does without making the
latency longer. (Orion's end for the last stage lacks the "when its input is ready"; here all have it.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from planners.estimate import cold_start_s
from planners.evaluator import Observation
from planners.goal import Goal
from planners.plan import Plan, Prewarm
from platforms import Platform

Floats = NDArray[np.float64]

STEP_S = 0.1
_MOST_LEVELS = 12
"""Levels with the most cold starts that are prewarmed; the others are left to what is warm by then."""
_ROUNDING = 1e-9


def ends_s(runs_s: Floats, init_s: Floats, delays_s: Floats) -> Floats:
    """Of shape (draws, levels): when each level ends, its delay and those before it being so long.

    Runs of 1, 2 and 3 s after starts of .5 s, with delays 0, .5 and 0 s: 1.5, 3.5, 6.5. With a delay of 2 s for the
    second: it begins to start at 1.5 all the same, and ends at 4.
    """
    found = np.zeros_like(runs_s)
    ready_s = np.zeros(len(runs_s))
    for level in range(runs_s.shape[1]):
        up_s = np.minimum(delays_s[level], ready_s) + init_s[:, level]
        ready_s = runs_s[:, level] + np.maximum(ready_s, up_s)
        found[:, level] = ready_s
    return found


def utilisation(runs_s: Floats, init_s: Floats, delays_s: Floats) -> float:
    """The mean over draws."""
    ready_s = np.roll(ends_s(runs_s, init_s, delays_s), 1, axis=1)
    ready_s[:, 0] = 0.0
    idle_s = np.maximum(0.0, ready_s - (delays_s + init_s))
    busy_s = np.maximum(np.cumsum(runs_s + init_s, axis=1), _ROUNDING)
    return float((1 / (1 + (idle_s / busy_s).sum(axis=1))).mean())


def right_delays(runs_s: Floats, init_s: Floats, goal: Goal) -> Floats:
    """Delays per level; that of the first is 0."""
    least_s = goal.of(ends_s(runs_s, init_s, np.zeros(runs_s.shape[1]))[:, -1])
    surely_s = np.roll(ends_s(runs_s, init_s, np.zeros(runs_s.shape[1])), 1, axis=1) - init_s
    delays_s: Floats = np.maximum(0.0, np.floor(surely_s.min(axis=0) / STEP_S) * STEP_S)  # a guess that costs nothing
    delays_s[0] = 0.0
    known = utilisation(runs_s, init_s, delays_s)
    while True:
        tried = []
        for level in range(1, len(delays_s)):
            longer_s = delays_s.copy()
            longer_s[level] += STEP_S
            if goal.of(ends_s(runs_s, init_s, longer_s)[:, -1]) <= least_s * (1 + _ROUNDING):
                tried.append((utilisation(runs_s, init_s, longer_s), -level))
        if not tried or max(tried)[0] <= known + _ROUNDING:
            return delays_s
        known, level = max(tried)
        delays_s[-level] += STEP_S


def prewarmed(
    plan: Plan, depth: Sequence[int], observation: Observation, platform: Platform, goal: Goal, sooner_s: float
) -> Plan:
    """The plan with prewarms for its cold starts after the first level, each `sooner_s` before the right delay."""
    level_of = _levels_of_workers(plan, depth)
    cold = np.median(observation.is_cold, axis=0) >= 0.5
    counts = np.bincount(level_of[cold], minlength=max(depth) + 1)
    levels = sorted(sorted(range(len(counts)), key=lambda level: (-counts[level], level))[:_MOST_LEVELS])
    levels = [0, *(level for level in levels if level and counts[level])]
    runs_s, init_s = _samples(plan, level_of, levels, observation, platform)
    prewarms = []
    for level, delay_s in zip(levels[1:], right_delays(runs_s, init_s, goal)[1:].tolist(), strict=True):
        at_s = round(max(0.0, delay_s - sooner_s), 3)
        sizes_mb = [plan.workers[worker].memory_mb for worker in np.flatnonzero(cold & (level_of == level)).tolist()]
        prewarms += [Prewarm(size_mb, at_s, sizes_mb.count(size_mb)) for size_mb in sorted(set(sizes_mb))]
    return replace(plan, prewarms=tuple(prewarms))


def _levels_of_workers(plan: Plan, depth: Sequence[int]) -> NDArray[np.int64]:
    return np.array([min(depth[task] for task in tasks) for tasks in plan.tasks_by_worker()])


def _samples(
    plan: Plan, level_of: NDArray[np.int64], levels: Sequence[int], observation: Observation, platform: Platform
) -> tuple[Floats, Floats]:
    """Per run, what each level takes once all its workers are up, and their slowest start, expected cold.

    Of levels left out, what they take is counted with the level before.
    """
    left_s, up_s, called_s = observation.left_s, observation.up_s, observation.called_s
    ends = np.stack([np.nanmax(left_s[:, level_of < after], axis=1) for after in (*levels[1:], np.inf)], axis=1)
    ups = np.stack([np.nanmax(up_s[:, level_of == level], axis=1) for level in levels], axis=1)
    runs_s = np.maximum(0.0, ends - ups)
    sizes_mb = [
        int(max(plan.workers[worker].memory_mb for worker in np.flatnonzero(level_of == each))) for each in levels
    ]
    call_s = platform.invocation.call_s.mean_s
    expected_s = np.array([cold_start_s(platform, size_mb) + call_s for size_mb in sizes_mb])
    calls = np.stack([np.nanmax(called_s[:, level_of == level], axis=1) for level in levels], axis=1)
    return runs_s, np.maximum(ups - calls, expected_s)
