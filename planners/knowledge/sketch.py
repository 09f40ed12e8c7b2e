"""`Sketch`: what is kept of any number of whole numbers: their quantiles within 1 %, their sum exactly.

Quantiles are DDSketch's (Masson, Rim, Lee, VLDB 2019): a value falls into one of the bins whose borders grow by 2 %,
and a bin is a count. Two sketches are merged by adding counts, so the order of merging changes nothing, not a byte;
and numbers below 2^63 have at most 2,200 bins, however many there are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import numpy as np
from ddsketch import DDSketch
from ddsketch.mapping import LogarithmicMapping
from numpy.typing import NDArray

RELATIVE_ERROR = 0.01
MOST = 2**63 - 1
"""The largest number that is kept: 292 years in ns, 9 EB."""

Whole = NDArray[np.int64]
Bin = tuple[int, int]
"""Which one, and how many values it holds."""

_MAPPING = LogarithmicMapping(RELATIVE_ERROR)
_LOW_BITS = np.int64(2**32 - 1)


@dataclass(frozen=True)
class Sketch:
    """Immutable; equal if bins and sums are."""

    zeros: int = 0
    bins: tuple[Bin, ...] = ()
    """Of the values above 0; ascending, none empty."""
    sum: int = 0
    least: int = 0
    """The least value; 0 of none."""
    most: int = 0

    @staticmethod
    def of(values: Whole) -> Sketch:
        """The sketch of some values from 0 to `MOST`."""
        if not values.size:
            return Sketch()
        distinct, counts = np.unique(values, return_counts=True)
        sketch = DDSketch(RELATIVE_ERROR)
        for value, n in zip(distinct.tolist(), counts.tolist(), strict=True):
            sketch.add(value, n)
        zeros, bins = _content(sketch)
        return Sketch(zeros, bins, _exact_sum(values), int(distinct[0]), int(distinct[-1]))

    @cached_property
    def n(self) -> int:
        """How many values there were."""
        return self.zeros + sum(n for _, n in self.bins)

    @property
    def mean(self) -> float:
        """Exactly; ZeroDivisionError of none."""
        return self.sum / self.n

    def quantile(self, p: float) -> float:
        """The value of rank p·(n − 1), rounded down, within 1 %; 0 of none."""
        place = bisect_right(self._up_to, p * (self.n - 1))
        value = _MAPPING.value(self.bins[place - 1][0]) if place else 0.0
        return float(min(max(value, self.least), self.most))

    def merged(self, *others: Sketch) -> Sketch:
        """The sketch of the values of all."""
        parts = [each for each in (self, *others) if each.n]
        if len(parts) < 2:
            return parts[0] if parts else self
        counts: Counter[int] = Counter()
        for each in parts:
            counts.update(dict(each.bins))
        least, most = min(each.least for each in parts), max(each.most for each in parts)
        zeros, total = sum(each.zeros for each in parts), sum(each.sum for each in parts)
        return Sketch(zeros, tuple(sorted(counts.items())), total, least, most)

    @cached_property
    def _up_to(self) -> tuple[int, ...]:
        """How many values there are up to each bin; that of the zeros is the first."""
        return tuple(accumulate((n for _, n in self.bins), initial=self.zeros))

    def __reduce__(self) -> tuple[type[Sketch], tuple[int, tuple[Bin, ...], int, int, int]]:
        return Sketch, (self.zeros, self.bins, self.sum, self.least, self.most)  # without what was computed of it

    def values(self) -> Iterator[tuple[float, int]]:
        """Every value, within 1 %, ascending, and how often it was."""
        if self.zeros:
            yield 0.0, self.zeros
        for key, n in self.bins:
            yield min(max(_MAPPING.value(key), self.least), self.most), n


def _content(sketch: DDSketch) -> tuple[int, tuple[Bin, ...]]:
    """How many zeros a library's sketch holds, and its bins above."""
    store = sketch._store
    bins = tuple((place + store.offset, round(n)) for place, n in enumerate(store.bins) if n)
    return round(sketch.count) - sum(n for _, n in bins), bins


def _exact_sum(values: Whole) -> int:
    """The sum by halves of the bits, which cannot overflow below 2^31 values."""
    return (int((values >> np.int64(32)).sum()) << 32) + int((values & _LOW_BITS).sum())
