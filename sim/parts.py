"""Bytes and rates as whole numbers, so that sharing is exact: the same however often it is looked at.

A byte has 2^80 parts; rates are in parts per nanosecond. A transfer that nothing disturbs ends at the same instant
whatever else begins or ends around it; a level found twice is the same level; nothing drifts in a long run.
A rate of one byte per second is 10^15 parts per ns: what is lost by rounding a rate down is far below the clock's step.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from sim.clock import NS_PER_S

PARTS: Final = 1 << 80
"""Parts of a byte."""
UNLIMITED: Final = 1 << 2000
"""A rate beyond all others."""


def parts_per_ns(bytes_per_s: float) -> int:
    """A rate, to the nearest part per ns, and not 0."""
    return max(1, round(Fraction(bytes_per_s) * PARTS / NS_PER_S))


def parts(n_bytes: Fraction) -> int:
    """An amount, to the nearest part."""
    return round(Fraction(n_bytes) * PARTS)


def cap_of(bytes_per_s: float | None) -> int:
    """A rate that may be unlimited."""
    return UNLIMITED if bytes_per_s is None else parts_per_ns(bytes_per_s)


def slack(rate: int) -> int:
    """What moves in a hundredth of a ns (`sim.clock.SLACK_NS`): too little to wait for until the next whole one."""
    return rate // 100


def whole_ns_of(left: int, rate: int) -> int:
    """How long so many parts take, rounded up to the clock's next whole nanosecond."""
    return -min(0, (rate // 100 - left) // rate)
