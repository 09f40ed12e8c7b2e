"""Reading WfFormat: the three versions, the rules, and that every fault of a file is told at once."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workloads import MISSING, Demand, FillRules, InvalidInput, MemoryTable, Workflow, read_wfformat
from workloads.wfformat.recorded import recorded_demand


def written(document: object, folder: Path) -> Path:
    path = folder / "workflow.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def faults_of(document: object, folder: Path, fill: FillRules | None = None) -> list[tuple[str, object]]:
    """The faults of a document as (field, value)."""
    path = written(document, folder)
    with pytest.raises(InvalidInput) as raised:
        read_wfformat(path, fill=fill or FillRules())
    assert {fault.where for fault in raised.value.faults} == {str(path)}
    return [(fault.field, fault.value) for fault in raised.value.faults]


def document_1_5() -> dict[str, Any]:
    """``cut_1`` reads ``in`` and makes ``out``; ``join_2`` reads ``out``; ``tell_3`` follows without data."""
    return {
        "name": "small",
        "schemaVersion": "1.5",
        "author": {"name": "n", "email": "e@x.org"},
        "workflow": {
            "run": "r1",
            "specification": {
                "tasks": [
                    {
                        "name": "cut_1",
                        "id": "cut_1",
                        "parents": [],
                        "children": ["join_2"],
                        "inputFiles": ["in"],
                        "outputFiles": ["out"],
                    },
                    {
                        "name": "join",
                        "id": "join_2",
                        "parents": ["cut_1"],
                        "children": ["tell_3"],
                        "inputFiles": ["out"],
                    },
                    {"name": "tell_3", "id": "tell_3", "parents": ["join_2"], "children": []},
                ],
                "files": [{"id": "in", "sizeInBytes": 10}, {"id": "out", "sizeInBytes": 0, "unit": "B"}],
            },
            "execution": {
                "makespanInSeconds": 9.5,
                "executedAt": "2020-01-01T00:00:00Z",
                "machines": [{"nodeName": "m"}],
                "tasks": [
                    {"id": "tell_3", "runtimeInSeconds": 0},
                    {
                        "id": "cut_1",
                        "runtimeInSeconds": 4,
                        "avgCPU": 25,
                        "memoryInBytes": 3 * 2**20,
                        "command": {"program": "cutter", "arguments": ["-x"]},
                    },
                    {"id": "join_2", "runtimeInSeconds": 5.5, "coreCount": 2},
                ],
            },
        },
    }


def document_1_4() -> dict[str, Any]:
    """The same workflow in the layout of 1.4: edges by name, by one end; older names of some members."""
    return {
        "name": "small",
        "schemaVersion": "1.4",
        "author": {"name": "n", "email": "e@x.org"},
        "wms": {"name": "Pegasus", "version": "4"},
        "workflow": {
            "makespanInSeconds": 9.5,
            "executedAt": "2020-01-01T00:00:00Z",
            "machines": [{"nodeName": "m"}],
            "tasks": [
                {
                    "name": "cut_1",
                    "id": "ID1",
                    "type": "compute",
                    "category": "cutter",
                    "runtimeInSeconds": 4,
                    "avgCPU": 25,
                    "memoryInBytes": 3 * 2**20,
                    "machine": "m",
                    "files": [
                        {"link": "input", "name": "in", "sizeInBytes": 10, "path": "/data"},
                        {"link": "output", "name": "out", "size": 0},
                    ],
                },
                {
                    "name": "join_2",
                    "id": "ID2",
                    "parents": ["cut_1"],
                    "children": ["ID3"],
                    "runtime": 5.5,
                    "cores": 2,
                    "files": [{"link": "input", "name": "out", "sizeInBytes": 0}],
                },
                {"name": "tell_3", "id": "ID3", "runtimeInSeconds": 0},
            ],
        },
    }


def document_1_6() -> dict[str, Any]:
    document = document_1_5()
    document["schemaVersion"] = "1.6"
    document["workflow"]["specification"]["metrics"] = {"numberOfTasks": 3}
    return document


def expect_small(workflow: Workflow) -> None:
    assert list(workflow.task_names) == ["cut_1", "join_2", "tell_3"]
    assert list(workflow.object_names) == ["in", "out"]
    assert workflow.object_bytes.tolist() == [10, 0]
    assert workflow.parents.tuples() == ((), (0,), (1,))
    assert workflow.inputs.tuples() == ((0,), (1,), ())
    assert workflow.outputs.tuples() == ((1,), (), ())
    assert [task.function for task in workflow.tasks()] == ["cutter", "join", "tell"]
    assert [task.demand for task in workflow.tasks()] == [Demand(3, 1, 1), Demand(0, 11, 2), Demand(0, 0, 1)]
    assert workflow.memory_mb.tolist() == [3, 0, 0]
    assert workflow.assumptions == (
        "run time taken as CPU work where avgCPU was not recorded: 2 tasks",
        "no memory floor where memoryInBytes was not recorded: 2 tasks",
    )


@pytest.mark.parametrize("document", [document_1_4(), document_1_5(), document_1_6()], ids=["1.4", "1.5", "1.6"])
def test_the_versions_say_the_same(document: dict[str, Any], tmp_path: Path) -> None:
    expect_small(read_wfformat(written(document, tmp_path)))


def test_the_versions_make_equal_workflows(tmp_path: Path) -> None:
    one, other = (read_wfformat(written(d, tmp_path)) for d in (document_1_4(), document_1_6()))
    assert one == other


@pytest.mark.parametrize(
    ("runtime_s", "cores", "avg_cpu", "expected"),
    [
        (10, None, None, Demand(0, 10, 1)),
        (10, 4, None, Demand(0, 40, 4)),
        (10, None, 25, Demand(7.5, 2.5, 1)),
        (10, 4, 25, Demand(7.5, 2.5, 1)),
        (10, None, 100, Demand(0, 10, 1)),
        (10, None, 250, Demand(0, 25, 2.5)),
        (10, 8, 250, Demand(0, 25, 2.5)),
        (10, None, 0, Demand(10, 0, 1)),
        (0, 2, 50, Demand(0, 0, 1)),
    ],
)
def test_a_recorded_run_time_becomes_a_demand(
    runtime_s: float, cores: float | None, avg_cpu: float | None, expected: Demand
) -> None:
    assert recorded_demand(runtime_s, cores, avg_cpu) == expected


@given(st.floats(0, 1e6), st.none() | st.floats(1, 64), st.none() | st.floats(0, 6400))
def test_on_the_recording_machine_it_takes_the_recorded_time(
    runtime_s: float, cores: float | None, avg_cpu: float | None
) -> None:
    demand = recorded_demand(runtime_s, cores, avg_cpu)
    assert demand.parallelism >= 1
    assert demand.duration_s(64) == pytest.approx(runtime_s, rel=1e-12)


def test_every_fault_is_told_with_its_path(tmp_path: Path) -> None:
    document = document_1_5()
    cut, join, tell = document["workflow"]["specification"]["tasks"]
    of_tell, of_cut, of_join = document["workflow"]["execution"]["tasks"]
    document["name"] = 5
    cut["parents"] = ["ghost"]
    cut["outputFiles"] = ["out", 7]
    cut["children"] = "join_2"
    del join["name"]
    join["inputFiles"] = ["out", "unlisted"]
    tell["outputFiles"] = ["out"]
    of_tell["runtimeInSeconds"] = -1
    of_cut["avgCPU"] = "25"
    del of_join["runtimeInSeconds"]
    document["workflow"]["specification"]["files"][0]["sizeInBytes"] = 0.5
    document["workflow"]["execution"]["tasks"].append({"id": "other", "runtimeInSeconds": 1})
    path = "workflow.specification.tasks"
    expected: list[tuple[str, object]] = [
        ("name", 5),
        (f"{path}[0].parents[0]", "ghost"),
        (f"{path}[0].outputFiles[1]", 7),
        (f"{path}[0].children", "join_2"),
        (f"{path}[1].name", MISSING),
        (f"{path}[2].outputFiles[0]", "out"),
        ("workflow.specification.files[0].sizeInBytes", 0.5),
        ("workflow.specification.files['unlisted'].sizeInBytes", MISSING),
        ("workflow.execution.tasks[0].runtimeInSeconds", -1),
        ("workflow.execution.tasks[1].avgCPU", "25"),
        ("workflow.execution.tasks[2].runtimeInSeconds", MISSING),
        ("workflow.execution.tasks[3].id", "other"),
    ]
    assert sorted(faults_of(document, tmp_path), key=str) == sorted(expected, key=str)


def test_faults_of_1_4_are_told_with_their_paths_too(tmp_path: Path) -> None:
    document = document_1_4()
    cut, join, tell = document["workflow"]["tasks"]
    cut["files"][0]["link"] = "inout"
    del cut["files"][1]["size"]
    join["runtime"] = None
    join["cores"] = 0.5
    tell["runtimeInSeconds"] = True
    expected: list[tuple[str, object]] = [
        ("workflow.tasks[0].files[0].link", "inout"),
        ("workflow.tasks[0].files[1].sizeInBytes", MISSING),
        ("workflow.tasks[1].runtime", MISSING),
        ("workflow.tasks[1].cores", 0.5),
        ("workflow.tasks[2].runtimeInSeconds", True),
    ]
    assert sorted(faults_of(document, tmp_path), key=str) == sorted(expected, key=str)


def test_a_task_is_specified_once_and_executed_once(tmp_path: Path) -> None:
    document = document_1_5()
    for section in ("specification", "execution"):
        tasks = document["workflow"][section]["tasks"]
        tasks.append(tasks[0])
    assert faults_of(document, tmp_path) == [
        ("workflow.execution.tasks[3].id", "tell_3"),
        ("workflow.specification.tasks[3].id", "cut_1"),
        ("workflow.specification.tasks[3].outputFiles[0]", "out"),
    ]


def test_below_a_fault_nothing_more_is_told(tmp_path: Path) -> None:
    document = document_1_5()
    document["workflow"]["specification"] = None
    assert ("workflow.specification", None) in faults_of(document, tmp_path)
    assert not any("specification." in field for field, _ in faults_of(document, tmp_path))


def test_a_cycle_is_named(tmp_path: Path) -> None:
    document = document_1_5()
    document["workflow"]["specification"]["tasks"][0]["parents"] = ["tell_3"]
    [(field, value)] = faults_of(document, tmp_path)
    assert field == "workflow.specification.tasks[0].parents"
    assert value == "cut_1 → join_2 → tell_3 → cut_1"


def test_a_file_without_any_execution_has_one_fault_not_one_a_task(tmp_path: Path) -> None:
    document = document_1_5()
    del document["workflow"]["execution"]
    assert faults_of(document, tmp_path) == [("workflow.execution", MISSING)]
    filled = read_wfformat(written(document, tmp_path), fill=FillRules(cpu_s=2.0))
    assert filled.cpu_s.tolist() == [2, 2, 2]
    assert filled.assumptions == ("cpu_s taken as 2 where unknown: 3, cut_1, join_2, tell_3",)


def test_unknown_figures_are_filled_by_rule_and_told(tmp_path: Path) -> None:
    document = document_1_5()
    document["workflow"]["specification"]["files"].pop()
    del document["workflow"]["execution"]["tasks"][0]["runtimeInSeconds"]
    document["workflow"]["execution"]["tasks"][2]["runtimeInSeconds"] = None
    workflow = read_wfformat(written(document, tmp_path), fill=FillRules(cpu_s="median", bytes=7))
    assert workflow.data_object("out").bytes == 7
    assert workflow.cpu_s.tolist() == [1, 1, 1]
    assert "bytes taken as 7 where unknown: 1, out" in workflow.assumptions
    assert "cpu_s taken as 1 (the median of the known) where unknown: 2, join_2, tell_3" in workflow.assumptions


def test_an_edge_that_one_end_declares_is_an_edge_and_is_told(tmp_path: Path) -> None:
    document = document_1_5()
    document["workflow"]["specification"]["tasks"][2]["parents"] = []
    workflow = read_wfformat(written(document, tmp_path))
    assert workflow.task("tell_3").parents == ("join_2",)
    assert workflow.assumptions[0] == "1 edges declared by one end only are edges: join_2 → tell_3"


def test_a_file_of_two_sizes_has_the_first_and_it_is_told(tmp_path: Path) -> None:
    document = document_1_4()
    document["workflow"]["tasks"][1]["files"][0]["sizeInBytes"] = 3
    workflow = read_wfformat(written(document, tmp_path))
    assert workflow.data_object("out").bytes == 0
    told = "file 'out' has 3 bytes at workflow.tasks[1].files[0].sizeInBytes: taken as 0"
    assert workflow.assumptions[0] == told


def test_the_extension_tells_what_wfformat_cannot(tmp_path: Path) -> None:
    document = document_1_5()
    document["faascast"] = {"assumptions": ["as someone said"]}
    of_tell, of_cut, of_join = document["workflow"]["execution"]["tasks"]
    of_tell["faascast"] = {"io_s": 1, "cpu_s": 2.5, "parallelism": 3}
    of_cut["faascast"] = {"memory_table": [[128, 9], [256, 5]], "parallelism": 2}
    of_join["faascast"] = {"memory_table": [[256, 9], [128, 5]]}
    fields = [field for field, _ in faults_of(document, tmp_path)]
    assert fields == ["workflow.execution.tasks[2].faascast.memory_table"]
    del of_join["faascast"]
    workflow = read_wfformat(written(document, tmp_path))
    assert workflow.task("tell_3").demand == Demand(1, 2.5, 3)
    assert workflow.task("cut_1").demand == MemoryTable([(128, 9), (256, 5)])
    assert workflow.assumptions[0] == "as someone said"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", ""),
        ("{", ""),
        ("[]", ""),
        ("null", ""),
        ("{}", "schemaVersion"),
        ('{"schemaVersion": 1.5}', "schemaVersion"),
        ('{"schemaVersion": ["1.5"]}', "schemaVersion"),
        ('{"schemaVersion": "1.3"}', "schemaVersion"),
        ('{"schemaVersion": "1.5", "name": "a"}', "workflow"),
        ('{"schemaVersion": "1.4", "name": "a", "workflow": []}', "workflow"),
        ('{"schemaVersion": "1.5", "name": "a", "workflow": {}}', "workflow.specification"),
        ('{"schemaVersion": "1.4", "name": "a", "workflow": {"tasks": [3]}}', "workflow.tasks[0]"),
        ('{"schemaVersion": "1.4", "name": "a", "workflow": {"tasks": []}}', "tasks"),
        ("[" * 100_000, ""),
        ('"\xff"', ""),
    ],
)
def test_a_file_that_is_no_wfformat_is_refused_not_crashed_on(text: str, field: str, tmp_path: Path) -> None:
    path = tmp_path / "workflow.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InvalidInput) as raised:
        read_wfformat(path)
    assert field in [fault.field for fault in raised.value.faults]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="expected a file that can be read"):
        read_wfformat(tmp_path / "none.json")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of everything inside a document."""
    members: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, member in members for place in places(member, (*path, key)))]


@given(data=st.data())
def test_whatever_stands_in_a_place_reading_ends_in_a_workflow_or_in_faults(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Up to three places of a legal file get any JSON value, or lose theirs."""
    document = data.draw(st.sampled_from([document_1_4, document_1_5]))()
    document["workflow"]["faascast"] = {"memory_table": [[1, 2]]}
    for _ in range(data.draw(st.integers(1, 3))):
        *above, key = data.draw(st.sampled_from([place for place in places(document) if place]))
        parent = document
        for step in above:
            parent = parent[step]
        if data.draw(st.booleans()):
            parent[key] = data.draw(json_values)
        else:
            del parent[key]
    path = tmp_path_factory.getbasetemp() / "spoilt.json"
    path.write_text(json.dumps(document))
    with suppress(InvalidInput):
        assert read_wfformat(path).n_tasks >= 1
