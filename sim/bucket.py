"""The token bucket of an instance's network: fast while there is something in it, then sustained.

Only what moves faster than the sustained rate uses the burst up; what the sustained rate leaves over fills it again.
Its depth is such that a rested instance moves `burst_bytes` at the burst rate (part of which are gained meanwhile);
at rest it is full after `refill_s`, and proportionally slower while something moves.
Amounts in parts, rates in parts per ns (`sim.parts`).
"""

from __future__ import annotations

from fractions import Fraction

from platforms.sections import InstanceNetwork
from sim.clock import NS_PER_S
from sim.parts import parts, parts_per_ns, slack


class BucketLaw:
    """What the buckets of all instances have in common."""

    __slots__ = ("crumb", "depth", "fast", "filling", "rest", "slow")

    def __init__(self, network: InstanceNetwork) -> None:
        self.slow = parts_per_ns(network.sustained_bytes_per_s)
        self.fast = parts_per_ns(network.burst_bytes_per_s) if network.burst_bytes else self.slow
        self.depth = parts(Fraction(network.burst_bytes) * (self.fast - self.slow) / self.fast)
        self.rest = round(self.depth / Fraction(network.refill_s) / NS_PER_S)
        """What it gains at rest."""
        self.filling = (self.rest << 64) // self.slow
        """What it gains of each part that the sustained rate leaves over, as a fraction of 2^64."""
        self.crumb = slack(self.fast - self.slow)
        """What is too little to count."""

    def within(self, budget: int) -> int:
        """A budget that is neither more than a full bucket nor less than an empty one."""
        return self.depth if budget > self.depth else budget if budget > self.crumb else 0

    def lasts_ns(self, budget: int, loss: int) -> int:
        """After what time a budget is used up, rounded up to the clock's next whole nanosecond."""
        return -min(0, (self.crumb - budget) // loss)

    def gain(self, rate: int) -> int:
        """What a bucket gains, or loses if it is negative, while so much moves in all."""
        spare = self.slow - rate
        return spare if spare <= 0 else spare * self.filling >> 64


class Bucket:
    """One instance's bucket in one direction, full at first."""

    __slots__ = ("_gain", "_updated_ns", "budget", "law")

    def __init__(self, law: BucketLaw) -> None:
        self.law = law
        self.budget = law.depth
        self._gain = law.rest
        self._updated_ns = 0

    def advance(self, now_ns: int) -> None:
        """Bring the budget up to now."""
        passed = now_ns - self._updated_ns
        self._updated_ns = now_ns
        if passed and self._gain:
            self.budget = self.law.within(self.budget + self._gain * passed)

    def restart(self, budget: int, now_ns: int) -> None:
        """From now on nothing moves, and so much is in it."""
        self.budget = budget
        self._gain = self.law.rest
        self._updated_ns = now_ns

    def moves(self, rate: int) -> int | None:
        """From now on so much moves in all. Returns after what time that uses the burst up; None is never."""
        gain = self._gain = self.law.gain(rate)
        return self.law.lasts_ns(self.budget, -gain) if gain < 0 and self.budget else None

    @property
    def capacity(self) -> int:
        """What the instance can move at a time, as of the last look."""
        return self.law.fast if self.budget else self.law.slow
