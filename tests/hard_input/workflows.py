"""WfFormat documents to be mutated: recorded ones, our own, their older and newer layouts; and graphs made wrong."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from tests.support import find_data_dir
from workloads import load_workflow
from workloads.wfformat import to_wfformat

Document = dict[str, Any]

GENERATED = (
    "gen:forkjoin,width=3",
    "gen:layered,width=3,depth=3,spread=0.3",
    "gen:diamond,width=3,depth=3,bytes=10",
    "tree_reduction,numbers=8",
    "fixed_times,chains=3",
    "gemm,strips=2",
    "wordcount,chunks=4",
)
_SMALL = 400_000
"""Bytes of the largest recorded file that is used: the largest there is takes as long as a hundred others."""


@cache
def recorded_paths() -> tuple[Path, ...]:
    """The recorded files, if there are any here."""
    data = find_data_dir()
    found = sorted((data / "wfinstances").glob("*.json")) if data else []
    return tuple(path for path in found if path.stat().st_size <= _SMALL)


@cache
def _recorded_text(path: Path) -> str:
    document = json.loads(path.read_bytes())
    _keep_first(document, 12)
    return json.dumps(document)


def recorded(random: Random) -> Document:
    """The first tasks of a recorded workflow, with what they are and how they ran."""
    document: Document = json.loads(_recorded_text(random.choice(recorded_paths())))
    return document


@cache
def _generated_text(spec: str) -> str:
    return json.dumps(to_wfformat(load_workflow(spec)))


def generated(random: Random) -> Document:
    """A workflow as `generate` and `convert` write it."""
    document: Document = json.loads(_generated_text(random.choice(GENERATED)))
    return document


def _keep_first(document: Document, n_tasks: int) -> None:
    specification, execution = document["workflow"]["specification"], document["workflow"]["execution"]
    tasks = specification["tasks"][:n_tasks]
    kept = {task["id"] for task in tasks}
    for task in tasks:
        for ends in ("parents", "children"):
            task[ends] = [name for name in task[ends] if name in kept]
    named = {name for task in tasks for files in ("inputFiles", "outputFiles") for name in task.get(files, ())}
    specification["tasks"] = tasks
    specification["files"] = [file for file in specification["files"] if file["id"] in named]
    execution["tasks"] = [run for run in execution["tasks"] if run["id"] in kept]


# ---- versions


def as_1_6(document: Document) -> Document:
    """1.6 is 1.5 with further optional metrics."""
    for run in document["workflow"]["execution"]["tasks"]:
        run["metrics"] = {"cpuCycles": 10, "readBytes": 1}
    return document | {"schemaVersion": "1.6"}


def as_1_4(document: Document) -> Document:
    """1.4: files and run time inside each task, tasks called by name, no list of files."""
    workflow = document["workflow"]
    specification, execution = workflow["specification"], workflow["execution"]
    runs = {run["id"]: run for run in execution["tasks"]}
    sizes = {file["id"]: file["sizeInBytes"] for file in specification["files"]}
    tasks = [_task_as_1_4(task, runs.get(task["id"], {}), sizes) for task in specification["tasks"]]
    told = {key: execution[key] for key in ("makespanInSeconds", "executedAt", "machines") if key in execution}
    return document | {"schemaVersion": "1.4", "workflow": {**told, "tasks": tasks}}


def _task_as_1_4(task: Document, run: Document, sizes: dict[str, Any]) -> Document:
    links = (("input", "inputFiles"), ("output", "outputFiles"))
    files = [
        {"link": link, "name": name, "sizeInBytes": sizes[name]}
        for link, member in links
        for name in task.get(member, ())
    ]
    older = {"coreCount": "cores", "energyInKWh": "energy", "avgPowerInW": "avgPower"}
    ran = {older.get(key, key): value for key, value in run.items() if key not in ("id", "machines")}
    described = {"name": task["id"], "id": task["id"], "type": "compute"}
    return described | {"parents": task["parents"], "children": task["children"], "files": files} | ran


# ---- graphs made wrong


def tangle(document: Document, random: Random) -> str:
    """An edge or a reference that should not be; what was done, in words."""
    workflow = document["workflow"]
    tasks = workflow.get("tasks") or workflow["specification"]["tasks"]
    one, other = random.choice(tasks), random.choice(tasks)
    name = "name" if "tasks" in workflow else "id"
    change = random.choice((_own_parent, _cycle, _dangling, _twice, _second_producer, _reads_its_own))
    return f"{one[name]}: {change(one, other, name)}"


def _own_parent(one: Document, other: Document, name: str) -> str:
    one["parents"].append(one[name])
    return "its own parent"


def _cycle(one: Document, other: Document, name: str) -> str:
    one["parents"].append(other[name])
    other["parents"].append(one[name])
    return f"in a cycle with {other[name]}"


def _dangling(one: Document, other: Document, name: str) -> str:
    one["children"].append("nobody")
    one.setdefault("inputFiles", []).append("nothing")
    return "refers to what is not there"


def _twice(one: Document, other: Document, name: str) -> str:
    other[name] = one[name]
    return "there twice"


def _second_producer(one: Document, other: Document, name: str) -> str:
    if "files" in one:
        one["files"] += [{**file, "link": "output"} for file in other["files"]]
    else:
        one["outputFiles"] = other["outputFiles"]
    return f"makes what {other[name]} makes"


def _reads_its_own(one: Document, other: Document, name: str) -> str:
    if "files" in one:
        one["files"] += [{**file, "link": "input"} for file in one["files"]]
    else:
        one["inputFiles"] = one["inputFiles"] + one["outputFiles"]
    return "reads what it makes"
