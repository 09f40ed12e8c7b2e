"""Sharing as a fluid, in exact fractions and the slow way: what `sim.cpu` and `sim.link` are compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

Number: TypeAlias = int | Fraction


@dataclass(frozen=True)
class Work:
    """So much to be done from a time on, at no more than ``cap`` a time unit, in a group (an instance)."""

    at: Fraction
    amount: Fraction
    cap: Fraction
    group: int = 0


Rates: TypeAlias = Callable[[Sequence[Work]], Sequence[Fraction]]


def fluid_ends(works: Sequence[Work], rates: Rates) -> list[Fraction]:
    """When each ends, if those under way get these rates between any two events."""
    left = {i: work.amount for i, work in enumerate(works)}
    ends: dict[int, Fraction] = {}
    now = Fraction(0)
    while left:
        active = [i for i in left if works[i].at <= now]
        speed = dict(zip(active, rates([works[i] for i in active]), strict=True))
        steps = [left[i] / speed[i] for i in active] + [works[i].at - now for i in left if works[i].at > now]
        step = min(steps)
        now += step
        for i in active:
            left[i] -= speed[i] * step
            if not left[i]:
                ends[i] = now
                del left[i]
    return [ends[i] for i in range(len(works))]


def fill(capacity: Fraction, caps: Sequence[Fraction], weights: Sequence[Fraction]) -> list[Fraction]:
    """Max-min fair rates by raising one level until everyone is at its cap or nothing is left."""
    rates = [Fraction(0)] * len(caps)
    rising = [i for i in range(len(caps)) if caps[i] > 0]
    while rising and capacity > 0:
        weight = sum(weights[i] for i in rising)
        step = min(capacity / weight, *((caps[i] - rates[i]) / weights[i] for i in rising))
        for i in rising:
            rates[i] += weights[i] * step
        capacity -= weight * step
        rising = [i for i in rising if rates[i] < caps[i]]
    return rates


def slow_down(capacity: Fraction, caps: Sequence[Fraction]) -> list[Fraction]:
    """All slow down by demand over capacity, if there is too much demand."""
    factor = min(Fraction(1), capacity / sum(caps)) if sum(caps) else Fraction(1)
    return [cap * factor for cap in caps]


def cpu_rates(vcpus: Sequence[Fraction], cores: Fraction | None, *, fair: bool) -> Rates:
    """Instances of so many vCPUs on a host of so many cores (None: no host)."""

    def share(capacity: Fraction, caps: Sequence[Fraction], weights: Sequence[Fraction]) -> list[Fraction]:
        return fill(capacity, caps, weights) if fair else slow_down(capacity, caps)

    def rates(works: Sequence[Work]) -> list[Fraction]:
        demands = [min(v, sum((w.cap for w in works if w.group == g), Fraction(0))) for g, v in enumerate(vcpus)]
        granted = list(vcpus) if cores is None else share(cores, demands, vcpus)
        found: dict[int, Fraction] = {}
        for group, capacity in enumerate(granted):
            mine = [i for i, work in enumerate(works) if work.group == group]
            shares = share(capacity, [works[i].cap for i in mine], [Fraction(1)] * len(mine))
            found |= dict(zip(mine, shares, strict=True))
        return [found[i] for i in range(len(works))]

    return rates


@dataclass(frozen=True)
class Bucket:
    """An instance's network: ``burst`` bytes at ``fast``, then ``slow``; full again after ``refill`` of rest."""

    burst: Fraction
    fast: Fraction
    slow: Fraction
    refill: Fraction

    @property
    def depth(self) -> Fraction:
        """Moving at ``fast``, so much more than what is gained meanwhile is used up."""
        return self.burst * (self.fast - self.slow) / self.fast
