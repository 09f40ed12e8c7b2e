"""Pacing: the cheapest configuration of each step that is left, so that all of them fit into the time that is left."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from planners.ties import close

Floats = NDArray[np.float64]


def paced(times_s: Floats, costs_usd: Floats, left_s: float) -> list[int]:
    """Per step the index of its configuration: least cost, their times adding up to at most `left_s`.

    Of shape (steps, configurations). Where nothing fits, the fastest of each. From the cheapest of each step on, the
    step is made faster that saves most time for its money, until all fit; then whatever is faster than it has to be
    is made cheaper again. With times 4 2 1 and costs 1 2 5 in both of two steps, 8 s are met for 2 by (0, 0), 6 s for
    3 by (1, 0), 4 s for 4 by (1, 1), 3 s for 7 by (2, 1), and 1 s not at all: (2, 2).
    """
    steps = range(len(times_s))
    chosen: list[int] = costs_usd.argmin(axis=1).tolist()
    while not _fits(_sum(times_s, chosen), left_s):
        faster = [
            (_gain(times_s[s], costs_usd[s], chosen[s], c), -s, -c)
            for s in steps
            for c in range(times_s.shape[1])
            if times_s[s, c] < times_s[s, chosen[s]]
        ]
        if not faster:
            return chosen
        _, step, configuration = max(faster)
        chosen[-step] = -configuration
    return _cheaper(times_s, costs_usd, chosen, left_s)


def _cheaper(times_s: Floats, costs_usd: Floats, chosen: Sequence[int], left_s: float) -> list[int]:
    kept = list(chosen)
    for step in range(len(kept)):
        spare_s = left_s - _sum(times_s, kept) + times_s[step, kept[step]]
        fitting = [c for c in range(times_s.shape[1]) if _fits(times_s[step, c], spare_s)]
        least_usd = min((costs_usd[step, c] for c in fitting), default=0.0)
        cheapest = [c for c in fitting if close(costs_usd[step, c], least_usd)]
        kept[step] = min(cheapest, key=lambda c: times_s[step, c], default=kept[step])
    return kept


def _gain(times_s: Floats, costs_usd: Floats, now: int, then: int) -> float:
    """Seconds saved for a dollar more; without bound where it costs none."""
    more_usd = float(costs_usd[then] - costs_usd[now])
    saved_s = float(times_s[now] - times_s[then])
    return saved_s / more_usd if more_usd > 0 and not close(costs_usd[then], costs_usd[now]) else np.inf


def _fits(time_s: float, left_s: float) -> bool:
    """Sums of what fits exactly differ in floats."""
    return time_s <= left_s or close(time_s, left_s)


def _sum(times_s: Floats, chosen: Sequence[int]) -> float:
    return float(sum(times_s[step, configuration] for step, configuration in enumerate(chosen)))
