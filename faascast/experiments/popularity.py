"""Popularity: which of many workflows a request is for, when a few are asked for most of the time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TOP, TOP_SHARE = 5, 0.46
"""Of the DAGs on Azure Durable Functions, the five most popular had 46 % of the invocations (Orion, OSDI 2022)."""
_HALVINGS = 60


def shares(n: int) -> NDArray[np.float64]:
    """The share of each of ``n`` workflows, the most popular first.

    Zipf's law, its exponent such that the top five have 46 %. Where five of so few have more than that in any case,
    all are equally popular.
    """
    low, high = 0.0, 4.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _zipf(n, middle)[:TOP].sum() < TOP_SHARE else (low, middle)
    return _zipf(n, low)


def _zipf(n: int, exponent: float) -> NDArray[np.float64]:
    weights = np.arange(1, n + 1) ** -exponent
    return np.asarray(weights / weights.sum())
