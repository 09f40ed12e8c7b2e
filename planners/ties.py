"""Ties: when two computed numbers count as equal."""

from __future__ import annotations

from collections.abc import Sequence

TOLERANCE = 1e-9
"""Relative to the larger number. Ranks that tie on paper differ in floats (80 and 79.99999999999999)."""


def levels(values: Sequence[float], tolerance: float = TOLERANCE) -> list[int]:
    """Per value its level, 0 for the largest; neighbours in order within `tolerance` share a level.

    Sorting by level instead of value makes "equal" transitive, so that an order by (level, index) is total.
    """
    result = [0] * len(values)
    level, above = 0, None
    for index in sorted(range(len(values)), key=lambda i: -values[i]):
        value = values[index]
        if above is not None and not close(above, value, tolerance):
            level += 1
        result[index], above = level, value
    return result


def levels_by(values: Sequence[float], then: Sequence[float]) -> list[int]:
    """Levels of `values`, those that tie by `then`, the larger first."""
    pairs = list(zip(levels(values), levels(then), strict=True))
    number = {pair: level for level, pair in enumerate(sorted(set(pairs)))}
    return [number[pair] for pair in pairs]


def close(a: float, b: float, tolerance: float = TOLERANCE) -> bool:
    """Whether two times or ranks tie."""
    return abs(a - b) <= tolerance * max(abs(a), abs(b))
