"""Results as they are told in one line."""

from __future__ import annotations

import numpy as np
import pytest

from faascast.text.executions import value_told


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (3, "3"),
        ("two\nlines", "'two\\nlines'"),
        (b"few", "b'few'"),
        (b"x" * 2000, "2 kB of bytes"),
        (np.zeros((2, 3), dtype=np.int8), "an array of int8, 2 × 3"),
        (np.float64(1.5), repr(np.float64(1.5))),
        ([1] * 100, "[1, 1, 1, 1, 1, 1, ...]"),
        ({"a": np.zeros(2), "b": {"c": b"y" * 3000}}, "{'a': an array of float64, 2, 'b': {'c': 3 kB of bytes}}"),
        (dict.fromkeys(range(9), 0), "{0: 0, 1: 0, 2: 0, 3: 0, …}"),
    ],
)
def test_a_value_is_told_in_short(value: object, told: str) -> None:
    assert value_told(value) == told


def test_no_value_is_told_at_length() -> None:
    assert len(value_told({f"key {k}": ["x" * 50] * 6 for k in range(4)})) == 161
