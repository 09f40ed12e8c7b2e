"""Writing WfFormat: what was written reads back equal and passes the schema of 1.5."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from tests.support import find_data_dir
from tests.workloads.described import Told, told
from tests.workloads.test_wfformat_read import document_1_4, document_1_5, written
from workloads import (
    Demand,
    FillRules,
    WorkflowBuilder,
    from_networkx,
    load_workflow,
    read_wfformat,
    to_networkx,
    write_wfformat,
)
from workloads.sources import write_workflow
from workloads.wfformat import to_wfformat

DATA = find_data_dir()
INSTANCES = sorted((DATA / "wfinstances").glob("*.json")) if DATA else []


@pytest.fixture(scope="session")
def schema(data_dir: Path) -> jsonschema.Draft202012Validator:
    """The published schema of WfFormat 1.5."""
    text = (data_dir / "wfformat" / "wfcommons-schema.json").read_text()
    return jsonschema.Draft202012Validator(json.loads(text))


def expect_legal(document: object, schema: jsonschema.Draft202012Validator) -> None:
    errors = [f"{error.json_path}: {error.message}" for error in schema.iter_errors(document)]
    assert errors == []


@pytest.mark.skipif(DATA is None, reason="no recorded data")
def test_all_thirteen_instances_are_there() -> None:
    assert len(INSTANCES) == 13


@pytest.mark.parametrize("instance", INSTANCES, ids=lambda path: path.stem)
def test_a_recorded_instance_comes_back_equal(
    instance: Path, schema: jsonschema.Draft202012Validator, tmp_path: Path
) -> None:
    workflow = read_wfformat(instance)
    write_workflow(workflow, tmp_path / "again.json")
    again = read_wfformat(tmp_path / "again.json")
    assert again == workflow
    assert again.metadata == workflow.metadata
    assert again.assumptions == workflow.assumptions
    expect_legal(json.loads((tmp_path / "again.json").read_text()), schema)


@pytest.mark.parametrize("instance", INSTANCES, ids=lambda path: path.stem)
def test_of_a_recorded_instance_everything_is_written_back(instance: Path) -> None:
    """All members of the file stand in the export again, but for the order in arrays of ids."""
    recorded = _ordered(json.loads(instance.read_text()))
    exported = _ordered(to_wfformat(read_wfformat(instance)))
    exported.pop("faascast", None)
    assert exported == recorded


def _ordered(document: dict[str, Any]) -> dict[str, Any]:
    for task in document["workflow"]["specification"]["tasks"]:
        task["parents"].sort()
        task["children"].sort()
    return document


@given(description=told())
def test_any_workflow_comes_back_equal(description: Told, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever its names, demands and curves, and in any order of its tasks."""
    workflow = description.build()
    path = tmp_path_factory.getbasetemp() / "any.json"
    write_wfformat(workflow, path)
    again = read_wfformat(path)
    assert list(again.task_names) == list(workflow.task_names)
    assert [task.demand for task in again.tasks()] == [task.demand for task in workflow.tasks()]
    assert again == workflow
    assert again.assumptions == ()


@given(description=told())
def test_any_export_passes_the_schema(description: Told, schema: jsonschema.Draft202012Validator) -> None:
    expect_legal(to_wfformat(description.build()), schema)


@pytest.mark.parametrize("spec", ["gemm", "image_transformer", "gen:layered,spread=0.4", "fixed_times"])
def test_what_is_generated_comes_back_equal(spec: str, schema: jsonschema.Draft202012Validator, tmp_path: Path) -> None:
    workflow = load_workflow(spec)
    write_wfformat(workflow, tmp_path / "generated.json")
    assert read_wfformat(tmp_path / "generated.json") == workflow
    expect_legal(to_wfformat(workflow), schema)


def test_the_1_4_layout_is_written_as_1_5(schema: jsonschema.Draft202012Validator, tmp_path: Path) -> None:
    workflow = read_wfformat(written(document_1_4(), tmp_path))
    document = to_wfformat(workflow)
    expect_legal(document, schema)
    assert document["runtimeSystem"] == {"name": "Pegasus", "version": "4"}
    assert document["workflow"]["specification"]["files"][0] == {"id": "in", "path": "/data", "sizeInBytes": 10}
    ran = document["workflow"]["execution"]["tasks"]
    assert ran[0]["machines"] == ["m"]
    assert ran[1]["runtimeInSeconds"] == 5.5
    assert ran[1]["coreCount"] == 2
    assert not any("faascast" in entry for entry in ran)
    assert read_wfformat(written(document, tmp_path)) == workflow


def test_filled_figures_and_their_assumptions_are_written(tmp_path: Path) -> None:
    document = document_1_5()
    document["workflow"]["specification"]["files"][1]["sizeInBytes"] = None
    del document["workflow"]["execution"]
    filled = read_wfformat(written(document, tmp_path), fill=FillRules(cpu_s=2.0, bytes=5))
    again = read_wfformat(written(to_wfformat(filled), tmp_path))
    assert again == filled
    assert again.assumptions == filled.assumptions
    assert len(again.assumptions) == 2


def test_illegal_names_are_replaced_by_distinct_ids_and_kept_apart(tmp_path: Path) -> None:
    names = ("a b", "a_b", "a/b", "ä b")
    description = Told(dict.fromkeys(names, 1))
    builder = description.builder()
    for name in names:
        builder.add_task(name, cpu_s=1, inputs=[name])
    workflow = builder.build()
    document = to_wfformat(workflow)
    tasks = document["workflow"]["specification"]["tasks"]
    assert [task["id"] for task in tasks] == ["a_b_2", "a_b", "a_b_3", "__b"]
    files = document["workflow"]["specification"]["files"]
    assert [file["id"] for file in files] == ["a_b_2", "a_b", "a/b", "__b"]
    assert read_wfformat(written(document, tmp_path)) == workflow


@pytest.mark.parametrize(("spec", "longest_s"), [("gen:chain,depth=3,io_s=1,cpu_s=2", 9), ("fixed_times", 3)])
def test_the_makespan_of_what_was_never_executed_is_its_critical_path(spec: str, longest_s: float) -> None:
    """Three tasks of 1 + 2 s, one after another; chains of up to five sleeps of .5 s before a last one."""
    document = to_wfformat(load_workflow(spec))
    assert document["workflow"]["execution"]["makespanInSeconds"] == longest_s
    assert "never executed" in document["description"]


def test_figures_changed_after_reading_win_over_the_recorded(tmp_path: Path) -> None:
    """A workflow that was read, changed as a graph, and still carries the file's metadata."""
    graph = to_networkx(read_wfformat(written(document_1_5(), tmp_path)))
    graph.nodes["cut_1"].update(cpu_s=7.0, memory_mb=512.0, function="other")
    changed = from_networkx(graph)
    assert read_wfformat(written(to_wfformat(changed), tmp_path)) == changed


def test_a_null_is_not_written(schema: jsonschema.Draft202012Validator, tmp_path: Path) -> None:
    """The schema wants a number or nothing."""
    document = document_1_5()
    document["workflow"]["execution"]["tasks"][1].update(avgCPU=None, memoryInBytes=None, priority=None)
    workflow = read_wfformat(written(document, tmp_path))
    assert workflow.task("cut_1").demand == Demand(0, 4, 1)
    expect_legal(to_wfformat(workflow), schema)


def test_the_same_workflow_is_written_in_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        write_wfformat(load_workflow("gen:layered"), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


@pytest.mark.parametrize("member", ["runtimeInSeconds", "avgCPU", "coreCount"])
@pytest.mark.parametrize("junk", ['"text"', "NaN", "[]", "1e400"])
def test_junk_beside_our_own_demand_stops_no_round_trip(member: str, junk: str, tmp_path: Path) -> None:
    """The extension tells the demand, so the fields beside it are not read; nor need they be figures."""
    builder = WorkflowBuilder("w")
    builder.add_task("a", io_s=0.1, cpu_s=0.2, parallelism=1.5)
    document = to_wfformat(builder.build())
    document["workflow"]["execution"]["tasks"][0][member] = "JUNK"
    path = tmp_path / "junk.json"
    path.write_text(json.dumps(document).replace('"JUNK"', junk))
    workflow = load_workflow(str(path))
    write_workflow(workflow, tmp_path / "again.json")
    assert load_workflow(str(tmp_path / "again.json")) == workflow == builder.build()
