"""Warm-up removal: MSER-5 against its definition, and stated cuts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faascast.faults import BadInput
from faascast.warmup import WarmUp, mser


def by_definition(values: np.ndarray) -> int:
    """The cut d, at most half, at which Σ(z − mean)² / (n − d)² of what is left is least."""
    n = len(values) // 5
    means = [values[5 * i : 5 * i + 5].mean() for i in range(n)]
    errors = [np.var(means[d:]) / (n - d) for d in range(n // 2 + 1)]
    return int(np.argmin(errors))


@given(st.integers(0, 2**32 - 1), st.integers(50, 400), st.integers(0, 150))
def test_it_is_what_it_says(seed: int, n: int, transient: int) -> None:
    generator = np.random.default_rng(seed)
    values = generator.exponential(1.0, n) + 20 * np.exp(-np.arange(n) / (1 + transient))
    assert mser(values)[0] == by_definition(values)


def test_a_jump_is_cut_where_it_is() -> None:
    """100 values around 9, then 400 around 1: twenty batches go."""
    generator = np.random.default_rng(1)
    values = np.where(np.arange(500) < 100, 9.0, 1.0) + generator.normal(0, 0.1, 500)
    assert mser(values) == (20, False)


def test_what_does_not_settle_is_told() -> None:
    assert mser(np.arange(500.0))[1]
    cut = WarmUp().cut(np.arange(500.0), np.arange(500.0))
    assert cut.is_settled is False


def test_failed_requests_do_not_count_for_it() -> None:
    latency_s = np.where(np.arange(500) < 100, 9.0, 1.0)
    latency_s[::2] = np.nan
    cut = WarmUp().cut(np.arange(500.0), latency_s)
    assert cut.first == 101


def test_few_requests_are_all_kept() -> None:
    cut = WarmUp().cut(np.arange(49.0), np.arange(49.0))
    assert (cut.first, cut.is_settled) == (0, None)
    assert "needs 50" in cut.reason


@pytest.mark.parametrize(("text", "first"), [("none", 0), ("10%", 10), ("12.5%", 12), ("30s", 30), ("0s", 0)])
def test_stated_cuts(text: str, first: int) -> None:
    assert WarmUp.read(text).cut(np.arange(100.0), np.ones(100)).first == first


@pytest.mark.parametrize("text", ["", "10", "100%", "-1%", "nan%", "infs", "-5s", "s", "%", "auto"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="expected mser, none"):
        WarmUp.read(text)
