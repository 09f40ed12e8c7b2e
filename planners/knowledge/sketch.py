"""`Sketch`: what is kept of any number of whole numbers: their quantiles within 1 %, their sum exactly.

Quantiles are DDSketch's (Masson, Rim, Lee, VLDB 2019): a value falls into one of the bins whose borders grow by 2 %,
and a bin is a count. Two sketches are merged by adding counts, so the order of merging changes nothing, not a byte;
and numbers below 2^63 have at most 2,200 bins, however many there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

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
        found = self._library.get_quantile_value(p)
        return float(min(max(found or 0.0, self.least), self.most))

    def merged(self, other: Sketch) -> Sketch:
        """The sketch of the values of both."""
        if not (self.n and other.n):
            return self if self.n else other
        sketch = DDSketch(RELATIVE_ERROR)
        for each in (self, other):
            sketch.merge(each._library)
        zeros, bins = _content(sketch)
        least, most = min(self.least, other.least), max(self.most, other.most)
        return Sketch(zeros, bins, self.sum + other.sum, least, most)

    def __reduce__(self) -> tuple[type[Sketch], tuple[int, tuple[Bin, ...], int, int, int]]:
        return Sketch, (self.zeros, self.bins, self.sum, self.least, self.most)  # without what was computed of it

    def values(self) -> Iterator[tuple[float, int]]:
        """Every value, within 1 %, ascending, and how often it was."""
        if self.zeros:
            yield 0.0, self.zeros
        for key, n in self.bins:
            yield min(max(_MAPPING.value(key), self.least), self.most), n

    @cached_property
    def _library(self) -> DDSketch:
        """Never changed once it is made."""
        sketch = DDSketch(RELATIVE_ERROR)
        for key, n in self.bins:
            sketch.add(_MAPPING.value(key), n)
        if self.zeros:
            sketch.add(0, self.zeros)
        return sketch


def _content(sketch: DDSketch) -> tuple[int, tuple[Bin, ...]]:
    """How many zeros a library's sketch holds, and its bins above."""
    store = sketch._store
    bins = tuple((place + store.offset, round(n)) for place, n in enumerate(store.bins) if n)
    return round(sketch.count) - sum(n for _, n in bins), bins


def _exact_sum(values: Whole) -> int:
    """The sum by halves of the bits, which cannot overflow below 2^31 values."""
    return (int((values >> np.int64(32)).sum()) << 32) + int((values & _LOW_BITS).sum())
