"""From a workflow to a WfFormat 1.5 document, valid by its schema."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import chain, count
from pathlib import Path
from typing import Any

import msgspec

from workloads.columns import is_figure
from workloads.demand import Curve, Demand, PowerLaw
from workloads.maps import MapNode
from workloads.names import Names
from workloads.wfformat.layouts import EXTENSION, function_of
from workloads.wfformat.recorded import BYTES_PER_MB, extension_of, recorded_demand
from workloads.workflow import Workflow

_TASK_ID = re.compile(r"[0-9a-zA-Z\-_.#]+")
_FILE_ID = re.compile(r"[0-9a-zA-Z\-_./:#]+")
_NEVER = "1970-01-01T00:00:00+00:00"
_NOT_RECORDED = "Made by faascast, never executed: the makespan is the critical path without transfers"


def write_wfformat(workflow: Workflow, path: Path | str) -> None:
    """Write the workflow as a WfFormat 1.5 file; reading it gives an equal workflow."""
    text = json.dumps(to_wfformat(workflow), allow_nan=False)
    Path(path).write_bytes(msgspec.json.format(text.encode(), indent=2) + b"\n")


def to_wfformat(workflow: Workflow) -> dict[str, Any]:
    """The workflow as a WfFormat 1.5 document.

    Metadata of a file that was read goes back to its places. What WfFormat has no field for (demands
    that no recorded run time tells, names that are no legal ids, assumptions, map nodes) goes into members
    called ``faascast``, only where needed. Who knows nothing of these sees every lane of a map node run.
    """
    return _Writing(workflow).document()


class _Writing:
    """One workflow on its way into a document."""

    def __init__(self, workflow: Workflow) -> None:
        self.workflow = workflow
        self.kept = _mapping(workflow.metadata, "wfformat")
        self.task_ids = _legal_ids(workflow.task_names, _TASK_ID)
        self.file_ids = _legal_ids(workflow.object_names, _FILE_ID)

    def document(self) -> dict[str, Any]:
        header = _mapping(self.kept, "header") or {"description": _NOT_RECORDED}
        specification = {
            **_mapping(self.kept, "specification"),
            "tasks": [self._specification(i) for i in range(self.workflow.n_tasks)],
            "files": [self._file(i) for i in range(self.workflow.n_objects)],
        }
        execution = {
            "makespanInSeconds": self._critical_path_s(),
            "executedAt": _NEVER,
            **_mapping(self.kept, "execution"),
            "tasks": [self._execution(i) for i in range(self.workflow.n_tasks)],
        }
        told = {EXTENSION: more} if (more := self._told()) else {}
        workflow = {
            **_mapping(self.kept, "workflow"),
            "specification": specification,
            "execution": execution,
        }
        return {"name": self.workflow.name, "schemaVersion": "1.5", **header, **told, "workflow": workflow}

    # ---- members

    def _told(self) -> dict[str, list[Any]]:
        """What WfFormat has no field for, of the workflow as a whole."""
        workflow = self.workflow
        wanted = [workflow.object_names[i] for i in workflow.wanted]
        told: dict[str, list[Any]] = {
            "assumptions": list(workflow.assumptions),
            "wanted": wanted,
            "maps": list(map(self._map, workflow.maps)),
        }
        return {name: each for name, each in told.items() if each}

    def _map(self, node: MapNode) -> dict[str, Any]:
        names = self.workflow.task_names
        lanes = [[names[task] for task in lane] for lane in node.lanes]
        return {"name": node.name, "splitter": names[node.splitter], "lanes": lanes, "width": str(node.width)}

    def _specification(self, i: int) -> dict[str, Any]:
        workflow, name = self.workflow, self.workflow.task_names[i]
        return {
            "name": name,
            **self._kept_of_task(name, "specification"),
            "id": self.task_ids[i],
            "parents": [self.task_ids[p] for p in workflow.parents.row(i)],
            "children": [self.task_ids[c] for c in workflow.children.row(i)],
            "inputFiles": [self.file_ids[o] for o in workflow.inputs.row(i)],
            "outputFiles": [self.file_ids[o] for o in workflow.outputs.row(i)],
            **_original(name, self.task_ids[i]),
        }

    def _file(self, i: int) -> dict[str, Any]:
        name = self.workflow.object_names[i]
        return {
            **_mapping(_mapping(self.kept, "files"), name),
            "id": self.file_ids[i],
            "sizeInBytes": int(self.workflow.object_bytes[i]),
            **_original(name, self.file_ids[i]),
        }

    def _execution(self, i: int) -> dict[str, Any]:
        workflow, name = self.workflow, self.workflow.task_names[i]
        specification = self._kept_of_task(name, "specification")
        run = {k: v for k, v in self._kept_of_task(name, "execution").items() if v is not None}
        memory_mb = float(workflow.memory_mb[i])
        if run.get("memoryInBytes", 0) != memory_mb * BYTES_PER_MB:
            run["memoryInBytes"] = memory_mb * BYTES_PER_MB
        function = workflow.functions[workflow.task_function[i]]
        if function_of(specification.get("name", name), specification, run) != function:
            run["category"] = function
        demand = workflow.stated(i)
        if _recorded(run) != demand:
            parallelism = float(workflow.parallelism[i])
            run |= _indicative(demand, parallelism) | {EXTENSION: extension_of(demand, parallelism)}
        return {"id": self.task_ids[i], **run}

    def _kept_of_task(self, name: str, section: str) -> Mapping[str, Any]:
        return _mapping(_mapping(_mapping(self.kept, "tasks"), name), section)

    def _critical_path_s(self) -> float:
        """The longest path of run times, transfers apart."""
        workflow = self.workflow
        ends_s = [0.0] * workflow.n_tasks
        for i in workflow.topological_order.tolist():
            start_s = max((ends_s[p] for p in workflow.parents.row(i).tolist()), default=0.0)
            demand = workflow.stated(i)
            ends_s[i] = start_s + _indicative(demand, float(workflow.parallelism[i]))["runtimeInSeconds"]
        return max(ends_s, default=0.0)


def _recorded(run: Mapping[str, Any]) -> Demand | None:
    """The demand that the fields of WfFormat tell, as the reader will understand them."""
    runtime_s, cores, avg_cpu = (run.get(key) for key in ("runtimeInSeconds", "coreCount", "avgCPU"))
    if not is_figure(runtime_s) or not all(each is None or is_figure(each) for each in (cores, avg_cpu)):
        return None  # beside an extension, anything may have stood there
    return recorded_demand(float(runtime_s), cores, avg_cpu)


def _indicative(demand: Demand | Curve, parallelism: float) -> dict[str, float]:
    """Fields of WfFormat that come closest to a demand which they cannot tell exactly."""
    if not isinstance(demand, Demand):
        runtime_s = demand.base_s if isinstance(demand, PowerLaw) else demand.points[-1][1]
        return {"runtimeInSeconds": runtime_s, "coreCount": parallelism}
    runtime_s = demand.duration_s(parallelism)
    busy = demand.cpu_s / runtime_s if runtime_s else parallelism
    return {"runtimeInSeconds": runtime_s, "coreCount": parallelism, "avgCPU": 100 * busy}


def _original(name: str, legal: str) -> dict[str, Any]:
    """The extension that tells a name which is no legal id."""
    return {} if name == legal else {EXTENSION: {"name": name}}


def _legal_ids(names: Names, legal: re.Pattern[str]) -> list[str]:
    """The names, those that are no legal ids replaced by some that are; all distinct."""
    used = {name for name in names if legal.fullmatch(name)}
    ids: list[str] = []
    for name in names:
        candidate = name
        if name not in used:
            stem = "".join(c if legal.fullmatch(c) else "_" for c in name)
            tries = chain([stem], (f"{stem}_{k}" for k in count(2)))
            candidate = next(each for each in tries if each not in used)
            used.add(candidate)
        ids.append(candidate)
    return ids


def _mapping(parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A member that is an object; an empty one otherwise."""
    value = parent.get(key)
    return value if isinstance(value, Mapping) else {}
