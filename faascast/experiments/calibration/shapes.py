"""The distribution that recorded durations are most likely draws of: a constant, a lognormal, or a body and a tail.

Which one is decided by likelihood, with the Bayesian information criterion as the price of a parameter. What fits none
of them is kept as it was recorded, in a hundred quantiles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from platforms.distribution import Constant, Distribution, Empirical, Lognormal, Mixture, Part

Floats = NDArray[np.float64]

LEAST_SAMPLES: Final = 3
"""Fewer say nothing."""
LEAST_FOR_SPREAD: Final = 8
"""With fewer, only how long it takes is told, not how it scatters."""
_LEAST_FOR_TAIL: Final = 30
_SAME: Final = 1e-3
"""Durations that differ by less, relative to their median, are taken for one."""
_TICK_S: Final = 2e-9
"""Nothing is told to be shorter; platforms know nothing below half of it."""
_LEAST_WEIGHT: Final = 0.02
"""Of a tail: what is rarer has been seen too seldom."""
_FAR: Final = 0.1
"""Kolmogorov-Smirnov distance, and relative error of the mean, from which on a shape does not describe the samples."""
_LEAST_OF_MEDIAN: Final = 0.01
"""Nothing is taken for shorter: logarithms of next to nothing would decide the shape."""
_N_QUANTILES: Final = 100
_N_DRAWS: Final = 4_000
_ROUNDS: Final = 200


@dataclass(frozen=True)
class Shape:
    """A fitted distribution, and how good the fit is."""

    distribution: Distribution
    n: int
    ks: float | None
    """Kolmogorov-Smirnov distance to the samples; None for a constant, whose samples do not scatter."""
    error: float
    """Of its mean, relative to that of the samples."""

    @property
    def told(self) -> str:
        """The distribution in words."""
        return _told(self.distribution)


def fit_shape(samples_s: Floats) -> Shape | None:
    """The shape of some durations in seconds; None of fewer than `LEAST_SAMPLES`."""
    if len(samples_s) < LEAST_SAMPLES:
        return None
    samples = np.sort(np.maximum(np.asarray(samples_s, dtype=np.float64), 0.0))
    found = _best(samples)
    mean_s = float(samples.mean())
    error = abs(found.mean_s - mean_s) / mean_s if mean_s else 0.0
    ks = None if isinstance(found, Constant) else _distance(samples, found)
    return Shape(found, len(samples), ks, error)


def log_likelihood(logs: Floats) -> float:
    """That of the best normal distribution of these logarithms."""
    sigma = max(float(logs.std()), _SAME)
    return float(-0.5 * len(logs) * (math.log(2 * math.pi * sigma**2) + logs.var() / sigma**2))


def price(n_parameters: int, n: int) -> float:
    """What so many parameters have to gain in likelihood on `n` samples to be worth having (half the BIC's)."""
    return 0.5 * n_parameters * math.log(n)


def _best(samples: Floats) -> Distribution:
    middle = float(np.median(samples))
    if len(samples) < LEAST_FOR_SPREAD or samples[-1] - samples[0] <= max(_SAME * middle, 2 * _TICK_S):
        return Constant(value_s=middle)
    logs = np.log(np.maximum(samples, max(_TICK_S, _LEAST_OF_MEDIAN * middle)))
    lognormal = Lognormal(median_s=math.exp(logs.mean()), sigma=float(logs.std(ddof=1)))
    found: Distribution = lognormal
    if len(samples) >= _LEAST_FOR_TAIL and (tail := _with_tail(logs)) is not None:
        found = tail
    mean_s = float(samples.mean())
    is_wrong = abs(found.mean_s - mean_s) > _FAR * mean_s
    if is_wrong or (len(samples) >= 2 * _N_QUANTILES and _distance(samples, found) > _FAR):
        return Empirical(samples_s=tuple(np.quantile(samples, _levels(min(_N_QUANTILES, len(samples)))).tolist()))
    return found


def _with_tail(logs: Floats) -> Mixture | None:
    """Two lognormals, if they are worth their parameters; each end of the samples is tried as the rarer part."""
    n = len(logs)
    alone = log_likelihood(logs) - price(2, n)
    tried = [found for share in (0.1, 0.5, 0.9) if (found := _two(logs, float(np.quantile(logs, share)))) is not None]
    best = max(tried, key=lambda each: each[0], default=None)
    if best is None or best[0] - price(5, n) <= alone:
        return None
    parts = [
        Part(weight=weight, of=Lognormal(median_s=math.exp(middle), sigma=sigma)) for weight, middle, sigma in best[1]
    ]
    return Mixture(parts=tuple(parts))


def _two(logs: Floats, cut: float) -> tuple[float, list[tuple[float, float, float]]] | None:
    """Likelihood, and (weight, mean, sigma) of each part, by expectation and maximization from a first cut."""
    belongs = np.where(logs <= cut, 0.95, 0.05)
    before = -math.inf
    for _ in range(_ROUNDS):
        parts = [_part(logs, belongs), _part(logs, 1 - belongs)]
        if min(weight for weight, _, _ in parts) < _LEAST_WEIGHT:
            return None
        densities = np.array([weight * _normal(logs, middle, sigma) for weight, middle, sigma in parts])
        total = np.maximum(densities.sum(axis=0), 1e-300)
        belongs = densities[0] / total
        likelihood = float(np.log(total).sum())
        if likelihood - before < 1e-6 * len(logs):
            break
        before = likelihood
    return likelihood, sorted(parts, key=lambda part: part[1])


def _part(logs: Floats, belongs: Floats) -> tuple[float, float, float]:
    total = max(float(belongs.sum()), 1e-12)
    middle = float(belongs @ logs) / total
    sigma = math.sqrt(float(belongs @ (logs - middle) ** 2) / total)
    return total / len(logs), middle, max(sigma, _SAME)


def _normal(logs: Floats, middle: float, sigma: float) -> Floats:
    return np.asarray(np.exp(-0.5 * ((logs - middle) / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi)))


def _levels(n: int) -> Floats:
    return (np.arange(n) + 0.5) / n


def _distance(samples: Floats, of: Distribution) -> float:
    """Kolmogorov-Smirnov distance of sorted samples to a distribution, itself told by evenly spread draws."""
    return distance(samples, of.draw_s(_levels(_N_DRAWS)))


def distance(some: Floats, others: Floats) -> float:
    """The largest difference of two empirical distribution functions, from 0 to 1."""
    some, others = np.sort(some), np.sort(others)
    places = np.concatenate([some, others])
    below = [np.searchsorted(each, places, side="right") / len(each) for each in (some, others)]
    return float(np.abs(below[0] - below[1]).max())


def _told(of: Distribution) -> str:
    match of:
        case Constant():
            return f"constant {duration(of.value_s)}"
        case Lognormal():
            return f"lognormal, median {duration(of.median_s)}, sigma {of.sigma:.2g}"
        case Mixture():
            shares = [part.weight / sum(each.weight for each in of.parts) for part in of.parts]
            return "; ".join(f"{share:.0%} {_told(part.of)}" for share, part in zip(shares, of.parts, strict=True))
        case Empirical():
            return f"as recorded, median {duration(of.samples_s[len(of.samples_s) // 2])}"
    return f"{of.kind}, mean {duration(of.mean_s)}"


def duration(seconds: float) -> str:
    """A duration with three digits, in the unit that suits it."""
    for unit, length_s in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= length_s:
            return f"{seconds / length_s:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"
