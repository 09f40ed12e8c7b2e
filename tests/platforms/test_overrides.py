"""`--set key=value`: which field is meant, what the text means, what changes with it."""

from __future__ import annotations

import pytest

from platforms import ALIASES, Constant, Lognormal, PlatformError, Uniform, load_platform
from platforms import overrides as overriding
from platforms.schema import FieldDoc, platform_fields
from platforms.sections import FixedKeepAlive, HalfLifeKeepAlive


def faults_of(overrides: dict[str, object], preset: str = "aws-lambda-s3") -> tuple[str, ...]:
    with pytest.raises(PlatformError) as caught:
        load_platform(preset, overrides)
    return caught.value.faults


@pytest.mark.parametrize("key", ["start.warm_s", "warm_s"])
@pytest.mark.parametrize("value", ["0.02", " 2e-2 ", ".02", 0.02, Constant(value_s=0.02)])
def test_a_field_is_named_by_its_path_or_its_end(key: str, value: object) -> None:
    assert load_platform("aws-lambda-s3", {key: value}).start.warm_s == Constant(value_s=0.02)


@pytest.mark.parametrize(
    "value",
    [
        '{kind = "uniform", low_s = 1, high_s = 2}',
        {"kind": "uniform", "low_s": 1, "high_s": 2.0},
        Uniform(low_s=1.0, high_s=2.0),
    ],
)
def test_a_distribution_is_given_whole(value: object) -> None:
    assert load_platform("ideal", {"start.init_s": value}).start.init_s == Uniform(low_s=1.0, high_s=2.0)


@pytest.mark.parametrize("key", ["start.warm_s.sigma", "warm_s.sigma"])
def test_or_one_of_its_parameters_is(key: str) -> None:
    assert load_platform("aws-lambda-s3", {key: "0.5"}).start.warm_s == Lognormal(median_s=0.011, sigma=0.5)


def test_a_constant_in_the_file_has_its_parameter_too() -> None:
    assert load_platform("aws-lambda-s3", {"call_s.value_s": 1}).invocation.call_s == Constant(value_s=1.0)


def test_texts_need_no_quotes() -> None:
    platform = load_platform("ideal", {"name": "42", "routing": "random", "bill_init": "false"})
    assert (platform.name, platform.routing, platform.prices.bill_init) == ("42", "random", False)


@pytest.mark.parametrize("nothing", ["none", None])
def test_none_lifts_a_limit(nothing: object) -> None:
    platform = load_platform("aws-lambda-s3", {"concurrency": nothing, "instance": nothing})
    assert platform.limits.concurrency is None
    assert platform.network.instance is None


def test_part_of_a_table_leaves_the_rest() -> None:
    limits = load_platform("aws-lambda-s3", {"limits": {"concurrency": 5, "backoff": {"factor": 3}}}).limits
    before = load_platform("aws-lambda-s3").limits
    assert (limits.concurrency, limits.backoff.factor) == (5, 3.0)
    assert (limits.max_duration_s, limits.backoff.attempts) == (before.max_duration_s, before.backoff.attempts)


def test_a_keep_alive_in_seconds_is_fixed_whatever_it_was() -> None:
    half_life = {"keep_alive": {"kind": "half_life", "half_life_s": 380}}
    for value in (60, "60"):
        platform = load_platform("aws-lambda-s3", {"keep_alive_s": value})
        assert platform.keep_alive == FixedKeepAlive(duration_s=60.0)
        assert platform.sources["keep_alive"] == "set: keep_alive_s = 60"
    assert load_platform("ideal", {"keep_alive_s": "inf"}).keep_alive == FixedKeepAlive(duration_s=float("inf"))
    assert load_platform("ideal", half_life).keep_alive == HalfLifeKeepAlive(half_life_s=380.0)
    assert load_platform("ideal", {"half_life_s": 380}).keep_alive == HalfLifeKeepAlive(half_life_s=380.0)


def test_a_field_that_the_kind_does_not_have_is_a_fault() -> None:
    assert faults_of({"keep_alive.half_life_s": 380}) == (
        "aws-lambda-s3: keep_alive.half_life_s is 380; expected a field of kind fixed: duration_s",
    )
    assert faults_of({"init_s.sigma": 0.5}, "ideal") == (
        "ideal: start.init_s.sigma is 0.5; expected a field of kind constant: value_s",
    )


@pytest.mark.parametrize("reverse", [False, True])
def test_the_order_of_overrides_does_not_matter(reverse: bool) -> None:
    overrides = [
        ("keep_alive.half_life_s", "380"),
        ("keep_alive.kind", "half_life"),
        ("backoff.attempts", "7"),
        ("limits.backoff", {"factor": 5}),
        ("warm_s.sigma", 0.5),
        ("warm_s", {"kind": "lognormal", "median_s": 1, "sigma": 2}),
    ]
    platform = load_platform("aws-lambda-s3", dict(reversed(overrides) if reverse else overrides))
    assert platform.keep_alive == HalfLifeKeepAlive(half_life_s=380.0)
    assert (platform.limits.backoff.attempts, platform.limits.backoff.factor) == (7, 5.0)
    assert platform.start.warm_s == Lognormal(median_s=1.0, sigma=0.5)


def test_nothing_can_be_set_twice() -> None:
    assert faults_of({"keep_alive_s": "60", "half_life_s": "380"}) == (
        "set: half_life_s is '380'; expected a field set once; there is 'set: keep_alive_s = 60', too",
    )


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("keepalive_s", "a field of a platform, perhaps keep_alive_s"),
        ("burst", "a field of a platform, perhaps limits.ramp_burst"),
        ("foo.bar", "a field of a platform"),
        ("xyzzy", "a field of a platform"),
        ("", "a field of a platform"),
    ],
)
def test_an_unknown_name_is_a_fault_with_a_suggestion(key: str, expected: str) -> None:
    [fault] = faults_of({key: "1"})
    assert fault == f"set: {key} is '1'; expected {expected}"


def test_an_ambiguous_name_lists_what_it_may_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    """No end is ambiguous today, so two fields of one name are made up."""
    twin = FieldDoc("store.warm_s", "s", "distribution", "required", "")
    monkeypatch.setattr(overriding, "platform_fields", lambda: (*platform_fields(), twin))
    [fault] = faults_of({"warm_s": "1"})
    assert fault == "set: warm_s is '1'; expected one field, and this may be any of start.warm_s, store.warm_s"


def test_all_that_is_wrong_is_said_at_once() -> None:
    faults = faults_of({"foo": 1, "warm_s": -1, "routing": "fastest", "start.bar": 2})
    assert [fault.partition(" is ")[0] for fault in faults] == [
        "set: foo",
        "aws-lambda-s3: start.warm_s",
        "aws-lambda-s3: start.bar",
        "aws-lambda-s3: routing",
    ]


def test_short_names_do_what_they_say() -> None:
    cold = load_platform("aws-lambda-s3", {"cold_s": 2, "store_latency_s": 0.5, "size_mb": 512, "half_life_s": 380})
    assert cold.start.provisioning_s == Constant(value_s=2.0)
    assert cold.start.init_of(1769) == (Constant(value_s=0.0), 0.0)
    assert cold.store.get_latency_s == cold.store.put_latency_s == Constant(value_s=0.5)
    assert cold.sizes.default_mb == 512
    assert set(ALIASES) == {"keep_alive_s", "half_life_s", "cold_s", "store_latency_s", "size_mb"}


def test_what_is_set_has_that_as_its_source() -> None:
    plain, changed = (load_platform("aws-lambda-s3", overrides) for overrides in ({}, {"start.warm_s.sigma": "0.5"}))
    assert changed.sources["start.warm_s.sigma"] == "set: start.warm_s.sigma = 0.5"
    assert changed.sources["start.warm_s"] == plain.sources["start.warm_s"]  # the median is still the source's
    whole = load_platform("aws-lambda-s3", {"start.warm_s": "0.5"})
    assert whole.sources["start.warm_s"] == "set: start.warm_s = 0.5"


def test_another_kind_has_no_old_source() -> None:
    platform = load_platform("aws-lambda-s3", {"keep_alive.kind": "half_life", "keep_alive.half_life_s": 9})
    assert platform.sources["keep_alive"] == "set: keep_alive.kind = half_life"


def test_a_text_cannot_smuggle_a_second_value_in() -> None:
    assert load_platform("ideal", {"description": "1\nname = 'x'"}).name == "ideal"
    assert faults_of({"warm_s": "1\nname = 2"})
