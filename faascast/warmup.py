"""Warm-up: which of the first requests are left out, so that figures are of the settled system.

A simulation begins with an empty pool, which real ones seldom do. MSER-5 (White, Cobb and Spratt 2000) cuts a series
where the standard error of what is left is least: means of five observations each, and no more than half of them cut.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faascast.faults import BadInput

BATCH = 5
LEAST = 10 * BATCH
"""Requests below which MSER-5 says nothing."""
EXPECTED = "mser, none, a share of the requests (10%), or seconds (600s)"


@dataclass(frozen=True)
class WarmUp:
    """How the warm-up is found: as ``share`` or ``until_s`` state; if both are None, by MSER-5."""

    share: float | None = None
    """Of the requests."""
    until_s: float | None = None
    """Requests that arrive before are left out."""

    @staticmethod
    def read(text: str) -> WarmUp:
        """From `mser`, `none`, `10%` or `600s`; BadInput for anything else."""
        if text == "mser":
            return WarmUp()
        if text == "none":
            return WarmUp(share=0.0)
        try:
            if text.endswith("%") and 0 <= (percent := float(text[:-1])) < 100:
                return WarmUp(share=percent / 100)
            if text.endswith("s") and 0 <= (until_s := float(text[:-1])) < np.inf:
                return WarmUp(until_s=until_s)
        except ValueError:
            pass
        raise BadInput([f"warmup is {text!r}; expected {EXPECTED}"])

    def cut(self, arrival_s: NDArray[np.float64], latency_s: NDArray[np.float64]) -> Cut:
        """Where to begin, given the requests in order of arrival; NaN is the latency of one that failed."""
        n = len(arrival_s)
        if self.share is not None:
            first = int(self.share * n)
            return Cut(first, f"{self.share:.0%} of the requests, as stated" if self.share else "none, as stated")
        if self.until_s is not None:
            first = int(np.searchsorted(arrival_s, self.until_s))
            return Cut(first, f"those that arrived before {self.until_s:g} s, as stated")
        return _by_mser(latency_s)


@dataclass(frozen=True)
class Cut:
    """The first request that counts, and why those before do not."""

    first: int
    reason: str
    is_settled: bool | None = None
    """Whether MSER-5 found it within the first half; None if it was not asked, or had too few requests."""


def _by_mser(latency_s: NDArray[np.float64]) -> Cut:
    places = np.flatnonzero(~np.isnan(latency_s))
    if len(places) < LEAST:
        return Cut(0, f"none, for MSER-5 needs {LEAST} requests that completed")
    batches, at_end = mser(latency_s[places])
    first = int(places[batches * BATCH]) if batches else 0
    return Cut(first, "by MSER-5 on their latencies", is_settled=not at_end)


def mser(values: NDArray[np.float64]) -> tuple[int, bool]:
    """How many batches of five MSER-5 cuts, at most half of them; and whether it would have cut more.

    White, Cobb, Spratt, "A comparison of five steady-state truncation heuristics for simulation", WSC 2000.
    """
    n = len(values) // BATCH
    means = values[: n * BATCH].reshape(n, BATCH).mean(axis=1)
    means = means - means.mean()  # so that the squares below lose no digits
    left = np.arange(n, 0, -1)
    sums, squares = (np.cumsum(each[::-1])[::-1] for each in (means, means**2))
    errors = np.maximum(0.0, squares - sums**2 / left) / left**2
    most = n // 2
    cut = int(np.argmin(errors[: most + 1]))
    return cut, cut == most and n > 1
