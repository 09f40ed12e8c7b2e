"""Reading descriptions: round trips, files that extend a preset, and every fault at once."""

from __future__ import annotations

import math
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms import Constant, Lognormal, PlatformError, load_platform, presets
from platforms.describe import source_of
from tests.platforms.examples import distributions, positive_seconds, sigmas


def write(folder: Path, text: str) -> str:
    file = folder / "mine.toml"
    file.write_text(text, "utf-8")
    return str(file)


def faults_of(name: str, overrides: dict[str, object] | None = None) -> list[str]:
    """The faults, each without the file it is in."""
    with pytest.raises(PlatformError) as caught:
        load_platform(name, overrides)
    assert str(caught.value) == "\n".join(caught.value.faults)
    return [fault.removeprefix(f"{name}: ") for fault in caught.value.faults]


@pytest.mark.parametrize("name", presets())
def test_a_preset_survives_its_file(name: str, tmp_path: Path) -> None:
    platform = load_platform(name)
    again = load_platform(write(tmp_path, platform.to_toml()))
    assert again == platform
    assert again.fingerprint == platform.fingerprint


@given(
    st.fixed_dictionaries(
        {
            "name": st.text(st.characters(codec="utf-8"), min_size=1),
            "start.provisioning_s": distributions,
            "store.get_latency_s": distributions,
            "keep_alive": st.one_of(
                st.fixed_dictionaries({"kind": st.just("fixed"), "duration_s": st.floats(0, 1e9) | st.just(math.inf)}),
                st.fixed_dictionaries({"kind": st.just("distribution"), "duration": distributions}),
                st.fixed_dictionaries({"kind": st.just("half_life"), "half_life_s": positive_seconds}),
            ),
            "limits.concurrency": st.none() | st.integers(1, 10**9),
            "network.instance": st.none(),
            "noise.sigma": sigmas,
            "pool.initial": st.lists(
                st.fixed_dictionaries({"memory_mb": st.integers(128, 10_240), "count": st.integers(1, 99)})
            ),
            "limits.backoff.maximum_s": st.floats(1, 1e9),
        }
    )
)
def test_any_platform_survives_its_file(changes: dict[str, object]) -> None:
    platform = load_platform("aws-lambda-s3", changes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "read_text", lambda *_: platform.to_toml())
        assert load_platform("written.toml") == platform


def test_a_file_says_only_what_differs_from_the_preset_it_extends(tmp_path: Path) -> None:
    mine = load_platform(
        write(
            tmp_path,
            """
            extends = "aws-lambda-s3"
            name = "mine"
            [start]
            warm_s = 0.02
            init_s = {kind = "lognormal", median_s = 2.68, sigma = 0.3}
            [sizes]
            default_mb = 512
            [network]
            instance = "none"
            [keep_alive]
            kind = "half_life"
            half_life_s = 380
            [sources]
            start.warm_s = "measured by me"
            """,
        )
    )
    preset = load_platform("aws-lambda-s3")
    assert mine.start.warm_s == Constant(value_s=0.02)
    assert mine.start.init_s == Lognormal(median_s=2.68, sigma=0.3)
    assert mine.network.instance is None
    assert mine.keep_alive.kind == "half_life"
    assert mine.start.provisioning_s == preset.start.provisioning_s
    assert mine.limits == preset.limits
    assert mine.sizes.default_mb == 512
    assert mine.sources["start.warm_s"] == "measured by me"
    assert "start.init_s" not in mine.sources  # the preset's source is not the source of this figure
    assert source_of(mine, "sizes.default_mb") is None  # nor is its source of all sizes
    assert source_of(mine, "sizes.max_mb") == preset.sources["sizes"]
    assert mine.sources["limits.concurrency"] == preset.sources["limits.concurrency"]


FAULTY = """
    extends = "aws-lambda-s3"
    foo = 1
    routing = "rand"
    [sizes]
    default_mb = 20_000
    [start]
    inti_s = 3
    warm_s = -2
    init_s = {kind = "lognormal", median_s = "a", sigm = 2}
    provisioning_s = "slow"
    [[start.init_by_size]]
    memory_mb = 3.5
    init_s = inf
    [keep_alive]
    kind = "half_life"
    duration_s = 2
    [limits]
    concurrency = true
    max_duration_s = nan
    [store]
    get_latency_s = {kind = "gamma"}
    put_latency_s = {kind = "empirical", samples_s = []}
    [network]
    instance = {burst_bytes_per_s = 1}
    [noise]
    straggler_probability = 1.5
    [sources]
    start.warm_s = 3
"""
A_DISTRIBUTION = (
    "number ≥ 0, or table of kind constant | lognormal | exponential | uniform | empirical | mixture (in s)"
)
ITS_FAULTS = [
    "sizes.default_mb is 20000; expected a size from 128 to 10240 MB in steps of 1",
    f"start.provisioning_s is 'slow'; expected {A_DISTRIBUTION}",
    "start.init_s.median_s is 'a'; expected number > 0 (in s)",
    "start.init_s.sigma is missing; expected number ≥ 0",
    "start.init_s.sigm is 2; expected a field of kind lognormal: median_s, sigma",
    "start.init_by_size.0.memory_mb is 3.5; expected whole number ≥ 1 (in MB)",
    "start.init_by_size.0.init_s is inf; expected number ≥ 0 (in s)",
    "start.warm_s is -2; expected number ≥ 0 (in s)",
    "start.inti_s is 3; expected a known field, perhaps init_s",
    "keep_alive.half_life_s is missing; expected number > 0 (in s)",
    "keep_alive.duration_s is 2; expected a field of kind half_life: half_life_s",
    "routing is 'rand'; expected newest | oldest | most-recently-used | least-recently-used | random",
    "limits.concurrency is True; expected whole number ≥ 1 or none",
    "limits.max_duration_s is nan; expected number > 0 or none (in s)",
    "network.instance.burst_bytes_per_s is 1; expected at least sustained_bytes_per_s, 7.7e+07",
    f"store.get_latency_s is {{'kind': 'gamma'}}; expected {A_DISTRIBUTION}",
    "store.put_latency_s.samples_s is []; expected non-empty list of number ≥ 0",
    "noise.straggler_probability is 1.5; expected number ≥ 0 and ≤ 1",
    "sources.start.warm_s is 3; expected text",
    "foo is 1; expected a known field",
]


def test_every_fault_is_found_at_once_each_with_its_place(tmp_path: Path) -> None:
    assert faults_of(write(tmp_path, FAULTY)) == ITS_FAULTS


@pytest.mark.parametrize(
    ("overrides", "fault"),
    [
        (
            {"sizes": {"min_mb": 512, "max_mb": 256, "default_mb": 512}},
            "sizes.max_mb is 256; expected at least min_mb, 512",
        ),
        ({"sizes.step_mb": 100}, "sizes.default_mb is 1769; expected a size from 128 to 10240 MB in steps of 100"),
        ({"ramp_burst": "none"}, "limits.ramp_burst is 'none'; expected given exactly when ramp_per_s is"),
        ({"ramp_per_s": None}, "limits.ramp_burst is 1000; expected given exactly when ramp_per_s is"),
        (
            {"start.init_by_size": [{"memory_mb": 512, "init_s": 1}, {"memory_mb": 512, "init_s": 2}]},
            "expected sizes in ascending order, each once",
        ),
        (
            {"start.warm_s": {"kind": "uniform", "low_s": 2, "high_s": 1}},
            "start.warm_s.high_s is 1; expected at least low_s, 2",
        ),
        (
            {"pool.initial": [{"memory_mb": 128, "count": 1}, {"memory_mb": 64, "count": 1}]},
            "pool.initial.1.memory_mb is 64; expected a size from 128 to 10240 MB in steps of 1",
        ),
    ],
)
def test_fields_that_do_not_go_together_are_faults(overrides: dict[str, object], fault: str) -> None:
    assert any(found.endswith(fault) for found in faults_of("aws-lambda-s3", overrides))


def test_an_empty_file_lacks_all_that_has_no_neutral_value(tmp_path: Path) -> None:
    lacking = [fault.partition(" is missing; ")[0] for fault in faults_of(write(tmp_path, ""))]
    assert lacking == [
        "name", "sizes", "start", "invocation", "keep_alive", "network", "store", "ledger", "prices",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("[prices]\nusd_per_gbs = 1", "prices.usd_per_gbs is 1; expected a known field, perhaps usd_per_gb_s"),
        ("concurrency = 3", "concurrency is 3; expected a known field, perhaps limits.concurrency"),
        ("[limit]\nconcurrency = 3", "limit is {'concurrency': 3}; expected a known field, perhaps limits"),
        ("[store]\ninit_s = 3", "store.init_s is 3; expected a known field, perhaps start.init_s"),
        ("[store]\nwarm_s = 3", "store.warm_s is 3; expected a known field, perhaps start.warm_s"),
    ],
)
def test_an_unknown_field_is_told_its_nearest_name(tmp_path: Path, text: str, suggestion: str) -> None:
    assert faults_of(write(tmp_path, f'extends = "ideal"\n{text}')) == [suggestion]


def test_malformed_toml_is_one_fault_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, 'name = "x"\nrouting == 2\n')
    assert faults_of(path) == [f"{path} is not TOML: Invalid value (at line 2, column 10)"]


def test_what_is_no_text_is_one_fault(tmp_path: Path) -> None:
    file = tmp_path / "binary.toml"
    file.write_bytes(b"\xff\xfe\x00")
    [fault] = faults_of(str(file))
    assert fault.startswith(f"{file} is not UTF-8 text")


def test_an_unknown_name_lists_the_presets(tmp_path: Path) -> None:
    [fault] = faults_of("aws-lambda-s4")
    assert fault == (
        "aws-lambda-s4 is no file (No such file or directory) and no preset: "
        "aws-lambda-redis, aws-lambda-s3, ideal, local, octoflows-docker; perhaps aws-lambda-s3"
    )
    [fault] = faults_of(str(tmp_path))
    assert fault.startswith(f"{tmp_path} is no file (Is a directory)")


def test_only_a_preset_can_be_extended(tmp_path: Path) -> None:
    [fault] = faults_of(write(tmp_path, 'extends = "mine.toml"'))
    assert fault.startswith("extends is 'mine.toml'; expected a preset: aws-lambda-redis, ")


def test_a_path_may_be_a_path(tmp_path: Path) -> None:
    assert load_platform(Path(write(tmp_path, 'extends = "ideal"'))) == load_platform("ideal")


def test_the_error_survives_pickling() -> None:
    error = PlatformError(["one", "two"])
    assert pickle.loads(pickle.dumps(error)).faults == ("one", "two")
    assert str(pickle.loads(pickle.dumps(error))) == "one\ntwo"
