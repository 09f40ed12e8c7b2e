"""Distributions against scipy's, against numeric integration, and as they stand in a file."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError
from scipy import stats

from platforms import (
    Constant,
    Distribution,
    Empirical,
    Exponential,
    Lognormal,
    Mixture,
    Part,
    Uniform,
)
from tests.platforms.examples import distributions, simple_distributions

MIDPOINTS: NDArray[np.float64] = (np.arange(100_000) + 0.5) / 100_000
LEVELS: NDArray[np.float64] = np.array([1e-12, 1e-3, 0.1, 0.5, 0.9, 0.999, 1 - 1e-12])
in_file: TypeAdapter[Any] = TypeAdapter(Distribution)

WITH_SCIPY = [
    (Lognormal(median_s=0.089, sigma=0.17), stats.lognorm(0.17, scale=0.089)),
    (Lognormal(median_s=3.0, sigma=1.2), stats.lognorm(1.2, scale=3.0)),
    (Exponential(mean_s=2.244), stats.expon(scale=2.244)),
    (Uniform(low_s=1.0, high_s=4.0), stats.uniform(1.0, 3.0)),
]


@pytest.mark.parametrize(("ours", "scipys"), WITH_SCIPY, ids=lambda value: getattr(value, "kind", ""))
def test_mean_and_quantiles_are_scipys(ours: Distribution, scipys: Any) -> None:
    assert ours.mean_s == pytest.approx(scipys.mean(), rel=1e-12)
    assert ours.least_s == scipys.support()[0]
    np.testing.assert_allclose(ours.draw_s(LEVELS), scipys.ppf(LEVELS), rtol=1e-12)


def test_a_constant_is_always_the_same() -> None:
    constant = Constant(value_s=0.05)
    assert (constant.mean_s, constant.least_s) == (0.05, 0.05)
    assert set(constant.draw_s(LEVELS)) == {0.05}


def test_without_spread_a_lognormal_is_its_median() -> None:
    certain = Lognormal(median_s=2.0, sigma=0.0)
    assert (certain.mean_s, certain.least_s) == (2.0, 2.0)
    assert set(certain.draw_s(LEVELS)) == {2.0}


def test_an_empirical_draw_is_a_recorded_one_each_equally_often() -> None:
    recorded = Empirical(samples_s=(3.0, 1.0, 2.0, 2.0))
    assert recorded.samples_s == (1.0, 2.0, 2.0, 3.0)
    assert (recorded.mean_s, recorded.least_s) == (2.0, 1.0)
    np.testing.assert_array_equal(
        recorded.draw_s(LEVELS), np.quantile([3.0, 1.0, 2.0, 2.0], LEVELS, method="inverted_cdf")
    )
    drawn, counts = np.unique(recorded.draw_s(MIDPOINTS), return_counts=True)
    assert dict(zip(drawn, counts / len(MIDPOINTS), strict=True)) == {1.0: 0.25, 2.0: 0.5, 3.0: 0.25}


def test_a_mixture_has_the_weighted_distribution_function() -> None:
    """70 % of Exp(1) and 30 % of U(2, 4), weights not summing to one."""
    mixture = Mixture(
        parts=(
            Part(weight=7, of=Exponential(mean_s=1.0)),
            Part(weight=3, of=Uniform(low_s=2.0, high_s=4.0)),
        )
    )
    assert mixture.mean_s == pytest.approx(0.7 * 1 + 0.3 * 3)
    assert mixture.least_s == 0.0
    drawn = np.sort(mixture.draw_s(MIDPOINTS))
    for x in (0.1, 1.0, 2.5, 3.9, 6.0):
        expected = 0.7 * stats.expon.cdf(x) + 0.3 * stats.uniform(2, 2).cdf(x)
        assert np.searchsorted(drawn, x) / len(drawn) == pytest.approx(expected, abs=2e-5)


def test_a_rare_mode_stays_finite_at_the_edges_of_its_share() -> None:
    edge = 0.998
    mixture = Mixture(
        parts=(
            Part(weight=edge, of=Exponential(mean_s=1.0)),
            Part(weight=1 - edge, of=Lognormal(median_s=1.0, sigma=1.0)),
        )
    )
    near = np.array([np.nextafter(edge, 0), edge, np.nextafter(edge, 1), np.nextafter(1, 0)])
    assert np.isfinite(mixture.draw_s(near)).all()
    assert (mixture.draw_s(near) > 0).all()


@given(simple_distributions)
def test_the_mean_is_that_of_the_draws(distribution: Distribution) -> None:
    """The integral of the draws over u, the cells of the sum getting narrower towards the ends."""
    tail = np.exp(-np.linspace(0, 36, 20_000))
    edges = np.unique(np.concatenate([[0.0, 1.0], np.linspace(0, 1, 20_000), tail, 1 - tail]))
    integral = (distribution.draw_s((edges[1:] + edges[:-1]) / 2) * np.diff(edges)).sum()
    assert integral == pytest.approx(distribution.mean_s, rel=5e-3, abs=1e-12)


@given(st.lists(simple_distributions, min_size=1, max_size=4), st.data())
def test_the_mean_of_a_mixture_is_the_weighted_mean(parts: list[Distribution], data: st.DataObject) -> None:
    weights = data.draw(st.lists(st.floats(1e-3, 1e3), min_size=len(parts), max_size=len(parts)))
    mixture = Mixture(parts=tuple(Part(weight=w, of=of) for w, of in zip(weights, parts, strict=True)))
    expected = np.average([of.mean_s for of in parts], weights=weights)
    assert mixture.mean_s == pytest.approx(expected, rel=1e-9, abs=1e-300)
    assert mixture.least_s == min(of.least_s for of in parts)


@given(distributions)
def test_no_draw_is_below_the_least_and_some_come_near_it(distribution: Distribution) -> None:
    drawn = distribution.draw_s(MIDPOINTS)
    assert drawn.min() >= distribution.least_s * (1 - 1e-12)
    assert np.isfinite(drawn).all()
    assert distribution.least_s <= distribution.mean_s * (1 + 1e-12)


@given(distributions, st.sampled_from([(0,), (7,), (2, 3), ()]))
def test_the_shape_of_the_luck_is_the_shape_of_the_draws(distribution: Distribution, shape: tuple[int, ...]) -> None:
    drawn = distribution.draw_s(np.full(shape, 0.5))
    assert drawn.shape == shape
    assert drawn.dtype == np.float64


@given(distributions)
def test_a_distribution_survives_its_plain_form(distribution: Distribution) -> None:
    assert in_file.validate_python(in_file.dump_python(distribution)) == distribution


def test_a_bare_number_is_a_constant_both_ways() -> None:
    assert in_file.validate_python(3) == Constant(value_s=3.0)
    assert in_file.dump_python(Constant(value_s=3.0)) == 3.0


@pytest.mark.parametrize(
    "wrong",
    [
        -1,
        float("inf"),
        float("nan"),
        True,
        "fast",
        {"median_s": 1.0, "sigma": 0.1},
        {"kind": "gamma", "mean_s": 1.0},
        {"kind": "lognormal", "median_s": 0.0, "sigma": 0.1},
        {"kind": "lognormal", "median_s": 1.0, "sigma": -0.1},
        {"kind": "exponential", "mean_s": 0},
        {"kind": "uniform", "low_s": 2.0, "high_s": 1.0},
        {"kind": "empirical", "samples_s": []},
        {"kind": "empirical", "samples_s": [1.0, -1.0]},
        {"kind": "mixture", "parts": []},
        {"kind": "mixture", "parts": [{"weight": 0, "of": 1.0}]},
        {"kind": "constant", "value_s": 1.0, "sigma": 1.0},
    ],
    ids=str,
)
def test_what_is_no_distribution_is_refused(wrong: object) -> None:
    with pytest.raises(ValidationError):
        in_file.validate_python(wrong)


def test_a_distribution_is_immutable() -> None:
    distribution = Uniform(low_s=1.0, high_s=2.0)
    with pytest.raises(ValidationError):
        distribution.low_s = 0.0
