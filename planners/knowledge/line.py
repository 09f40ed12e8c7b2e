"""Lines through records: a fixed part and a part for each byte, told apart, at the average and at every percentile.

A get of one byte takes as long as the store's latency does; taken as a rate it would say that the store is slow, or,
at the percentile of a rate, arbitrarily fast. So both parts are fitted together, neither below 0, and the deviation
at each amount counts relative to what is seen there: small transfers decide the fixed part, large ones the rate.

The lines of all percentiles are fitted at once, each as the one below it and a step that is nowhere negative.
So both parts of a line grow with the percentile, whatever the records are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planners.knowledge.sketch import Sketch

LEVELS = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)
"""Quantiles at which lines are fitted; between two of them both parts are interpolated, beyond them they stay."""
LEAST_SPREAD = 1.5
"""The largest amount over the smallest, below which the two parts cannot be told apart."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """`fixed + per_byte · bytes`."""

    fixed: float
    per_byte: float

    def at(self, n_bytes: float) -> float:
        """Its value."""
        return self.fixed + self.per_byte * n_bytes


@dataclass(frozen=True)
class Lines:
    """The line of the average, and those of `LEVELS`."""

    average: Line
    levels: tuple[Line, ...]

    def at(self, quantile: float | None) -> Line:
        """The line of a quantile; None is the average."""
        if quantile is None:
            return self.average
        fixed, per_byte = ([getattr(line, part) for line in self.levels] for part in ("fixed", "per_byte"))
        return Line(float(np.interp(quantile, LEVELS, fixed)), float(np.interp(quantile, LEVELS, per_byte)))


def fit(points: Sequence[tuple[float, Sketch]]) -> Lines | None:
    """The lines through cells, each with the mean bytes of its records; None if bytes hardly differ."""
    n_bytes = np.array([x for x, _ in points], dtype=np.float64)
    if len(points) < 2 or n_bytes.max() < LEAST_SPREAD * max(1.0, n_bytes.min()):
        return None
    counts = np.array([sketch.n for _, sketch in points], dtype=np.float64)
    means = np.array([sketch.mean for _, sketch in points])
    weights = np.sqrt(counts / counts.sum()) / np.maximum(means, 1.0)
    seen = np.array([[sketch.quantile(level) for level in LEVELS] for _, sketch in points])
    (average,) = _fit(n_bytes, means[:, np.newaxis], weights)
    return Lines(average, _fit(n_bytes, seen, weights))


def _fit(n_bytes: Floats, seen: Floats, weights: Floats) -> tuple[Line, ...]:
    """Non-negative least squares for both parts of every level's step above the level before."""
    from scipy.optimize import nnls  # a fifth of a second that only those with a history should pay

    n_levels, scale = seen.shape[1], max(1.0, float(n_bytes.max()))
    both = weights[:, np.newaxis] * np.column_stack([np.ones_like(n_bytes), n_bytes / scale])
    up_to = np.tril(np.ones((n_levels, n_levels)))
    steps, _ = nnls(np.kron(up_to, both), (weights[:, np.newaxis] * seen).T.ravel())
    parts = np.cumsum(steps.reshape(n_levels, 2), axis=0)
    return tuple(Line(fixed, per_byte / scale) for fixed, per_byte in parts.tolist())
