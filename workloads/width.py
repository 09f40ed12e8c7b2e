"""Widths: how many items the list of a map node has, as far as that is known before a run."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist

from workloads.errors import Fault, InvalidInput

MOST_WIDTH = 1_000_000
"""No list that a workflow declares may be longer."""

EXPECTED = "a width: 4, or 0..8 (all equally likely), or 3/5/5/8 (recorded counts), or 6~0.5 (mean~σ, lognormal)"

_RANGE = re.compile(r"(\d+)\.\.(\d+)")
_AROUND = re.compile(r"(\d+(?:\.\d+)?)~(\d+(?:\.\d+)?)")


class Width(ABC):
    """A distribution of whole numbers from 0."""

    @property
    @abstractmethod
    def least(self) -> int:
        """The smallest number that may come."""

    @property
    @abstractmethod
    def largest(self) -> int | None:
        """The largest number that may come; None if there is none."""

    @abstractmethod
    def chance(self, index: int) -> float:
        """How likely there are more than ``index`` items: that the lane of this index runs."""

    @abstractmethod
    def draw(self, u: float) -> int:
        """The number that a uniform ``u`` in (0, 1) stands for; a larger one stands for no smaller one."""


@dataclass(frozen=True)
class Counts(Width):
    """Recorded counts, ascending, each as likely as any other."""

    values: tuple[int, ...]

    def __init__(self, values: Iterable[int]) -> None:
        object.__setattr__(self, "values", tuple(sorted(values)))
        if not self.values or not all(type(n) is int and 0 <= n <= MOST_WIDTH for n in self.values):
            expected = f"whole numbers from 0 to {MOST_WIDTH}, one or more"
            raise InvalidInput([Fault("width", "counts", self.values, expected)])

    @property
    def least(self) -> int:
        """The smallest count."""
        return self.values[0]

    @property
    def largest(self) -> int:
        """The largest count."""
        return self.values[-1]

    def chance(self, index: int) -> float:
        """The share of counts above the index."""
        return 1 - bisect_right(self.values, index) / len(self.values)

    def draw(self, u: float) -> int:
        """One of the counts."""
        return self.values[math.floor(u * len(self.values))]

    def __str__(self) -> str:
        return "/".join(map(str, self.values))


@dataclass(frozen=True)
class Between(Width):
    """Each whole number from the least to the largest is equally likely."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high <= MOST_WIDTH:
            expected = f"two ascending whole numbers from 0 to {MOST_WIDTH}"
            raise InvalidInput([Fault("width", "", str(self), expected)])

    @property
    def least(self) -> int:
        """The lower end."""
        return self.low

    @property
    def largest(self) -> int:
        """The upper end."""
        return self.high

    def chance(self, index: int) -> float:
        """The share of numbers above the index."""
        return min(1.0, max(0, self.high - index) / (self.high - self.low + 1))

    def draw(self, u: float) -> int:
        """One of the numbers."""
        return self.low + math.floor(u * (self.high - self.low + 1))

    def __str__(self) -> str:
        return f"{self.low}..{self.high}"


@dataclass(frozen=True)
class Around(Width):
    """A lognormal of this mean and σ of its logarithm, rounded: most lists are like others, few are much longer."""

    mean: float
    sigma: float

    def __post_init__(self) -> None:
        if not (0 < self.mean <= MOST_WIDTH and 0 < self.sigma <= 3):
            expected = f"a mean above 0, to {MOST_WIDTH}, and a σ above 0, to 3"
            raise InvalidInput([Fault("width", "", f"{self.mean:g}~{self.sigma:g}", expected)])

    @property
    def least(self) -> int:
        """Nothing is certain."""
        return 0

    @property
    def largest(self) -> None:
        """There is none."""
        return None

    @property
    def _logarithm(self) -> NormalDist:
        return NormalDist(math.log(self.mean) - self.sigma**2 / 2, self.sigma)

    def chance(self, index: int) -> float:
        """How likely the number is more than half above the index."""
        return 1 - self._logarithm.cdf(math.log(index + 0.5))

    def draw(self, u: float) -> int:
        """The nearest whole number."""
        return math.floor(math.exp(self._logarithm.inv_cdf(u)) + 0.5)

    def __str__(self) -> str:
        return f"{self.mean!r}~{self.sigma!r}"


def read_width(text: object) -> Width:
    """What ``4``, ``0..8``, ``3/5/5/8`` or ``6~0.5`` stands for; :class:`InvalidInput` if it is none of these."""
    if isinstance(text, str) and (found := _RANGE.fullmatch(text)):
        return Between(int(found[1]), int(found[2]))
    if isinstance(text, str) and (found := _AROUND.fullmatch(text)):
        return Around(float(found[1]), float(found[2]))
    if isinstance(text, str) and re.fullmatch(r"\d{1,7}(/\d{1,7})*", text):
        return Counts(map(int, text.split("/")))
    raise InvalidInput([Fault("width", "", text, EXPECTED)])
