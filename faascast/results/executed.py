"""A run as a WfFormat 1.5 document: the workflow, and when each task ran, for how long, where, and what it moved.

WfFormat's times are those of a calendar, and a run's count from its submission: so that is at 1970-01-01. What is not
known of a run is not told; a task that never ran to its end in the version that counts has no execution.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from executor.records.run import Run
from workloads.wfformat.writer import to_wfformat

_SUBMITTED: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BYTES_PER_MB: Final = 1 << 20
_TOLD = "A {} run by faascast under {} on {}; times count from the submission, which stands at 1970-01-01"


def write_executed(run: Run, path: Path) -> None:
    """Write a run as a WfFormat 1.5 file."""
    text = json.dumps(executed_document(run), allow_nan=False)
    path.write_bytes(msgspec.json.format(text.encode(), indent=2) + b"\n")


def executed_document(run: Run) -> dict[str, Any]:
    """The document. Of a run that failed the makespan is how far it came."""
    described = to_wfformat(run.workflow)
    specification = described["workflow"]["specification"]
    ids = [task["id"] for task in specification["tasks"]]
    for each, size in zip(specification["files"], _sizes(run), strict=True):
        each["sizeInBytes"] = size
    kind = "real" if run.backend.is_real else "simulated"
    end_s = run.makespan_s if run.makespan_s is not None else float(np.nanmax([0.0, *run.invocations["ended_s"]]))
    execution = {
        "makespanInSeconds": end_s,
        "executedAt": _at(0.0),
        "tasks": list(_tasks(run, ids)),
        "machines": list(_machines(run)),
    }
    workflow = {**described["workflow"], "execution": execution}
    if not execution["tasks"]:  # the format has no execution without tasks
        del workflow["execution"]
    told = {"description": _TOLD.format(kind, run.plan.planner, run.platform.name)}
    return {**described, **told, "workflow": workflow}


def _sizes(run: Run) -> list[int]:
    """Per object, the bytes that moved, else those that the workflow says."""
    sizes = dict(zip(run.workflow.object_names, run.workflow.object_bytes.tolist(), strict=True))
    moved = run.transfers.where(run.transfers["outcome"] == "done")
    sizes.update(zip(moved["object"].tolist(), moved["bytes"].tolist(), strict=True))
    return [int(sizes[name]) for name in run.workflow.object_names]


def _tasks(run: Run, ids: list[str]) -> Iterator[dict[str, Any]]:
    """Each task's execution that counts, in the order of the tasks."""
    moved, index_of = _moved(run), run.workflow.index_of_task
    rows = sorted(run.tasks.where(run.tasks["counts"]).rows(), key=lambda row: index_of(row["task"]))
    for row in rows:
        runtime_s = row["end_s"] - row["start_s"]
        told = {
            "id": ids[index_of(row["task"])],
            "runtimeInSeconds": runtime_s,
            "executedAt": _at(row["start_s"]),
            "coreCount": max(1.0, run.platform.vcpus(row["memory_mb"])),
            "readBytes": moved["get", row["invocation"], row["task"]],
            "writtenBytes": moved["put", row["invocation"], row["task"]],
            "machines": [_machine(row["instance"])],
        }
        if np.isfinite(row["cpu_s"]) and runtime_s > 0:
            told["avgCPU"] = 100 * row["cpu_s"] / runtime_s
        yield told


def _moved(run: Run) -> defaultdict[tuple[str, int, str], int]:
    """Bytes by direction, invocation, and the task on whose account they moved."""
    moved: defaultdict[tuple[str, int, str], int] = defaultdict(int)
    for row in run.transfers.where(run.transfers["outcome"] == "done").rows():
        moved[row["direction"], row["invocation"], row["task"]] += row["bytes"]
    return moved


def _machines(run: Run) -> Iterator[dict[str, Any]]:
    """The instances."""
    for row in run.instances.rows():
        cores = max(1, round(run.platform.vcpus(row["memory_mb"])))
        memory_bytes = row["memory_mb"] * _BYTES_PER_MB
        yield {
            "nodeName": _machine(row["instance"]),
            "memoryInBytes": memory_bytes,
            "cpu": {"coreCount": cores},
        }


def _machine(instance: int) -> str:
    return f"instance-{instance}"


def _at(seconds: float) -> str:
    return (_SUBMITTED + timedelta(seconds=seconds)).isoformat(timespec="microseconds")
