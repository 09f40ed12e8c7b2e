"""Workflows of which only figures are known, burnt."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workloads import Demand, MemoryTable, WorkflowBuilder, load_workflow, read_wfformat
from workloads.program import BurnBody, Filler, burnt


@pytest.mark.parametrize("spec", ["gemm", "image_transformer,chunks=2", "gen:layered,spread=.5", "fixed_times"])
def test_every_task_burns_what_the_workflow_says(spec: str) -> None:
    workflow = load_workflow(spec)
    program = burnt(workflow)
    assert program.workflow is workflow
    for task, body in zip(workflow.tasks(), program.bodies, strict=True):
        assert isinstance(body, BurnBody)
        assert body.demand(1769, 1) == task.demand
        assert [workflow.object_names[number] for number, _ in body.outputs] == list(task.outputs)
        assert all(size == workflow.object_bytes[number] for number, size in body.outputs)
    given = {each.index: Filler(each.bytes) for each in workflow.data_objects() if each.producer is None}
    assert program.given == given


def test_a_curve_is_burnt_as_at_the_memory_of_the_worker() -> None:
    builder = WorkflowBuilder("curve")
    builder.add_task("t", curve=MemoryTable([(128, 8), (256, 2)]), parallelism=2)
    [body] = burnt(builder.build()).bodies
    assert isinstance(body, BurnBody)
    assert body.demand(128, 0.5) == Demand(0, 4, 2)
    assert body.demand(256, 4) == Demand(0, 4, 2)


def test_results_have_the_recorded_bytes_by_name() -> None:
    program = burnt(load_workflow("gemm,n=4"))
    result = program.straight()
    assert result == {"aggregate.out": bytes(8 * 16 - 1)}  # and a byte that says that these are bytes
    program.verify(result)
    with pytest.raises(AssertionError, match="have not the sizes"):
        program.verify({"aggregate.out": bytes(8 * 16)})


def test_what_a_file_says_was_run_is_not_run(tmp_path: Path) -> None:
    """Programs, arguments, code of any kind: text that is carried along."""
    trap = tmp_path / "sprung"
    workflow = {
        "name": "trap",
        "schemaVersion": "1.5",
        "faascast": {"code": f"open({str(trap)!r}, 'w')"},
        "workflow": {
            "specification": {
                "tasks": [
                    {"name": "t", "id": "t_1", "parents": [], "children": [], "inputFiles": [], "outputFiles": []}
                ]
            },
            "execution": {
                "makespanInSeconds": 0.01,
                "executedAt": "2020-01-01T00:00:00+00:00",
                "tasks": [
                    {
                        "id": "t_1",
                        "runtimeInSeconds": 0.01,
                        "command": {"program": "/usr/bin/touch", "arguments": [str(trap)]},
                        "category": "os.system",
                    }
                ],
            },
        },
    }
    (tmp_path / "trap.json").write_text(json.dumps(workflow))
    program = burnt(read_wfformat(tmp_path / "trap.json"))
    assert program.bodies == (BurnBody(0.0, 0.01, 1.0, ()),)
    program.straight()
    assert not trap.exists()
