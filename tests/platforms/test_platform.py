"""What a platform answers, and that it is a value: immutable, comparable, with a fingerprint."""

from __future__ import annotations

import copy
import pickle

import pytest
from pydantic import ValidationError

from platforms import Constant, Platform, PlatformError, load_platform, presets

AWS = load_platform("aws-lambda-s3")


@pytest.mark.parametrize(
    ("memory_mb", "vcpus", "slots"),
    [(128, 128 / 1769, 1), (1768, 1768 / 1769, 1), (1769, 1.0, 1), (3538, 2.0, 2), (10_240, 10_240 / 1769, 5)],
)
def test_cpu_comes_in_proportion_to_memory(memory_mb: int, vcpus: float, slots: int) -> None:
    assert AWS.vcpus(memory_mb) == vcpus
    assert AWS.slots(memory_mb) == slots


def test_cpu_is_capped() -> None:
    docker = load_platform("octoflows-docker")
    assert docker.vcpus(8_192) == 8_192 / 1_792
    assert docker.vcpus(16_384) == 6.0
    assert load_platform("octoflows-docker", {"max_vcpus": None}).vcpus(16_384) == 16_384 / 1_792


def test_a_whole_multiple_is_a_whole_number_of_slots_whatever_the_rounding() -> None:
    """3 × 0.7 / 0.7 is 2.9999999999999996 in floating point."""
    platform = load_platform("aws-lambda-s3", {"mb_per_vcpu": 0.7, "max_vcpus": "none"})
    assert platform.slots(0.7 * 3) == 3


def test_slots_may_be_given() -> None:
    assert load_platform("aws-lambda-s3", {"slots": 4}).slots(128) == 4


def test_sizes_lie_between_bounds_on_a_step() -> None:
    docker = load_platform("octoflows-docker")
    legal = [size for size in range(0, 20_000, 128) if docker.sizes.allows(size)]
    assert legal == list(range(512, 16_385, 512))
    docker.check_size(512)
    with pytest.raises(PlatformError) as caught:
        docker.check_size(600)
    assert caught.value.faults == (
        "octoflows-docker: memory_mb is 600; expected a size from 512 to 16384 MB in steps of 512",
    )


@pytest.mark.parametrize("size", [127, 128.5, 10_241, float("inf"), float("nan"), -1])
def test_what_is_no_size_is_refused(size: float) -> None:
    with pytest.raises(PlatformError):
        AWS.check_size(size)


def test_the_largest_entry_not_above_the_size_gives_the_initialization() -> None:
    platform = load_platform(
        "aws-lambda-s3",
        {
            "init_s": 1.0,
            "init_by_size": [{"memory_mb": 512, "init_s": 2.0}, {"memory_mb": 1024, "init_s": 3.0}],
            "package_mb": 50,
            "init_s_per_package_mb": 0.01,
        },
    )
    found = [platform.start.init_of(size) for size in (128, 511, 512, 1023, 1024, 10_240)]
    assert [init_s for init_s, _ in found] == [Constant(value_s=s) for s in (1.0, 1.0, 2.0, 2.0, 3.0, 3.0)]
    assert {extra_s for _, extra_s in found} == {0.5}


def test_a_second_of_a_gigabyte_costs_its_price() -> None:
    assert AWS.prices.usd_per_s(1024) == 1.66667e-5
    assert AWS.prices.usd_per_s(128) == pytest.approx(1.66667e-5 / 8)


def test_presets_ask_for_nothing_that_is_not_simulated() -> None:
    assert {name: load_platform(name).unsupported() for name in presets()} == dict.fromkeys(presets(), ())


def test_what_is_not_simulated_yet_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platforms.platform.NOT_SIMULATED_YET", {"network.model": "independent", "cpu.slots": None})
    assert load_platform("ideal", {"network.model": "shared", "cpu.slots": 2}).unsupported() == (
        "network.model",
        "cpu.slots",
    )
    assert load_platform("ideal", {"cpu.slots": 2}).unsupported() == ("cpu.slots",)
    assert load_platform("ideal").unsupported() == ()


def test_a_total_of_the_store_goes_with_a_shared_network() -> None:
    alone = load_platform("ideal", {"store.total_bytes_per_s": 1e9})
    assert alone.store_bytes_per_s is None
    assert alone.without_effect() == (
        "ideal: store.total_bytes_per_s is 1000000000.0; expected network.model shared, for independent leaves it out",
    )
    shared = load_platform("ideal", {"network.model": "shared"})
    assert shared.store_bytes_per_s is None
    assert shared.without_effect() == (
        "ideal: store.total_bytes_per_s is 'none'; expected a rate, for network.model is shared: "
        "nothing else is to share",
    )
    both = load_platform("ideal", {"network.model": "shared", "store.total_bytes_per_s": 1e9})
    assert both.store_bytes_per_s == 1e9
    assert both.without_effect() == ()


def test_presets_set_nothing_in_vain() -> None:
    assert {name: load_platform(name).without_effect() for name in presets()} == dict.fromkeys(presets(), ())


def test_lost_messages_need_somebody_who_asks() -> None:
    with pytest.raises(PlatformError, match=r"faults.poll_s is .*; expected a time, since message_loss is not 0"):
        load_platform("ideal", {"faults.rates.message_loss": 0.1})
    assert load_platform("ideal", {"faults.rates.message_loss": 0.1, "faults.poll_s": 1.0}).faults.poll_s == 1.0


def test_a_platform_is_immutable() -> None:
    with pytest.raises(ValidationError):
        AWS.name = "mine"
    with pytest.raises(ValidationError):
        AWS.limits.backoff.factor = 3.0


@pytest.mark.parametrize("name", presets())
def test_equal_platforms_are_interchangeable(name: str) -> None:
    one, other = load_platform(name), load_platform(name)
    assert one.fingerprint == other.fingerprint  # known to both, so that equality does not depend on it
    for twin in (load_platform(name), pickle.loads(pickle.dumps(one)), copy.deepcopy(one)):
        assert twin == one
        assert hash(twin) == hash(one)


def test_every_figure_is_in_the_fingerprint() -> None:
    """Changing any number or word of the whole description but the words about it changes the fingerprint."""
    plain = load_platform("aws-lambda-s3", {"pool.initial": [{"memory_mb": 512, "count": 2}], "faults.poll_s": 5.0})
    seen = {plain.fingerprint}
    n_changed = 0
    for path, value in _leaves(plain.model_dump(exclude={"description", "sources", "schema_version"})):
        for changed in _other(path, value):
            data = plain.model_dump()
            _set(data, path, changed)
            seen.add(Platform.model_validate(data).fingerprint)
            n_changed += 1
    assert n_changed > 60
    assert len(seen) == n_changed + 1


def test_words_are_not_in_the_fingerprint() -> None:
    worded = load_platform("aws-lambda-s3", {"description": "other words", "sources": {"sizes": "mine"}})
    assert worded != AWS
    assert worded.fingerprint == AWS.fingerprint


def test_the_fingerprint_is_the_same_everywhere() -> None:
    """Typed in by hand: a change here makes recorded results foreign, which is to be meant."""
    assert load_platform("ideal").fingerprint[:16] == "51626780a20cf5bd"


def _leaves(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], object]]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in _leaves(inner, (*path, key))]
    if isinstance(value, tuple) and value:
        return [leaf for i, inner in enumerate(value) for leaf in _leaves(inner, (*path, i))]
    return [(path, value)]


def _other(path: tuple[str | int, ...], value: object) -> list[object]:
    """Another legal value, if one is easily found."""
    others: dict[object, object] = {
        "fair": "proportional",
        "queue": "refuse",
        "most-recently-used": "random",
        "independent": "shared",
        "separate": "joined",
    }
    if path[-1] == "kind" or value in (None, ()):
        return []
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, str):
        return [others.get(value, value + "!")]
    if path[-1] == "jitter":
        return [0.5]
    assert isinstance(value, int | float)
    if path[-1] == "step_mb":
        return [3]  # 1769 and 512 lie on it, too
    step = 1 if isinstance(value, int) else 0.125 * value or 0.5
    return [value - step if path[-1] == "max_mb" else value + step]


def _set(data: object, path: tuple[str | int, ...], value: object) -> None:
    *parents, last = path
    for key in parents:
        data = data[key]  # type: ignore[index]
    data[last] = value  # type: ignore[index]


@pytest.mark.parametrize("table", ["limits.backoff", "faults.retry"])
def test_a_back_off_waits_as_long_as_it_says(table: str) -> None:
    """A maximum that is left at 0, or below the first wait, would make it wait less in silence."""
    with pytest.raises(PlatformError, match=rf"{table}.maximum_s is .*; expected at least initial_s, 2"):
        load_platform("ideal", {table: {"initial_s": 2.0, "attempts": 3}})
    with pytest.raises(PlatformError, match=rf"{table}.initial_s is .*; expected more than 0, since attempts is more"):
        load_platform("ideal", {table: {"attempts": 1001}})
    backoff = {"initial_s": 2.0, "maximum_s": 2.0, "attempts": 1001}
    assert load_platform("ideal", {table: backoff}).limits.backoff.attempts in (1, 1001)
