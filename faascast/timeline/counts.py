"""Counts: how many of something there are at every moment, from when each begins and ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Integers: TypeAlias = NDArray[np.int64]


def counts_over_time(
    intervals: Mapping[str, tuple[Integers, Integers, Integers | int]],
) -> tuple[Integers, dict[str, Integers]]:
    """The moments at which something changes, in ns, and per name the total weight from then on.

    Of each name: begins and ends in ns, and what each interval weighs. A moment at which nothing changes in sum is
    left out.
    """
    changes = {name: _changes(*of_name) for name, of_name in intervals.items()}
    times_ns = np.unique(np.concatenate([at_ns for at_ns, _ in changes.values()] or [np.zeros(0, np.int64)]))
    counts = {}
    for name, (at_ns, by) in changes.items():
        steps = np.zeros(times_ns.size, dtype=np.int64)
        steps[np.searchsorted(times_ns, at_ns)] = by
        counts[name] = np.cumsum(steps)
    return times_ns, counts


def _changes(begins_ns: Integers, ends_ns: Integers, weight: Integers | int) -> tuple[Integers, Integers]:
    """When the total changes, and by how much."""
    weights = np.broadcast_to(np.asarray(weight, dtype=np.int64), begins_ns.shape)
    at_ns, place = np.unique(np.concatenate([begins_ns, ends_ns]), return_inverse=True)
    by = np.zeros(at_ns.size, dtype=np.int64)
    np.add.at(by, place, np.concatenate([weights, -weights]))
    return at_ns[by != 0], by[by != 0]
