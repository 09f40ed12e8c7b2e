"""Group testing: which of many small changes can be made, asking seldom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def by_halves(items: Sequence[T], accepts: Callable[[Sequence[T]], bool]) -> list[T]:
    """The items that were accepted: all together if they are, else the first half, and then the second.

    `accepts` makes the change where it is accepted, so later groups come on top of it. Of n items of which k are not
    accepted about 2 k log2(n / k) + 1 groups are asked about.
    """
    if not items:
        return []
    if accepts(items):
        return list(items)
    if len(items) == 1:
        return []
    middle = len(items) // 2
    return by_halves(items[:middle], accepts) + by_halves(items[middle:], accepts)
