"""The preset's initialization time against 44,285 recorded ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import stats

from platforms import load_platform

N_TIMES = 1862
LEVELS = [0.5, 0.95, 0.99]


@pytest.fixture(scope="module")
def all_recorded(data_dir: Path) -> pd.DataFrame:
    return pd.read_csv(data_dir / "lambda-perf" / "python-cold-init-2026.csv")


@pytest.fixture(scope="module")
def recorded(all_recorded: pd.DataFrame) -> pd.DataFrame:
    """Starts of the function that the preset is about: Python 3.12 from a zip file on x86_64."""
    return _of(all_recorded, "zip")


@pytest.fixture(scope="module")
def drawn_ms() -> NDArray[np.float64]:
    init_s, extra_s = load_platform("aws-lambda-s3").start.init_of(1769)
    assert extra_s == 0.0
    return 1e3 * init_s.draw_s((np.arange(100_000) + 0.5) / 100_000)


def _of(table: pd.DataFrame, package: str) -> pd.DataFrame:
    ours = (table.runtime == "python3.12") & (table.package == package) & (table.architecture == "x86_64")
    return table[ours]


def test_median_and_tail_are_the_recorded_ones(recorded: pd.DataFrame, drawn_ms: NDArray[np.float64]) -> None:
    """Within 1 % at the median, 3 % at p95 and p99."""
    assert len(recorded) == N_TIMES
    expected, found = np.quantile(recorded.init_ms, LEVELS), np.quantile(drawn_ms, LEVELS)
    np.testing.assert_array_less(np.abs(found / expected - 1), [0.01, 0.03, 0.03])


def test_the_mean_is_the_recorded_one(recorded: pd.DataFrame, drawn_ms: NDArray[np.float64]) -> None:
    assert drawn_ms.mean() == pytest.approx(recorded.init_ms.mean(), rel=0.005)


def test_the_distributions_are_near_each_other(recorded: pd.DataFrame, drawn_ms: NDArray[np.float64]) -> None:
    """Kolmogorov-Smirnov distance below .03; of records this long, 95 % would lie within 1.36 / √1862 = .032."""
    assert stats.ks_2samp(recorded.init_ms, drawn_ms).statistic < 0.03


def test_one_lognormal_would_not_do(recorded: pd.DataFrame) -> None:
    """Why the preset has a mixture: one lognormal with the recorded median and p95 is .17 away."""
    one = stats.lognorm(0.17, scale=89)
    assert one.ppf(0.95) == pytest.approx(np.quantile(recorded.init_ms, 0.95), rel=0.01)
    assert stats.kstest(recorded.init_ms, one.cdf).statistic > 0.15


def test_memory_makes_no_difference(recorded: pd.DataFrame) -> None:
    """Why the preset has no init_by_size."""
    medians = recorded.groupby("memory_mb").init_ms.median()
    assert medians.max() / medians.min() < 1.02
    assert load_platform("aws-lambda-s3").start.init_by_size == ()


def test_a_container_image_is_another_distribution(all_recorded: pd.DataFrame, drawn_ms: NDArray[np.float64]) -> None:
    """So the tests above can fail."""
    assert stats.ks_2samp(_of(all_recorded, "image").init_ms, drawn_ms).statistic > 0.5
