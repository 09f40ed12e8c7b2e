"""Right sizes, best first: from the smallest on, the one increment at a time that shortens the latency most.

Orion stops as soon as its target is met. Here the search goes on, and the whole trail is handed over, for the target is
met by choosing on it: so a looser one is never worse. Two parallel stages that are equally slow hide each other's
increments; where none helps alone, all stages get one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from planners.goal import Goal
from planners.orion.model import Model
from planners.orion.stages import Stages
from planners.ties import close
from platforms import Platform

CONVOLUTIONS = 12_000
"""The model's work at most; with many stages, increments are larger and stages are sized together."""
_LEAST_GAIN = 1e-9


def trail(stages: Stages, platform: Platform, model: Model, least_mb: int, step_mb: int, goal: Goal) -> list[list[int]]:
    """Sizes per stage, after each increment, from the smallest on."""
    groups = stages.groups(max(1, math.isqrt(CONVOLUTIONS // (16 * stages.n))))
    largest_mb = platform.sizes.max_mb
    step_mb = _affordable_mb(stages, len(groups), platform, least_mb, step_mb)
    sizes_mb = smallest(stages, platform, least_mb)
    found = [sizes_mb]
    known_s = model.judged_s(sizes_mb, goal)
    while True:
        tried = [_raised(sizes_mb, group, step_mb, largest_mb) for group in groups]
        judged = [(model.judged_s(sizes, goal), sizes) for sizes in tried if sizes != sizes_mb]
        if not judged:
            return found
        least_s = min(judged_s for judged_s, _ in judged)
        best_s, sizes = next(each for each in judged if close(each[0], least_s))
        if best_s >= known_s * (1 - _LEAST_GAIN):
            sizes = _raised(sizes_mb, range(stages.n), step_mb, largest_mb)
            best_s = model.judged_s(sizes, goal)
            if best_s >= known_s * (1 - _LEAST_GAIN):
                return found
        sizes_mb, known_s = sizes, best_s
        found.append(sizes_mb)


def smallest(stages: Stages, platform: Platform, least_mb: int) -> list[int]:
    """Per stage `least_mb`, or the smallest size that holds its tasks."""
    return [_legal_mb(platform, max(least_mb, stages.floor_mb(stage))) for stage in range(stages.n)]


def _affordable_mb(stages: Stages, n_groups: int, platform: Platform, least_mb: int, step_mb: int) -> int:
    """The increment: as asked, or so large that the trail costs no more than it may."""
    increments = max(1, CONVOLUTIONS // (stages.n * n_groups**2))
    needed_mb = math.ceil((platform.sizes.max_mb - least_mb) / increments)
    step = platform.sizes.step_mb
    return max(1, math.ceil(max(step_mb, needed_mb) / step)) * step


def _raised(sizes_mb: Sequence[int], group: Sequence[int], step_mb: int, largest_mb: int) -> list[int]:
    raised = list(sizes_mb)
    for stage in group:
        if raised[stage] + step_mb <= largest_mb:
            raised[stage] += step_mb
    return raised


def _legal_mb(platform: Platform, memory_mb: float) -> int:
    """The smallest size from `memory_mb` on; the largest there is, if that is smaller."""
    sizes = platform.sizes
    steps = max(0, math.ceil((memory_mb - sizes.min_mb) / sizes.step_mb))
    return sizes.min_mb + min(steps, (sizes.max_mb - sizes.min_mb) // sizes.step_mb) * sizes.step_mb
