"""Streams: when requests arrive, and of which workflow."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from faascast.experiments.popularity import shares
from sim import every, mixed, poisson
from workloads.trace import LATEST_S, Trace

MOST_REQUESTS = 10**8


@dataclass(frozen=True)
class Stream:
    """Either ``rate_per_s`` (Poisson) or ``every_s`` (even intervals), and an end: ``n`` requests or ``duration_s``."""

    rate_per_s: float | None = None
    every_s: float | None = None
    n: int | None = None
    duration_s: float | None = None

    def faults(self) -> Iterator[str]:
        """What is wrong with it."""
        given = [name for name in ("rate", "every") if getattr(self, _FIELDS[name]) is not None]
        if len(given) != 1:
            yield f"arrivals: {' and '.join(given) or 'neither rate nor every'} given; expected one of rate and every"
        if (self.n is None) == (self.duration_s is None):
            both = "both are" if self.n is not None else "neither is"
            yield f"arrivals: of n and duration {both} given; expected one"
        yield from self._range_faults()

    def _range_faults(self) -> Iterator[str]:
        for name, least in (("rate", "> 0"), ("every", "≥ 0"), ("duration", "> 0")):
            value = getattr(self, _FIELDS[name])
            if value is None:
                continue
            if not (math.isfinite(value) and (value > 0 or (least == "≥ 0" and value == 0))):
                yield f"{name} is {value:g}; expected a finite number {least}"
                return
        if self.n is not None and not 1 <= self.n <= MOST_REQUESTS:
            yield f"n is {self.n}; expected a whole number from 1 to {MOST_REQUESTS:,}"
            return
        per_s = self.rate_per_s or (1 / self.every_s if self.every_s else math.inf)
        n = self.n or (self.duration_s or 0.0) * per_s
        if n > MOST_REQUESTS:
            yield f"arrivals: some {n:.3g} requests; expected at most {MOST_REQUESTS:,}"
        elif n / per_s > LATEST_S / 2:
            yield f"arrivals: they take some {n / per_s:.3g} s; expected at most {LATEST_S / 2:g} s"

    def arrivals(self, n_workflows: int, seed: int) -> Iterator[tuple[float, int]]:
        """Seconds and workflows; of several, the first are the most popular."""
        n = MOST_REQUESTS if self.n is None else self.n
        times = poisson(self.rate_per_s, n, seed) if self.rate_per_s is not None else every(self.every_s or 0.0, n)
        if self.duration_s is not None:
            until_s = self.duration_s
            times = takewhile(lambda arrival: arrival[0] < until_s, times)
        return times if n_workflows == 1 else mixed(times, shares(n_workflows).tolist(), seed)

    def __str__(self) -> str:
        how = (
            f"Poisson, {self.rate_per_s:g} a second" if self.rate_per_s is not None else f"one each {self.every_s:g} s"
        )
        return f"{how}, for {self.duration_s:g} s" if self.duration_s is not None else how


_FIELDS = {"rate": "rate_per_s", "every": "every_s", "duration": "duration_s"}


@dataclass(frozen=True)
class Traced:
    """The requests of a trace file."""

    trace: Trace

    def arrivals(self, n_workflows: int, seed: int) -> Iterator[tuple[float, int]]:
        """As the file has them."""
        return iter(self.trace)

    def __str__(self) -> str:
        return f"as in {self.trace.path}"
