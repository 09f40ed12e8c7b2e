"""A run as a WfFormat file: valid by the schema, and read as a workflow whose tasks take what they took."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from typer.testing import CliRunner

from executor.records.real.recounting import recount
from executor.records.run import Run
from faascast import save, simulate
from faascast.cli.app import app
from faascast.results.executed import executed_document
from planners.registry import make_planner
from platforms import load_platform
from sim import simulate as run_plan
from tests.executor_records.simulated import measured, twin
from workloads import load_workflow


def real_run(n_bytes: int = 7, cpu_ns: int = 5_000_000) -> Run:
    workflow, platform = load_workflow("gen:forkjoin,width=3"), load_platform("aws-lambda-s3")
    plan = make_planner("heft").plan(workflow, platform)
    found = twin(workflow, plan, platform, seed=1)
    return recount(workflow, plan, platform, measured(found.remains, 1000, n_bytes=n_bytes, cpu_ns=cpu_ns))


def failed_run() -> Run:
    """Of four tasks of 1 s on one worker not all are done within three times 3 s, for none is committed before."""
    workflow, platform = load_workflow("gen:chain,depth=4"), load_platform("aws-lambda-s3", {"max_duration_s": 3})
    return run_plan(workflow, make_planner("all-on-one").plan(workflow, platform), platform, seed=1)


@pytest.fixture
def schema(data_dir: Path) -> Any:
    return json.loads((data_dir / "wfformat" / "wfcommons-schema.json").read_text())


def test_it_is_valid(schema: Any) -> None:
    failed = failed_run()
    for run in (real_run(), simulate("montage", "wukong", "aws-lambda-s3", seed=1), failed):
        Draft7Validator(schema).validate(executed_document(run))


def test_tasks_begin_where_they_began(tmp_path: Path) -> None:
    run = real_run()
    execution = executed_document(run)["workflow"]["execution"]
    begun = {each["id"]: datetime.fromisoformat(each["executedAt"]).timestamp() for each in execution["tasks"]}
    assert begun == pytest.approx(dict(zip(run.tasks["task"], run.tasks["start_s"], strict=True)), abs=1e-6)
    assert execution["makespanInSeconds"] == run.makespan_s
    gets = run.transfers["direction"] == "get"
    assert sum(each["readBytes"] for each in execution["tasks"]) == 7 * gets.sum()
    assert sum(each["writtenBytes"] for each in execution["tasks"]) == 7 * (~gets).sum()
    assert {each["nodeName"] for each in execution["machines"]} == {f"instance-{i}" for i in run.instances["instance"]}


def test_read_again_it_is_a_workflow_of_measured_times_and_bytes(tmp_path: Path) -> None:
    run = real_run()
    save(run, tmp_path / "run")
    done = CliRunner().invoke(app, ["export", str(tmp_path / "run"), "-o", str(tmp_path / "run.wf.json")])
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("5 of 5 tasks")
    workflow = load_workflow(str(tmp_path / "run.wf.json"))
    took_s = dict(zip(run.tasks["task"], run.tasks["end_s"] - run.tasks["start_s"], strict=True))
    for task in workflow.task_names:
        index = workflow.index_of_task(task)
        assert float(workflow.cpu_s[index]) == pytest.approx(0.005)
        assert float(workflow.io_s[index] + workflow.cpu_s[index]) == pytest.approx(took_s[task])
    moved = set(run.transfers["object"].tolist())
    assert {int(workflow.object_bytes[workflow.object_names.index(name)]) for name in moved} == {7}


def test_a_run_of_which_nothing_counts_has_no_execution() -> None:
    run = failed_run()
    assert run.status == "failed"
    assert not run.tasks["counts"].any()
    assert "execution" not in executed_document(run)["workflow"]
