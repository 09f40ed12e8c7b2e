"""The ladder: the sizes that a search tries, few of the many that a platform offers."""

from __future__ import annotations

import math
from bisect import bisect_left

from platforms import Platform

_VCPUS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
_RUNGS_PER_HALVING = 2


def ladder(platform: Platform) -> tuple[int, ...]:
    """Sizes in MB, ascending: smallest, largest and default, those that bring whole vCPUs, fractions of the default.

    A size between whole vCPUs has no slot more than the one below it. Fractions go down by factors of √2.

    >>> from platforms import load_platform
    >>> ladder(load_platform("aws-lambda-s3"))
    (128, 157, 222, 313, 443, 626, 885, 1251, 1769, 3538, 5307, 7076, 10240)
    """
    sizes = platform.sizes
    whole = [n * sizes.mb_per_vcpu for n in _VCPUS]
    parts = [sizes.default_mb * 2 ** (-k / _RUNGS_PER_HALVING) for k in range(2 * sizes.default_mb.bit_length())]
    inside = [size_mb for size_mb in (*whole, *parts) if sizes.min_mb <= size_mb <= sizes.max_mb]
    rungs = {sizes.min_mb + math.ceil((size_mb - sizes.min_mb) / sizes.step_mb) * sizes.step_mb for size_mb in inside}
    largest_mb = sizes.min_mb + (sizes.max_mb - sizes.min_mb) // sizes.step_mb * sizes.step_mb
    return tuple(sorted({min(rung, largest_mb) for rung in rungs} | {sizes.min_mb, sizes.default_mb, largest_mb}))


def rung_from(rungs: tuple[int, ...], size_mb: int, least_mb: float, steps: int) -> int:
    """The size so many rungs above `size_mb` (below, if negative) that holds `least_mb`; the last one at the ends."""
    at = min(bisect_left(rungs, size_mb), len(rungs) - 1)
    least = min(bisect_left(rungs, least_mb), len(rungs) - 1)
    return rungs[max(least, min(at + steps, len(rungs) - 1))]
