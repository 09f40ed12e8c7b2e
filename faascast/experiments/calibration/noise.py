"""How executions of tasks scatter: a lognormal factor of mean 1, and stragglers as a second mode."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from faascast.experiments.calibration.found import Fit, Kept
from faascast.experiments.calibration.shapes import distance, log_likelihood, price

Floats = NDArray[np.float64]

SIGMA: Final = "noise.sigma"
LEAST: Final = 8
"""Executions, below which nothing is said."""
_LEAST_FACTOR: Final = 1.5
"""What takes less than so many times as long is no straggler."""
_MOST_STRAGGLERS: Final = 0.2
_SIGMAS: Final = 5.0
"""Of the body, by which a straggler is beyond its middle at least."""
_N_DRAWS: Final = 2_001


def fit_noise(groups: Sequence[Floats]) -> Iterator[Fit | Kept]:
    """Sigma, and stragglers if they are worth their parameters.

    ``groups`` are factors by which executions of equal tasks took longer than expected.
    """
    logs, late = _deviations([np.log(np.maximum(group, 1e-9)) for group in groups if len(group) > 1])
    n = len(logs)
    if n < LEAST:
        yield Kept("noise", f"{n} executions of tasks that ran more than once, at least {LEAST} are needed")
        return
    probability, factor = _second_mode(logs, late)
    body = logs[~late] if probability else logs
    sigma = float(np.sqrt(np.mean(body**2)))
    yield Fit(SIGMA, round(sigma, 6), n, f"sigma {sigma:.3g}", ks=_ks(body, sigma))
    yield Fit("noise.straggler_probability", round(probability, 6), n, f"{probability:.2%} of the executions")
    yield Fit("noise.straggler_factor", round(factor, 6), n, f"{factor:.3g} times as long")


def stragglers(groups: Sequence[Floats]) -> list[NDArray[np.bool_]]:
    """Which executions of equal tasks straggle; ``groups`` are logarithms of how long they took.

    Those far beyond what the middle half of all says of a body.
    """
    centred = [group - np.median(group) for group in groups]
    every = np.concatenate([np.empty(0), *(group for group in centred if len(group) > 1)])
    if not len(every):
        return [np.zeros(len(group), dtype=np.bool_) for group in groups]
    low, high = np.quantile(every, [0.25, 0.75]).tolist()
    cut = max(math.log(_LEAST_FACTOR), _SIGMAS * (high - low) / 1.349)
    return [np.asarray(group >= cut) for group in centred]


def _deviations(groups: Sequence[Floats]) -> tuple[Floats, NDArray[np.bool_]]:
    """How far logarithms are from the mean of their group's body, as wide as around the true mean; who straggles."""
    late = stragglers(groups)
    found = [np.empty(0)]
    for logs, slow in zip(groups, late, strict=True):
        body = logs[~slow]
        widened = math.sqrt(len(body) / (len(body) - 1)) if len(body) > 1 else 1.0
        found.append((logs - body.mean()) * widened)
    return np.concatenate(found), np.concatenate([np.zeros(0, dtype=np.bool_), *late])


def _second_mode(logs: Floats, late: NDArray[np.bool_]) -> tuple[float, float]:
    """Probability and factor of stragglers; 0 and 1 where a body alone says as much."""
    share = float(late.mean())
    if not 0 < share <= _MOST_STRAGGLERS:
        return 0.0, 1.0
    n, body, tail = len(logs), logs[~late], logs[late] - logs[late].mean()
    alone = log_likelihood(logs) - price(1, n)
    mixing = len(body) * math.log(1 - share) + len(tail) * math.log(share)
    apart = log_likelihood(np.concatenate([body, tail])) + mixing - price(3, n)
    if apart <= alone:
        return 0.0, 1.0
    return share, float(math.exp(logs[late].mean() - body.mean()))


def _ks(logs: Floats, sigma: float) -> float | None:
    """The distance of the deviations to a normal distribution."""
    if sigma <= 0:
        return None
    from scipy.special import ndtri  # a tenth of a second that only its users should pay

    levels = (np.arange(_N_DRAWS) + 0.5) / _N_DRAWS
    return distance(logs, sigma * ndtri(levels))
