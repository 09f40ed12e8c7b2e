"""What readers are told about fields: complete, with the right units, and up to date."""

from __future__ import annotations

import pytest

from platforms import describe, load_platform, presets
from platforms.reference import reference_markdown
from platforms.schema import platform_fields
from tests.support import ROOT

UNIT_OF_SUFFIX = {
    "_bytes_per_s": "bytes/s",
    "_per_s": "1/s",
    "usd_per_gb_s": "USD/GB-s",
    "_s_per_package_mb": "s/MB",
    "_usd_per_hour": "USD/h",
    "_usd_per_invocation": "USD",
    "_bytes": "bytes",
    "_s": "s",
    "_mb": "MB",
}


def test_the_reference_is_up_to_date() -> None:
    written = (ROOT / "docs" / "platform-reference.md").read_text("utf-8")
    assert written == reference_markdown(), "python -m platforms.reference > docs/platform-reference.md"


def test_the_reference_names_every_field_once_with_its_meaning() -> None:
    lines = reference_markdown().splitlines()
    for doc in platform_fields():
        if "." in doc.path:
            [row] = [line for line in lines if line.startswith(f"| `{doc.path}` |")]
            assert doc.meaning in row
    assert len({doc.path for doc in platform_fields()}) == len(platform_fields()) > 90


def test_every_field_has_a_meaning() -> None:
    assert [doc.path for doc in platform_fields() if not doc.meaning.endswith(".")] == []


def test_names_and_units_agree() -> None:
    for doc in platform_fields():
        suffix = next((suffix for suffix in UNIT_OF_SUFFIX if doc.path.endswith(suffix)), None)
        if suffix:
            assert doc.unit == UNIT_OF_SUFFIX[suffix], doc.path
        if doc.unit in ("s", "MB", "bytes", "bytes/s"):
            assert suffix or doc.path == "keep_alive.duration", doc.path


@pytest.mark.parametrize(
    ("path", "unit", "accepts", "default"),
    [
        ("sizes.min_mb", "MB", "whole number ≥ 1", "required"),
        ("sizes.max_vcpus", "vCPU", "number > 0 or none", '"none"'),
        ("start.init_s", "s", "distribution", "required"),
        ("keep_alive", "", "table of kind fixed | distribution | half_life", "required"),
        ("keep_alive.duration_s", "s", "number ≥ 0, or inf", "required"),
        ("prices.bill_init", "", "true | false", "required"),
        ("noise.straggler_probability", "", "number ≥ 0 and ≤ 1", "0.0"),
        ("pool.initial", "", "list of table", "[]"),
        ("pool.initial[].count", "", "whole number ≥ 1", "required"),
        ("name", "", "non-empty text", "required"),
    ],
)
def test_a_field_is_told_as_it_is(path: str, unit: str, accepts: str, default: str) -> None:
    [doc] = [doc for doc in platform_fields() if doc.path == path]
    assert (doc.unit, doc.range, doc.default) == (unit, accepts, default)


@pytest.mark.parametrize("name", presets())
def test_a_platform_is_described_in_full(name: str) -> None:
    figures = {figure.path: figure for figure in describe(load_platform(name))}
    told = {path.rpartition(".")[0] if path.endswith(".kind") else path for path in figures}
    leaves = {doc.path for doc in platform_fields() if "[]" not in doc.path and "table" not in doc.range}
    assert leaves - told <= {"keep_alive.duration_s", "keep_alive.duration", "keep_alive.half_life_s"} | {
        path for path in leaves if path.startswith("network.instance.")
    }
    assert all(figure.meaning for figure in figures.values())


def test_a_figure_comes_with_value_unit_meaning_and_source() -> None:
    figures = {figure.path: figure for figure in describe(load_platform("aws-lambda-s3", {"warm_s.sigma": 0.2}))}
    warm = figures["start.warm_s"]
    assert warm.value == {"kind": "lognormal", "median_s": 0.011, "sigma": 0.2}
    assert warm.text == '{kind = "lognormal", median_s = 0.011, sigma = 0.2}'
    assert warm.unit == "s"
    assert warm.source is not None
    assert warm.source.startswith("STeLLAR: 11 ms median")
    assert warm.source.endswith("; sigma: set: warm_s.sigma = 0.2")
    assert figures["network.instance.refill_s"].source == (
        "Skyrise pauses 3 s between repetitions and finds the bucket full: an upper bound (H)"
    )
    assert figures["keep_alive.kind"].text == '"fixed"'


def test_what_is_not_set_has_no_source() -> None:
    """Even if its table has one."""
    figures = {figure.path: figure for figure in describe(load_platform("octoflows-docker"))}
    assert figures["store.put_latency_s"].source is not None
    assert figures["store.total_bytes_per_s"].text == '"none"'
    assert figures["store.total_bytes_per_s"].source is None
