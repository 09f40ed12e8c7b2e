"""When workers are launched: ahead of their first task, but not a moment longer than it takes.

Left alone, a worker is called when its first task is ready, and the task waits for the start. A prewarm hides the
start, if its instance is up by then; every moment that it is up earlier is wasted, and whatever it hides off the
critical path is, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np
from msgspec.structs import replace

from planners.estimate import cold_start_s
from planners.moves.move import Move, Scene
from planners.plan import Plan, Prewarm

T = TypeVar("T")

QUANTILES = (0.5, 0.1)
"""Of the moments at which a worker is called in several runs, which one an instance is to be up for."""
_DELAYS = (0.5, 0.25, 0.1)
"""By what part of a cold start prewarms are tried later."""
_STEP_S = 0.001


class Ahead(Move):
    """Instances up when critical workers are called, besides those that the plan has already.

    An instance that is up in time lets all that follows be called earlier, so what comes next is seen a move later.
    """

    def proposals(self, scene: Scene) -> Iterator[Plan]:
        """All cold workers, those on some critical path, and the most critical 1, 2, 4, …."""
        critical = [max(scene.criticality[task] for task in tasks) for tasks in scene.tasks_of]
        cold = [worker for worker, share in enumerate(scene.observation.is_cold.mean(axis=0).tolist()) if share >= 0.5]
        order = sorted(cold, key=lambda worker: (-critical[worker], worker))
        on_path = sum(critical[worker] > 0 for worker in order)
        for n in dict.fromkeys((on_path, len(order), *(2**k for k in range(len(order).bit_length())))):
            for quantile in QUANTILES:
                prewarms = _up_for(scene, order[:n], quantile)
                if prewarms:
                    yield replace(scene.plan, prewarms=tuple(sorted((*scene.plan.prewarms, *prewarms), key=_at)))


class Later(Move):
    """The same prewarms later, or fewer of them; fewer calls ahead of an upload."""

    def proposals(self, scene: Scene) -> Iterator[Plan]:
        """All later by a part of a start; half of them, first the earlier, then the later half; one less."""
        for calls in _fewer(scene.plan.orders.call_early):
            yield replace(scene.plan, orders=replace(scene.plan.orders, call_early=calls))
        prewarms = scene.plan.prewarms
        for share in _DELAYS if prewarms else ():
            delayed = (
                replace(each, at_s=_rounded(each.at_s + share * cold_start_s(scene.platform, each.memory_mb)))
                for each in prewarms
            )
            yield replace(scene.plan, prewarms=tuple(delayed))
        for fewer in _fewer(prewarms):
            yield replace(scene.plan, prewarms=fewer)


def _fewer(orders: tuple[T, ...]) -> Iterator[tuple[T, ...]]:
    """The earlier half, the later half, and all but one."""
    middle = len(orders) // 2
    if orders:
        yield orders[:middle]
    if middle:
        yield orders[middle:]
        yield from (orders[:i] + orders[i + 1 :] for i in range(len(orders)))


def _up_for(scene: Scene, workers: Sequence[int], quantile: float) -> tuple[Prewarm, ...]:
    """Prewarms whose instances are up when these workers are called, of those that are called late enough."""
    call_s = scene.platform.invocation.call_s.mean_s
    wanted: Counter[tuple[float, int]] = Counter()
    for worker in workers:
        called_s = scene.observation.called_s[:, worker]
        memory_mb = scene.plan.workers[worker].memory_mb
        if np.isfinite(called_s).all():
            at_s = float(np.quantile(called_s, quantile)) - cold_start_s(scene.platform, memory_mb) - call_s
            wanted[_rounded(at_s), memory_mb] += 1
    return tuple(Prewarm(memory_mb, at_s, n) for (at_s, memory_mb), n in sorted(wanted.items()) if at_s > 0)


def _at(prewarm: Prewarm) -> tuple[float, int]:
    return prewarm.at_s, prewarm.memory_mb


def _rounded(at_s: float) -> float:
    return round(round(at_s / _STEP_S) * _STEP_S, 3)
