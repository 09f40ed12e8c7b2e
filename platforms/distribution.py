"""Distributions of durations: what a platform does not do in the same time twice.

In a file a distribution is a table, `{kind = "lognormal", median_s = 0.3, sigma = 0.25}`, and a bare number
is a constant. Every kind knows its expected duration `mean_s`, its greatest lower bound `least_s`, and
`draw_s(u)`: durations for uniform numbers in (0, 1), so that whoever draws decides where the luck comes from.
No draw is longer than 1e9 s, 32 years: a tail that reaches further is cut there.
"""

from __future__ import annotations

import math
from itertools import accumulate
from typing import Annotated, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BeforeValidator, Field, model_serializer, model_validator
from scipy.special import ndtri

from platforms.quantities import MOST, PositiveSeconds, Seconds, Sigma, Unit, Weight
from platforms.section import Section

Floats: TypeAlias = NDArray[np.float64]


class Constant(Section):
    """Always the same duration; a bare number in a file."""

    kind: Literal["constant"] = "constant"
    value_s: Seconds
    """The duration."""

    @property
    def mean_s(self) -> float:
        """Expected duration."""
        return self.value_s

    @property
    def least_s(self) -> float:
        """Greatest lower bound of the durations."""
        return self.value_s

    def draw_s(self, u: Floats) -> Floats:
        """Durations for uniform numbers in (0, 1)."""
        return np.full_like(u, self.value_s, dtype=np.float64)

    @model_serializer
    def _as_bare_number(self) -> float:
        return self.value_s


class Lognormal(Section):
    """A duration whose logarithm is normal: the usual shape of latencies."""

    kind: Literal["lognormal"] = "lognormal"
    median_s: PositiveSeconds
    """Half of the durations are shorter."""
    sigma: Sigma
    """Standard deviation of the logarithm."""

    @property
    def mean_s(self) -> float:
        """Expected duration."""
        return self.median_s * math.exp(self.sigma**2 / 2)

    @property
    def least_s(self) -> float:
        """Greatest lower bound of the durations."""
        return 0.0 if self.sigma else self.median_s

    def draw_s(self, u: Floats) -> Floats:
        """Durations for uniform numbers in (0, 1)."""
        standard_normal: Floats = ndtri(u)
        return np.minimum(self.median_s * np.exp(self.sigma * standard_normal), MOST)


class Exponential(Section):
    """A duration without memory."""

    kind: Literal["exponential"] = "exponential"
    mean_s: PositiveSeconds
    """Expected duration."""

    @property
    def least_s(self) -> float:
        """Greatest lower bound of the durations."""
        return 0.0

    def draw_s(self, u: Floats) -> Floats:
        """Durations for uniform numbers in (0, 1)."""
        return np.minimum(-self.mean_s * np.log1p(-u), MOST)


class Uniform(Section):
    """Any duration between two bounds, all equally likely."""

    kind: Literal["uniform"] = "uniform"
    low_s: Seconds
    """Shortest duration."""
    high_s: Seconds
    """Longest duration."""

    @model_validator(mode="after")
    def _ordered(self) -> Uniform:
        return self._require(("high_s", f"at least low_s, {self.low_s:g}", self.low_s <= self.high_s))

    @property
    def mean_s(self) -> float:
        """Expected duration."""
        return (self.low_s + self.high_s) / 2

    @property
    def least_s(self) -> float:
        """Greatest lower bound of the durations."""
        return self.low_s

    def draw_s(self, u: Floats) -> Floats:
        """Durations for uniform numbers in (0, 1)."""
        return self.low_s + (self.high_s - self.low_s) * u


def _ascending(samples: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(sorted(samples))


class Empirical(Section):
    """One of the recorded durations, each equally likely."""

    kind: Literal["empirical"] = "empirical"
    samples_s: Annotated[tuple[Seconds, ...], Field(min_length=1), AfterValidator(_ascending)]
    """The recorded durations, in any order; kept ascending."""

    @property
    def mean_s(self) -> float:
        """Expected duration."""
        return math.fsum(self.samples_s) / len(self.samples_s)

    @property
    def least_s(self) -> float:
        """Greatest lower bound of the durations."""
        return self.samples_s[0]

    def draw_s(self, u: Floats) -> Floats:
        """Durations for uniform numbers in (0, 1)."""
        samples = np.array(self.samples_s)
        return samples[np.minimum((u * len(samples)).astype(np.intp), len(samples) - 1)]


class Part(Section):
    """One of the distributions that a mixture is made of."""

    weight: Weight
    """How often this part is drawn from, relative to the other parts."""
    of: Distribution
    """What is then drawn."""


class Mixture(Section):
    """A draw from one of several distributions: a body and its rare slow mode, say."""

    kind: Literal["mixture"] = "mixture"
    parts: Annotated[tuple[Part, ...], Field(min_length=1)]
    """The distributions and their weights."""

    @property
    def mean_s(self) -> float:
        """Expected duration."""
        return math.fsum(share * part.of.mean_s for share, part in zip(self._shares, self.parts, strict=True))

    @property
    def least_s(self) -> float:
        """Greatest lower bound of the durations."""
        return min(part.of.least_s for part in self.parts)

    @property
    def _shares(self) -> tuple[float, ...]:
        total = math.fsum(part.weight for part in self.parts)
        return tuple(part.weight / total for part in self.parts)

    def draw_s(self, u: Floats) -> Floats:
        """Durations for uniform numbers in (0, 1); what chose the part is stretched to draw from it."""
        edges = np.array([0.0, *accumulate(self._shares)])
        chosen = np.searchsorted(edges[1:-1], u, side="right")
        within = (u - edges[chosen]) / np.diff(edges)[chosen]
        within = np.clip(within, np.finfo(np.float64).tiny, 1 - np.finfo(np.float64).epsneg)
        drawn: Floats = np.empty_like(within)
        for index, part in enumerate(self.parts):
            mine = chosen == index
            drawn[mine] = part.of.draw_s(within[mine])
        return drawn


def _read_bare_number(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"kind": "constant", "value_s": value}
    return value


Distribution: TypeAlias = Annotated[
    Annotated[Constant | Lognormal | Exponential | Uniform | Empirical | Mixture, Field(discriminator="kind")],
    BeforeValidator(_read_bare_number),
    Unit("s"),
]
"""A distribution of durations, of any kind."""

Part.model_rebuild()
Mixture.model_rebuild()
