"""Durations: invocations that cannot, or may not, end before the platform kills them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from planners.estimate import DURATION_SHARE, exec_if_run_s
from planners.plan import Plan
from platforms import Platform
from workloads import Fault, Workflow

_ERRORS = 6.0
"""Luck beyond so many standard deviations (once in a thousand million times) is not counted on."""
_MOST_EXITS = 32
"""A worker with more tasks than this that others wait for is taken to get one of them through."""


@dataclass(frozen=True)
class _Stretch:
    """Computing that one invocation has to do."""

    what: str
    expected_s: float
    least_s: float
    """What the least part that must be done without a break takes with all the luck there may be."""


def too_long(where: str, plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
    """What takes longer than the maximum duration, however lucky, at each attempt."""
    longest_s = platform.limits.max_duration_s
    if longest_s is not None:
        expected = f"at most {longest_s:g} s, the maximum duration on {platform.name}"
        for stretch in _stretches(plan, workflow, platform, longest_s):
            if stretch.least_s > longest_s:
                yield Fault(where, stretch.what, round(stretch.expected_s, 3), expected)


def maybe_too_long(where: str, plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
    """What takes longer than the maximum duration without luck, or at its first attempt."""
    longest_s = platform.limits.max_duration_s
    if longest_s is not None:
        safe_s = DURATION_SHARE * longest_s
        expected = f"at most {safe_s:g} s, for {platform.name} ends what takes {longest_s:g} s"
        for stretch in _stretches(plan, workflow, platform, safe_s):
            if stretch.least_s <= longest_s:
                yield Fault(where, stretch.what, round(stretch.expected_s, 3), expected)


def _stretches(plan: Plan, workflow: Workflow, platform: Platform, beyond_s: float) -> Iterator[_Stretch]:
    """Each task alone, and all tasks of a worker that holds, on all its slots; those expected to take longer."""
    sizes_mb = [plan.size_of(task) for task in range(plan.n_tasks)]
    expected_s: list[float] = exec_if_run_s(workflow, platform, sizes_mb).tolist()
    for task, home in enumerate(plan.assignment):
        if expected_s[task] <= beyond_s:
            continue
        runner = "flexible workers" if home is None else f"worker {plan.workers[home].name!r}"
        what = f"tasks[{workflow.task_names[task]!r}] expected seconds on {runner}"
        yield _Stretch(what, expected_s[task], _lucky_s([expected_s[task]], platform))
    for worker, tasks in zip(plan.workers, plan.tasks_by_worker(), strict=True):
        slots = platform.slots(worker.memory_mb)
        together_s = math.fsum(expected_s[task] for task in tasks) / slots
        if worker.hold and len(tasks) > 1 and together_s > beyond_s:
            what = f"workers[{worker.name!r}] expected seconds of its tasks"
            parts = [tasks] if platform.limits.max_attempts == 1 else _savable(workflow, tasks)
            least_s = min((_lucky_s([expected_s[task] for task in part], platform) for part in parts), default=0.0)
            yield _Stretch(what, together_s, least_s / slots)


def _savable(workflow: Workflow, tasks: Sequence[int]) -> list[set[int]]:
    """The parts of a worker's tasks that a next attempt may find done; none if there are too many.

    A task is committed with the first descendant that others wait for, so each such task and its ancestors on the
    worker are a part.
    """
    own = set(tasks)
    children, parents = workflow.children, workflow.parents
    exits = [t for t in tasks if not own.issuperset(children.row(t).tolist()) or _is_goal(workflow, t)]
    parts: list[set[int]] = []
    for leaving in exits if len(exits) <= _MOST_EXITS else ():
        part, stack = {leaving}, [leaving]
        while stack:
            before = own.intersection(parents.row(stack.pop()).tolist()) - part
            part |= before
            stack += sorted(before)
        parts.append(part)
    return parts


def _is_goal(workflow: Workflow, task: int) -> bool:
    return not len(workflow.children.row(task)) or any(workflow.is_result[workflow.outputs.row(task)])


def _lucky_s(expected_s: Collection[float], platform: Platform) -> float:
    """What tasks can be counted on to take together: none straggles, and their noise (lognormal, mean 1) is luck.

    Either each has all the luck there may be, or their sum has; the lower tail of that is lighter than a normal one.
    """
    noise = platform.noise
    alone = 1 + noise.straggler_probability * (noise.straggler_factor - 1)
    spread = math.sqrt(math.expm1(noise.sigma**2))
    each = math.fsum(expected_s) * math.exp(-_ERRORS * noise.sigma - noise.sigma**2 / 2)
    together = math.fsum(expected_s) - _ERRORS * spread * math.sqrt(math.fsum(s * s for s in expected_s))
    return max(each, together) / alone
