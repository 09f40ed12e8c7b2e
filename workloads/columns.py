"""Lists of figures from outside to columns of numbers, with what is wrong among them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from workloads.csr import FloatArray

_LARGEST_BYTES = 2**63 - 1

MOST = 1e9
"""The largest figure of a task: seconds (32 years), vCPUs, MB; so that sums and products stay numbers."""


def figures_column(
    values: Sequence[object], least: float, *, none_is_nan: bool = False
) -> tuple[FloatArray, list[int]]:
    """The values as floats, NaN where None or bad, and the indices of the bad ones.

    Bad is: no real number, not finite, below ``least`` or above ``MOST``; None too unless ``none_is_nan``.
    """
    if not {*map(type, values)} <= {int, float, type(None)}:
        return _one_by_one(values, least, none_is_nan)
    try:
        column = np.array(values, dtype=np.float64)
    except OverflowError:
        return _one_by_one(values, least, none_is_nan)
    usable = (column >= least) & (column <= MOST)
    bad = [i for i in np.flatnonzero(~usable).tolist() if not (none_is_nan and values[i] is None)]
    column[~usable] = np.nan
    return column + 0.0, bad  # −0.0 + 0.0 is 0.0: one zero, one fingerprint


def _one_by_one(values: Sequence[object], least: float, none_is_nan: bool) -> tuple[FloatArray, list[int]]:
    column = np.full(len(values), np.nan)
    bad = []
    for i, value in enumerate(values):
        if is_figure(value) and least <= float(value) <= MOST:
            column[i] = float(value)
        elif not (none_is_nan and value is None):
            bad.append(i)
    return column + 0.0, bad


def is_figure(value: object) -> TypeGuard[float]:
    """Whether it is a finite real number (a truth value is none)."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def bytes_column(values: Sequence[Any]) -> tuple[NDArray[np.int64], list[int], list[int]]:
    """The values as whole bytes, 0 where bad or unknown, and the indices of the bad and the unknown."""
    if {*map(type, values)} <= {int} and all(0 <= size <= _LARGEST_BYTES for size in values):
        return np.array(values, dtype=np.int64), [], []
    column = np.zeros(len(values), dtype=np.int64)
    bad: list[int] = []
    unknown: list[int] = []
    for i, value in enumerate(values):
        size = whole_bytes(value)
        if size is not None:
            column[i] = size
        else:
            (unknown if value is None else bad).append(i)
    return column, bad, unknown


def whole_bytes(value: object) -> int | None:
    """A size in bytes, or None if it is none: a whole number from 0 below 2^63."""
    if isinstance(value, bool) or not isinstance(value, Integral | float) or not is_figure(value):
        return None
    size = int(value)
    return size if size == value and 0 <= size <= _LARGEST_BYTES else None
