"""gemm: a product of two matrices of integers, strip by strip."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workloads.generators import Gemm
from workloads.real.builtin import Builtin

Integers = NDArray[np.int64]
_LARGEST = 100
_SMALL_N = 1_000


def multiply(row: Integers, column: Integers) -> Integers:
    """A block of the product."""
    product: Integers = row @ column
    return product


def aggregate(*products: Integers) -> Integers:
    """All blocks together, row by row."""
    strips = math.isqrt(len(products))
    return np.block([list(products[i * strips : (i + 1) * strips]) for i in range(strips)])


def _matrices(gemm: Gemm) -> tuple[Integers, Integers]:
    random = np.random.default_rng(gemm.seed)
    a, b = random.integers(-_LARGEST, _LARGEST, size=(2, gemm.n, gemm.n))
    return a, b


def _given(gemm: Gemm) -> dict[str, object]:
    a, b = _matrices(gemm)
    rows: dict[str, object] = {f"a-{i}": strip.copy() for i, strip in enumerate(np.split(a, gemm.strips))}
    return rows | {f"b-{j}": strip.copy() for j, strip in enumerate(np.split(b, gemm.strips, axis=1))}


def _straight(gemm: Gemm) -> Integers:
    """In floats, which are exact: every sum is below 2^53 (n is at most 10^6, entries at most 100)."""
    a, b = _matrices(gemm)
    return (a.astype(np.float64) @ b.astype(np.float64)).astype(np.int64)


def _small(told: Mapping[str, Any]) -> dict[str, object]:
    strips = told.get("strips", Gemm.strips)
    return {"n": strips * max(1, _SMALL_N // strips)}


GEMM = Builtin(
    generator=Gemm,
    functions={"multiply": multiply, "aggregate": aggregate},
    given=_given,
    straight=_straight,
    small=_small,
)
