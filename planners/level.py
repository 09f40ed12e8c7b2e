"""The average, or a percentile, of what scatters: how a user writes which is meant."""

from __future__ import annotations

import re

from workloads import Fault, InvalidInput

AVERAGE = "average"

_PERCENTILE = re.compile(r"p?([0-9]{1,2}(?:\.[0-9]+)?)")


def percentile_of(level: str, field: str = "sla") -> float | None:
    """The percentile that `average`, `p95` or `95` stands for; None for the average. InvalidInput for anything else."""
    if level == AVERAGE:
        return None
    found = _PERCENTILE.fullmatch(level)
    if not found or not 0 < float(found[1]) < 100:
        expected = "average, or a percentile between 0 and 100, as p95"
        raise InvalidInput([Fault("planner", field, level, expected)])
    return float(found[1])


def level_name(level: str, field: str = "sla") -> str:
    """Its one spelling: `average`, or a percentile as `p95` or `p99.9`. InvalidInput as above."""
    percentile = percentile_of(level, field)
    return AVERAGE if percentile is None else f"p{percentile:.15g}"
