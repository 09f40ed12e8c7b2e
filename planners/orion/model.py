"""The end-to-end latency of a workflow's stages, by Orion's model: percentiles of stages, convolved and multiplied.

What each stage takes is not profiled but follows from workflow and platform: a start (cold, for Orion's model has no
other), fetches and uploads at their means, and its computing under the platform's noise. A stage's tasks need not be
alike: the distribution functions of all are multiplied.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from planners.estimate import cold_start_s, expected_exec_s
from planners.goal import Goal
from planners.orion.latency import Latency
from planners.orion.stages import Stages
from planners.transfers import Transfers
from platforms import Platform
from workloads import Workflow

Floats = NDArray[np.float64]

N_STEPS = 256
"""Of the grid; Orion's steps are 100 ms, whatever the workflow."""
_PERCENTILES = (np.arange(100) + 0.5) / 100
_ROOM = 1.5
"""How much longer than the expected latency of the slowest sizes the grid reaches."""


class Model:
    """What it expects of the stages at any sizes."""

    def __init__(self, stages: Stages, platform: Platform, slowest_mb: Sequence[int]) -> None:
        self._stages, self._platform = stages, platform
        self._moves_s = _moves_s(stages.workflow, platform)
        self._known: dict[tuple[int, tuple[tuple[tuple[float, float], int], ...]], Latency] = {}
        self._sizes: dict[int, tuple[Latency, list[float]]] = {}
        self._noise, self._weights = _noise(platform)
        self._step_s = max(1e-6, _ROOM * self._longest_s(slowest_mb) * float(self._noise.max()) ** 0.5 / N_STEPS)

    def judged_s(self, sizes_mb: Sequence[int], goal: Goal) -> float:
        """The mean or percentile of the end-to-end latency."""
        latency = self.end_to_end(sizes_mb)
        return latency.mean_s if goal.quantile is None else latency.percentile_s(100 * goal.quantile)

    def end_to_end(self, sizes_mb: Sequence[int]) -> Latency:
        """A stage begins when the last of those that it waits for has ended."""
        ends: list[Latency] = []
        last: Latency | None = None
        has_child = {parent for parents in self._stages.parents for parent in parents}
        for stage, parents in enumerate(self._stages.parents):
            begin: Latency | None = None
            for parent in parents:
                begin = ends[parent] if begin is None else begin.slower_of(ends[parent])
            own = self._stage(stage, sizes_mb[stage])
            ends.append(own if begin is None else begin.then(own))
            if stage not in has_child:
                last = ends[stage] if last is None else last.slower_of(ends[stage])
        assert last is not None  # a workflow has a task, and a stage of the highest depth has no child
        return last

    def _stage(self, stage: int, size_mb: int) -> Latency:
        """Stages of the same times are alike."""
        _, exec_s = self._of_size(size_mb)
        times = Counter((exec_s[task], self._moves_s[task]) for task in self._stages.tasks[stage])
        key = size_mb, tuple(sorted(times.items()))
        if key not in self._known:
            self._known[key] = self._last_of(*key)
        return self._known[key]

    def _last_of(self, size_mb: int, times: tuple[tuple[tuple[float, float], int], ...]) -> Latency:
        start, _ = self._of_size(size_mb)
        last: Latency | None = None
        for (computing_s, moving_s), n in times:
            samples_s = computing_s * self._noise + moving_s
            alone = start.then(Latency.of(samples_s, self._step_s, N_STEPS, self._weights)).last_of(n)
            last = alone if last is None else last.slower_of(alone)
        assert last is not None  # every stage has a task
        return last

    def _of_size(self, size_mb: int) -> tuple[Latency, list[float]]:
        """A start, and per task its computing without noise."""
        if size_mb not in self._sizes:
            self._sizes[size_mb] = self._start(size_mb), self._exec_s(size_mb)
        return self._sizes[size_mb]

    def _start(self, size_mb: int) -> Latency:
        init, package_s = self._platform.start.init_of(size_mb)
        fixed_s = package_s + self._platform.invocation.call_s.mean_s
        provisioning_s = self._platform.start.provisioning_s.draw_s(_PERCENTILES)
        provisioning = Latency.of(provisioning_s + fixed_s, self._step_s, N_STEPS)
        return provisioning.then(Latency.of(init.draw_s(_PERCENTILES), self._step_s, N_STEPS))

    def _exec_s(self, size_mb: int) -> list[float]:
        stragglers = 1 + self._platform.noise.straggler_probability * (self._platform.noise.straggler_factor - 1)
        exec_s = expected_exec_s(self._stages.workflow, self._platform, size_mb) / stragglers
        return list(exec_s.tolist())

    def _longest_s(self, sizes_mb: Sequence[int]) -> float:
        """The longest path of expected latencies."""
        workflow, platform = self._stages.workflow, self._platform
        exec_s = {size_mb: expected_exec_s(workflow, platform, size_mb) for size_mb in sorted(set(sizes_mb))}
        ends_s: list[float] = []
        for stage, parents in enumerate(self._stages.parents):
            tasks, size_mb = self._stages.tasks[stage], sizes_mb[stage]
            own_s = max(float(exec_s[size_mb][task]) + self._moves_s[task] for task in tasks)
            own_s += cold_start_s(platform, size_mb)
            ends_s.append(own_s + max((ends_s[parent] for parent in parents), default=0.0))
        return max(ends_s)


def _moves_s(workflow: Workflow, platform: Platform) -> list[float]:
    """Per task, its fetches and uploads, as if everything came from elsewhere and were wanted there."""
    transfers = Transfers(workflow, platform)
    fetch_s = np.array(transfers.initial_fetch_s)
    np.maximum.at(fetch_s, workflow.parents.keys, transfers.edge_fetch_s)
    moves_s = fetch_s + transfers.publish_s + platform.ledger.request_s.mean_s
    return list(moves_s.tolist())


def _noise(platform: Platform) -> tuple[Floats, Floats]:
    """Factors of a run time at 100 percentiles, and again for stragglers, with how likely each is."""
    noise = platform.noise
    factors = np.exp(noise.sigma * ndtri(_PERCENTILES) - noise.sigma**2 / 2)
    chances = (1 - noise.straggler_probability, noise.straggler_probability)
    weights = np.concatenate([np.full(len(factors), chance / len(factors)) for chance in chances])
    return np.concatenate([factors, factors * noise.straggler_factor]), weights
