"""Naming a workflow: paths, built-ins, generators; and telling what there is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.workloads.test_wfformat_read import document_1_5, written
from workloads import (
    FillRules,
    InvalidInput,
    check_workflow,
    describe_sources,
    load_workflow,
    read_wfformat,
    write_workflow,
)
from workloads.generators import Gemm


def test_a_path_is_a_file(tmp_path: Path) -> None:
    path = written(document_1_5(), tmp_path)
    assert load_workflow(str(path)) == read_wfformat(path)
    assert check_workflow(str(path)) == ()


def test_what_is_written_loads_equal(tmp_path: Path) -> None:
    workflow = load_workflow("gen:diamond")
    write_workflow(workflow, tmp_path / "grid.json")
    assert load_workflow(str(tmp_path / "grid.json")) == workflow


def test_a_file_called_like_a_built_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gemm").write_text(json.dumps(document_1_5()))
    assert load_workflow("gemm").name == "gemm"
    assert load_workflow("./gemm").name == "small"


def test_rules_reach_the_file(tmp_path: Path) -> None:
    document = document_1_5()
    del document["workflow"]["execution"]
    path = str(written(document, tmp_path))
    assert [fault.field for fault in check_workflow(path)] == ["workflow.execution"]
    assert load_workflow(path, fill=FillRules(cpu_s=1.0)).n_tasks == 3


@pytest.mark.parametrize(
    ("spec", "same"),
    [
        ("gemm,strips=5", "gemm,strips=5,n=2000"),
        ("gen:chain,bytes=1e6", "gen:chain"),
        ("gen:chain, depth = 3", "gen:chain,depth=3"),
        ("gen:chain,bytes=9007199254740993", "gen:chain,bytes=9007199254740993"),
    ],
)
def test_specifications_are_read_as_meant(spec: str, same: str) -> None:
    assert load_workflow(spec) == load_workflow(same)


def test_large_whole_numbers_lose_no_digit() -> None:
    assert load_workflow("gen:chain,bytes=9007199254740993").object_bytes[0] == 9007199254740993


def test_parameters_in_text_are_those_in_python() -> None:
    assert load_workflow("gemm,strips=5,spread=0.5") == Gemm(strips=5, spread=0.5).workflow()


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        ("gemm,strips=0,foo=1,n=2.5,seed=x", ["strips", "foo", "n", "seed"]),
        ("gemm,strips=3", ["strips"]),
        ("gemm,strips,n", ["strips", "n"]),
        ("gemm,", [""]),
        ("gemm,strips=4,strips=5", ["strips"]),
        ("gemm,strips=4,strips=4", ["strips"]),
        ("x" * 5000, [""]),
        ("x\0.json", [""]),
        ("gen:chain,cpu_s=inf,io_s=nan,bytes=-1", ["cpu_s", "io_s", "bytes"]),
        ("gen:nonesuch", [""]),
        ("nonesuch", [""]),
        ("", [""]),
        ("no/such/file.json", [""]),
    ],
)
def test_everything_wrong_with_a_specification_is_told(spec: str, fields: list[str]) -> None:
    faults = check_workflow(spec)
    assert [fault.field for fault in faults] == fields
    with pytest.raises(InvalidInput):
        load_workflow(spec)


def test_an_unknown_name_is_answered_with_all_there_is() -> None:
    [fault] = check_workflow("nonesuch")
    for source in describe_sources():
        if source.parameters and "|" not in source.key:
            assert source.key in fault.expected


@pytest.mark.parametrize(
    ("spec", "meant"),
    [("gem", "gemm"), ("gen:layerd", "gen:layered"), ("montage,image=3", "images"), ("wfcommons:montag", "montage")],
)
def test_a_misspelt_name_is_answered_with_the_nearest(spec: str, meant: str) -> None:
    [fault] = check_workflow(spec)
    assert fault.expected.startswith(f"{meant!r}? ")


def test_every_source_is_described_and_its_defaults_work() -> None:
    sources = {source.key: source for source in describe_sources()}
    assert len(sources) == 17
    for key, source in sources.items():
        assert source.summary.endswith(".")
        assert all(parameter.figure.meaning for parameter in source.parameters)
        if not key.startswith(("PATH", "wfcommons")):
            defaults = ",".join(f"{each.name}={each.default}" for each in source.parameters)
            assert load_workflow(f"{key},{defaults}") == load_workflow(key)


def test_descriptions_have_units() -> None:
    [chain] = [source for source in describe_sources() if source.key == "gen:chain"]
    units = {each.name: each.figure.unit for each in chain.parameters}
    assert units == {"depth": "tasks", "cpu_s": "s", "io_s": "s", "bytes": "bytes", "seed": "", "spread": ""}
    assert chain.parameters[0].name == "depth"
