"""`Latency`: a distribution of durations on a grid, as Orion computes with.

In series latencies are convolved; of things side by side the last one counts, so their distribution functions are
multiplied. Both take them to be independent, as a platform's noise is. (Orion knows correlated siblings from profiles,
F(t) · F_cond(t)^(N−1), and interpolates percentiles between profiled sizes; a workflow here says its times at any.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Latency:
    """Probabilities of 0, 1, 2, … steps; what lies beyond the last step is counted there."""

    step_s: float
    mass: Floats

    @classmethod
    def of(cls, samples_s: Floats, step_s: float, n_steps: int, weights: Floats | None = None) -> Latency:
        """Samples, equally likely unless weighted; each is parted between its two neighbours so that means stay."""
        places = np.minimum(np.asarray(samples_s, dtype=np.float64) / step_s, n_steps - 1)
        low = np.floor(places).astype(np.intp)
        high_share = places - low
        weight = np.full(len(places), 1 / len(places)) if weights is None else weights / weights.sum()
        mass = np.zeros(n_steps)
        np.add.at(mass, low, weight * (1 - high_share))
        np.add.at(mass, np.minimum(low + 1, n_steps - 1), weight * high_share)
        return cls(step_s, mass)

    @property
    def cdf(self) -> Floats:
        """The probability of at most so many steps."""
        return np.minimum(np.cumsum(self.mass), 1.0)

    @property
    def mean_s(self) -> float:
        """The expected duration."""
        return float(self.mass @ np.arange(len(self.mass))) * self.step_s

    def percentile_s(self, percentile: float) -> float:
        """The least duration that so many per cent of all do not exceed, between grid points by a straight line."""
        cdf, share = self.cdf, percentile / 100
        place = int(np.searchsorted(cdf, share - 1e-12))
        place = min(place, len(cdf) - 1)
        below = float(cdf[place - 1]) if place else 0.0
        within = float(cdf[place]) - below
        inside = (share - below) / within if within > 0 else 1.0
        return max(0.0, (place - 1 + min(1.0, inside)) * self.step_s)

    def then(self, other: Latency) -> Latency:
        """One after the other."""
        n_steps = len(self.mass)
        both = np.convolve(self.mass, other.mass)
        mass = both[:n_steps].copy()
        mass[-1] += both[n_steps:].sum()
        return Latency(self.step_s, mass)

    def slower_of(self, other: Latency) -> Latency:
        """Side by side: whichever ends last."""
        return self._with_cdf(self.cdf * other.cdf)

    def last_of(self, n: int) -> Latency:
        """The last of `n` that are distributed like this one, independently."""
        return self._with_cdf(self.cdf**n)

    def _with_cdf(self, cdf: Floats) -> Latency:
        return Latency(self.step_s, np.diff(cdf, prepend=0.0))
