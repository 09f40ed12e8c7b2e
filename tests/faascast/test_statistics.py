"""Order-statistic intervals against tables and scipy, their coverage, and the paired bootstrap."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, bootstrap

from planners.statistics import Estimate, Needs, interval_ranks, least_sample, paired_difference, quantile

QUANTILES = st.sampled_from([0.5, 0.9, 0.95, 0.99])


@pytest.mark.parametrize(("p", "n"), [(0.5, 6), (0.9, 29), (0.95, 59), (0.99, 299)])
def test_the_least_samples_at_95_percent_are_the_known_ones(p: float, n: int) -> None:
    assert least_sample(p) == n
    assert interval_ranks(n, p) is not None
    assert interval_ranks(n - 1, p) is None


@pytest.mark.parametrize(
    ("n", "ranks"),
    # the table of ranks for the median at 95 % of Conover, Practical Nonparametric Statistics, and of others
    [(6, (1, 6)), (10, (2, 9)), (20, (6, 15)), (30, (10, 21))],
)
def test_ranks_for_the_median_are_those_of_the_tables(n: int, ranks: tuple[int, int]) -> None:
    assert interval_ranks(n, 0.5) == ranks


@given(st.integers(1, 400), QUANTILES, st.sampled_from([0.8, 0.95, 0.99]))
def test_ranks_are_the_nearest_that_cover(n: int, p: float, confidence: float) -> None:
    """By scipy's binomial: the pair covers, and no pair of nearer ranks does."""
    ranks = interval_ranks(n, p, confidence)

    def coverage(low: int, high: int) -> float:
        return float(binom.cdf(high - 1, n, p) - binom.cdf(low - 1, n, p))

    widest = coverage(1, n)
    if ranks is None:
        assert widest < confidence + 1e-12
        return
    low, high = ranks
    assert 1 <= low < high <= n
    assert coverage(low, high) >= confidence - 1e-12
    nearer = high - low - 1
    assert all(coverage(i, i + nearer) < confidence for i in range(1, n - nearer + 1))


@given(st.integers(2, 500), QUANTILES)
def test_the_least_sample_is_where_ranks_begin(n: int, p: float) -> None:
    assert (interval_ranks(n, p) is not None) == (n >= least_sample(p))


@pytest.mark.parametrize(("n", "p"), [(10, 0.5), (31, 0.5), (40, 0.9), (80, 0.95)])
def test_intervals_hold_the_true_quantile_as_often_as_they_say(n: int, p: float) -> None:
    """Of 4,000 samples of a lognormal, at least 95 %, and no more than the binomial says."""
    random = np.random.default_rng(7)
    samples = random.lognormal(size=(4_000, n))
    truth = math.exp(_normal_quantile(p))
    estimates = [quantile(sample, p) for sample in samples]
    held = np.mean([isinstance(e, Estimate) and e.low <= truth <= e.high for e in estimates])
    low, high = interval_ranks(n, p) or (0, 0)
    expected = binom.cdf(high - 1, n, p) - binom.cdf(low - 1, n, p)
    assert held == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / 4_000))


def _normal_quantile(p: float) -> float:
    return {0.5: 0.0, 0.9: 1.2815515655446004, 0.95: 1.6448536269514722}[p]


def test_a_quantile_is_numpys() -> None:
    values = np.random.default_rng(1).normal(size=50)
    estimate = quantile(values, 0.9)
    assert isinstance(estimate, Estimate)
    assert estimate.value == np.quantile(values, 0.9)
    assert estimate.low <= estimate.value <= estimate.high
    assert {estimate.low, estimate.high} <= set(values)


def test_too_few_runs_say_how_many_it_takes() -> None:
    assert quantile(np.ones(28), 0.9) == Needs(29)
    assert quantile(np.ones(0), 0.5) == Needs(6)
    assert str(Needs(299)) == "needs 299 runs"
    assert str(Needs(4_603)) == "needs 4,603 runs"


def test_equal_values_have_an_interval_of_no_width() -> None:
    assert quantile(np.full(10, 3.0), 0.5) == Estimate(3.0, 3.0, 3.0)


# ---- paired differences


def test_a_constant_shift_is_found_exactly() -> None:
    """What the luck does to both cancels: paired, the interval has no width."""
    reference = np.random.default_rng(2).lognormal(size=40)
    estimate = paired_difference(reference + 2.5, reference, 0.5, seed=1)
    assert isinstance(estimate, Estimate)
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((2.5, 2.5, 2.5), abs=1e-12)


def test_pairs_are_drawn_together() -> None:
    """Shuffled, the same two samples have a far wider interval."""
    random = np.random.default_rng(3)
    reference = random.lognormal(sigma=1, size=60)
    values = reference + random.normal(0.3, 0.02, size=60)
    together = paired_difference(values, reference, 0.5, seed=1)
    apart = paired_difference(random.permutation(values), reference, 0.5, seed=1)
    assert isinstance(together, Estimate)
    assert isinstance(apart, Estimate)
    assert together.high - together.low < (apart.high - apart.low) / 2
    assert together.low > 0


def test_the_bootstrap_is_scipys() -> None:
    random = np.random.default_rng(4)
    reference = random.lognormal(size=50)
    values = reference * random.uniform(0.8, 1.3, size=50)

    def difference(a: np.ndarray, b: np.ndarray, axis: int) -> np.ndarray:
        return np.quantile(a, 0.5, axis=axis) - np.quantile(b, 0.5, axis=axis)

    theirs = bootstrap(
        (values, reference),
        difference,
        paired=True,
        vectorized=True,
        n_resamples=20_000,
        method="percentile",
        rng=np.random.default_rng(5),
    ).confidence_interval
    ours = paired_difference(values, reference, 0.5, seed=1)
    assert isinstance(ours, Estimate)
    width = theirs.high - theirs.low
    assert ours.low == pytest.approx(theirs.low, abs=0.08 * width)
    assert ours.high == pytest.approx(theirs.high, abs=0.08 * width)


def test_the_bootstrap_covers() -> None:
    """About 95 % of the intervals of 400 samples hold the true difference of the medians, which is 1."""
    random = np.random.default_rng(6)
    held = 0
    for i in range(400):
        reference = random.normal(size=40)
        estimate = paired_difference(1 + reference + random.normal(size=40), reference, 0.5, seed=i)
        assert isinstance(estimate, Estimate)
        held += estimate.low <= 1 <= estimate.high
    assert 0.90 <= held / 400 <= 0.99


def test_a_seed_decides_the_bootstrap() -> None:
    random = np.random.default_rng(8)
    values, reference = random.normal(size=(2, 20))
    first = paired_difference(values, reference, 0.5, seed=1)
    assert first == paired_difference(values, reference, 0.5, seed=1)
    assert first != paired_difference(values, reference, 0.5, seed=2)


def test_many_runs_are_resampled_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(9)
    values, reference = random.normal(size=(2, 50))
    whole = paired_difference(values, reference, 0.5, seed=1)
    monkeypatch.setattr("planners.statistics._BATCH", 50 * 7)
    assert paired_difference(values, reference, 0.5, seed=1) == whole


def test_too_few_pairs_say_how_many_it_takes() -> None:
    assert paired_difference(np.ones(5), np.ones(5), 0.5, seed=1) == Needs(6)
    assert paired_difference(np.ones(30), np.ones(30), 0.95, seed=1) == Needs(59)
