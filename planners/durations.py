"""Durations: invocations that cannot, or may not, end before the platform kills them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planners.estimate import DURATION_SHARE, expected_exec_s
from planners.plan import Plan
from platforms import Platform
from workloads import Fault, Workflow

_ERRORS = 6.0
"""Luck beyond so many standard deviations (one run in a thousand million) is not counted on."""


@dataclass(frozen=True)
class _Stretch:
    """Computing that an invocation has to do."""

    what: str
    least_s: float
    """What it takes with all the luck there may be."""
    expected_s: float
    is_whole: bool
    """Whether it must be done without a break: the next attempt at a worker's tasks may find some of them done."""


def too_long(where: str, plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
    """What takes longer than the maximum duration, however lucky."""
    longest_s = platform.limits.max_duration_s
    if longest_s is None:
        return
    for stretch in _stretches(plan, workflow, platform):
        if _is_hopeless(stretch, platform):
            expected = f"at most {longest_s:g} s, the maximum duration on {platform.name}"
            yield _fault(where, stretch, expected)


def maybe_too_long(where: str, plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
    """What an unlucky run takes longer for."""
    longest_s = platform.limits.max_duration_s
    if longest_s is None:
        return
    safe_s = DURATION_SHARE * longest_s
    for stretch in _stretches(plan, workflow, platform):
        if stretch.expected_s > safe_s and not _is_hopeless(stretch, platform):
            yield _fault(where, stretch, f"at most {safe_s:g} s, for {platform.name} ends what takes {longest_s:g} s")


def _is_hopeless(stretch: _Stretch, platform: Platform) -> bool:
    limits = platform.limits
    lasts = stretch.is_whole or limits.max_attempts == 1
    return lasts and limits.max_duration_s is not None and stretch.least_s > limits.max_duration_s


def _fault(where: str, stretch: _Stretch, expected: str) -> Fault:
    return Fault(where, stretch.what, round(stretch.expected_s, 3), expected)


def _stretches(plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[_Stretch]:
    """Each task alone, and all tasks of a worker that holds, on all its slots."""
    sizes_mb = [plan.size_of(task) for task in range(plan.n_tasks)]
    expected_s = expected_exec_s(workflow, platform, sizes_mb)
    lucky_s = _lucky_s(expected_s, platform)
    for task, (least_s, mean_s) in enumerate(zip(lucky_s.tolist(), expected_s.tolist(), strict=True)):
        home = plan.assignment[task]
        runner = "flexible workers" if home is None else f"worker {plan.workers[home].name!r}"
        yield _Stretch(f"tasks[{workflow.task_names[task]!r}] expected seconds on {runner}", least_s, mean_s, True)
    for worker, tasks in zip(plan.workers, plan.tasks_by_worker(), strict=True):
        if worker.hold and len(tasks) > 1:
            slots = platform.slots(worker.memory_mb)
            what = f"workers[{worker.name!r}] expected seconds of its tasks"
            least_s, mean_s = _sum_s(tasks, lucky_s), _sum_s(tasks, expected_s)
            yield _Stretch(what, least_s / slots, mean_s / slots, False)


def _lucky_s(expected_s: NDArray[np.float64], platform: Platform) -> NDArray[np.float64]:
    """The least that a task can be counted on to take: none straggles, and noise (lognormal, mean 1) is all luck."""
    noise = platform.noise
    stragglers = 1 + noise.straggler_probability * (noise.straggler_factor - 1)
    return np.asarray(expected_s / stragglers * math.exp(-_ERRORS * noise.sigma - noise.sigma**2 / 2))


def _sum_s(tasks: Sequence[int], seconds: NDArray[np.float64]) -> float:
    return math.fsum(seconds[list(tasks)].tolist())
