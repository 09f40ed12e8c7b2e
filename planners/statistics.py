"""Quantiles of simulated runs with honest intervals: order statistics, and a paired bootstrap.

An order-statistic interval for a quantile assumes nothing but independent runs: between which ranks the true
quantile lies is a binomial question, answered exactly. Where there are too few runs for any pair of ranks to
reach the confidence, there is no interval, and `least_sample` says how many runs there should be.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr

Floats: TypeAlias = NDArray[np.float64]

CONFIDENCE = 0.95
RESAMPLES = 2_000
_BATCH = 2_000_000
"""Values resampled at a time: 16 MB."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate and the interval that holds the true value with the confidence asked for."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Needs:
    """Too few runs to say anything: how many it takes."""

    n_runs: int

    def __str__(self) -> str:
        return f"needs {self.n_runs:,} runs"


def least_sample(p: float, confidence: float = CONFIDENCE) -> int:
    """The least number of runs whose smallest and largest value hold the `p` quantile with this confidence.

    At 95 %: 6 for the median, 29 for p90, 59 for p95, 299 for p99.
    """
    n = math.ceil(math.log1p(-confidence) / math.log(max(p, 1 - p)))
    while p**n + (1 - p) ** n > 1 - confidence:
        n += 1
    return n


@lru_cache(maxsize=1024)
def interval_ranks(n: int, p: float, confidence: float = CONFIDENCE) -> tuple[int, int] | None:
    """Ranks (1 = smallest of `n`) between whose values the `p` quantile lies with this confidence.

    The two ranks nearest to each other; of several such pairs, the surest. Which they are depends on `n`, `p` and
    the confidence alone, never on the values, so the confidence holds (exactly for continuous values, else at
    least). None if `n` is below the least sample.
    """
    at_most = bdtr(np.arange(n), n, p)  # the probability that so many values lie below the quantile
    low = np.arange(1, n + 1)
    high = np.searchsorted(at_most, at_most[low - 1] + confidence) + 1
    low, high = low[high <= n], high[high <= n]
    if not low.size:
        return None
    surest = np.round(at_most[high - 1] - at_most[low - 1], 12)  # mirrored pairs are equally sure
    best = np.lexsort((low, -surest, high - low))[0]
    return int(low[best]), int(high[best])


def quantile(values: Floats, p: float, confidence: float = CONFIDENCE) -> Estimate | Needs:
    """The `p` quantile with its order-statistic interval, or how many runs that needs.

    The estimate interpolates between ranks, as the default of numpy and pandas does.
    """
    ranks = interval_ranks(len(values), p, confidence)
    if ranks is None:
        return Needs(least_sample(p, confidence))
    ordered = np.sort(values)
    low, high = (float(ordered[rank - 1]) for rank in ranks)
    return Estimate(float(np.quantile(ordered, p)), low, high)


def paired_difference(
    values: Floats, reference: Floats, p: float, seed: int, confidence: float = CONFIDENCE
) -> Estimate | Needs:
    """How far the `p` quantile of `values` lies above that of `reference`, entry `i` of both being one pair.

    The interval is the percentile bootstrap over pairs: runs that share their luck are drawn together, so what
    the luck does to both cancels. The seed decides which pairs are drawn.
    """
    n = len(values)
    if n < least_sample(p, confidence):
        return Needs(least_sample(p, confidence))
    random = np.random.default_rng(seed)
    differences = np.concatenate(
        [_resampled(values, reference, p, random, size) for size in _batches(RESAMPLES, max(1, _BATCH // n))]
    )
    low, high = np.quantile(differences, [(1 - confidence) / 2, (1 + confidence) / 2])
    difference = np.quantile(values, p) - np.quantile(reference, p)
    return Estimate(float(difference), float(low), float(high))


def _batches(total: int, most: int) -> list[int]:
    whole, rest = divmod(total, most)
    return [most] * whole + [rest] * (rest > 0)


def _resampled(values: Floats, reference: Floats, p: float, random: np.random.Generator, size: int) -> Floats:
    """The difference in `size` samples of pairs, drawn with replacement."""
    drawn = random.integers(len(values), size=(size, len(values)))
    above: Floats = np.quantile(values[drawn], p, axis=1) - np.quantile(reference[drawn], p, axis=1)
    return above
