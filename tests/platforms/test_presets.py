"""The presets: every figure has its source, and says what the source says."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest

from platforms import Distribution, load_platform, presets
from platforms.describe import describe

CONFIDENCE = re.compile(r"\((H|M|L|M-H|L-M)\b")


def figures(name: str) -> Iterator[str]:
    """The path of every number written in a preset or in one that it extends."""
    written = load_platform(name).model_dump(exclude_unset=True, exclude={"schema_version", "sources"})
    yield from _numbers(written, "")


def _numbers(value: object, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers(inner, f"{path}.{key}")
    elif isinstance(value, tuple):
        for i, inner in enumerate(value):
            yield from _numbers(inner, f"{path}.{i}")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path.removeprefix(".")


def quantiles_ms(distribution: Distribution, *levels: float) -> list[float]:
    """Quantiles by many draws: a mixture has no closed form."""
    luck = (np.arange(1_000_000) + 0.5) / 1_000_000
    return [float(1e3 * q) for q in np.quantile(distribution.draw_s(luck), levels)]


@pytest.mark.parametrize("name", presets())
def test_every_figure_has_a_source_and_every_source_a_figure(name: str) -> None:
    sources = load_platform(name).sources
    paths = list(figures(name))
    assert len(paths) > 20
    unsourced = [
        path
        for path in paths
        if not next((sources[s] for s in sorted(sources, key=len)[::-1] if f"{path}.".startswith(f"{s}.")), "")
    ]
    everything = [figure.path for figure in describe(load_platform(name)) if figure.value is not None]
    orphaned = [s for s in sources if not any(f"{path}.".startswith(f"{s}.") for path in everything + paths)]
    assert (unsourced, orphaned) == ([], [])


@pytest.mark.parametrize("name", ["aws-lambda-s3", "aws-lambda-redis", "octoflows-docker", "local"])
def test_a_source_says_how_sure_it_is_or_that_it_is_a_choice(name: str) -> None:
    plain = ("0: ", "choice: ", "none: ", "own ", "a node is paid")
    unsure = {
        path: text
        for path, text in load_platform(name).sources.items()
        if not CONFIDENCE.search(text) and not text.startswith(plain)
    }
    assert unsure == {}


@pytest.mark.parametrize("name", presets())
def test_a_preset_is_called_by_its_name_and_described(name: str) -> None:
    platform = load_platform(name)
    assert platform.name == name
    assert platform.description


def test_the_presets_are_these() -> None:
    assert presets() == ("aws-lambda-redis", "aws-lambda-s3", "ideal", "local", "octoflows-docker")


def test_a_cold_call_takes_what_stellar_measured() -> None:
    """448 ms median and 672 ms p99, less 26 ms of propagation, 18 ms (sigma 0.42) of it as in a warm call."""
    start, random = load_platform("aws-lambda-s3").start, np.random.default_rng(1)
    cold_s = (
        start.provisioning_s.draw_s(random.random(1_000_000))
        + start.init_s.draw_s(random.random(1_000_000))
        + 0.018 * np.exp(0.42 * random.standard_normal(1_000_000))
    )
    assert 1e3 * np.quantile(cold_s, [0.5, 0.99]) == pytest.approx([448 - 26, 672 - 26], rel=0.05)


def test_a_warm_start_takes_what_stellar_measured() -> None:
    median_ms, p99_ms = quantiles_ms(load_platform("aws-lambda-s3").start.warm_s, 0.5, 0.99)
    assert median_ms == pytest.approx(11, rel=1e-3)
    assert p99_ms / median_ms == pytest.approx(1.7, rel=0.02)


@pytest.mark.parametrize(
    ("preset", "field", "levels", "recorded_ms", "tolerance"),
    [
        ("aws-lambda-s3", "store.get_latency_s", (0.5, 0.95, 0.99), (26.7, 71.6, 102), 0.06),
        ("aws-lambda-s3", "store.put_latency_s", (0.5, 0.95, 0.99), (40.7, 88.8, 122), 0.03),
        ("aws-lambda-s3", "ledger.request_s", (0.5, 0.95, 0.999, 0.9999), (5.63, 8.39, 44.4, 101), 0.03),
        ("aws-lambda-redis", "store.get_latency_s", (0.5, 0.99), (0.423, 1.287), 0.01),
        ("local", "ledger.request_s", (0.5, 0.95, 0.99), (0.011, 0.020, 0.033), 0.20),
    ],
)
def test_latencies_have_the_recorded_percentiles(
    preset: str,
    field: str,
    levels: tuple[float, ...],
    recorded_ms: tuple[float, ...],
    tolerance: float,
) -> None:
    table, name = field.split(".")
    distribution = getattr(getattr(load_platform(preset), table), name)
    assert quantiles_ms(distribution, *levels) == pytest.approx(list(recorded_ms), rel=tolerance)


def test_lambdas_prices_agree_with_each_other() -> None:
    """Lambda Power Tuning's constant: 2.1e-9 USD per ms at 128 MB."""
    prices = load_platform("aws-lambda-s3").prices
    assert prices.usd_per_s(128) / 1000 == pytest.approx(2.1e-9, rel=0.01)


def test_the_back_off_lasts_six_hours() -> None:
    backoff = load_platform("aws-lambda-s3").limits.backoff
    waits_s = [min(backoff.initial_s * backoff.factor**i, backoff.maximum_s) for i in range(backoff.attempts)]
    assert sum(waits_s[:-1]) <= 6 * 3600 <= sum(waits_s)


def test_redis_is_lambda_with_another_store() -> None:
    s3, redis = load_platform("aws-lambda-s3"), load_platform("aws-lambda-redis")
    same = ("sizes", "cpu", "start", "invocation", "keep_alive", "routing", "limits", "noise", "pool")
    assert [field for field in same if getattr(s3, field) != getattr(redis, field)] == []
    assert redis.network.instance == s3.network.instance
    assert redis.prices.usd_per_gb_s == s3.prices.usd_per_gb_s


def test_the_ideal_platform_adds_nothing() -> None:
    ideal = load_platform("ideal")
    durations = [figure for figure in describe(ideal) if figure.path.endswith("_s") and figure.value is not None]
    elsewhere = {"keep_alive.duration_s", "prices.billing_step_s", "prices.usd_per_gb_s", "faults.timeout_s"}
    assert {f.path: f.value for f in durations if f.path not in elsewhere and f.value != 0.0} == {}
    assert all(price in (0.0, True, 0.001) for _, price in ideal.prices)
    unlimited = (ideal.network.connection_bytes_per_s, ideal.network.instance, ideal.limits.concurrency)
    assert unlimited == (None, None, None)
