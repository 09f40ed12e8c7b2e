"""tree_reduction: a sum of many numbers, pair by pair."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workloads.generators import TreeReduction
from workloads.real.builtin import Builtin

Integers = NDArray[np.int64]
_LARGEST = 10**6
_ADD_S = 2e-5
"""CPU seconds of an addition; measured."""


def add(a: Integers, b: Integers) -> Integers:
    """The sum of two numbers, each as many integers as its bytes hold."""
    return a + b


def _numbers(tree: TreeReduction) -> Integers:
    width = max(1, tree.bytes // 8)
    return np.random.default_rng(tree.seed).integers(-_LARGEST, _LARGEST, size=(tree.numbers, width))


TREE_REDUCTION = Builtin(
    generator=TreeReduction,
    functions={"add": add},
    given=lambda tree: {f"number-{i}": number.copy() for i, number in enumerate(_numbers(tree))},
    straight=lambda tree: _numbers(tree).sum(axis=0),
    small=lambda told: {"cpu_s": _ADD_S},
)
