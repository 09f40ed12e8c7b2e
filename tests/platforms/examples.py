"""Platforms and distributions to test with."""

from __future__ import annotations

from hypothesis import strategies as st

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

seconds = st.floats(0, 1e4)
positive_seconds = st.floats(1e-6, 1e4)
sigmas = st.floats(0, 3)

simple_distributions: st.SearchStrategy[Distribution] = st.one_of(
    st.builds(Constant, value_s=seconds),
    st.builds(Lognormal, median_s=positive_seconds, sigma=sigmas),
    st.builds(Exponential, mean_s=positive_seconds),
    st.tuples(seconds, seconds).map(sorted).map(lambda ends: Uniform(low_s=ends[0], high_s=ends[1])),
    st.builds(Empirical, samples_s=st.lists(seconds, min_size=1, max_size=20).map(tuple)),
)


def _mixtures(of: st.SearchStrategy[Distribution]) -> st.SearchStrategy[Mixture]:
    part = st.builds(Part, weight=st.floats(1e-3, 1e3), of=of)
    return st.builds(Mixture, parts=st.lists(part, min_size=1, max_size=4).map(tuple))


distributions: st.SearchStrategy[Distribution] = st.recursive(simple_distributions, _mixtures, max_leaves=4)
