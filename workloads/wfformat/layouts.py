"""The two layouts of WfFormat, read into one: tasks and files with the places of their figures.

Up to 1.4 a task carries its files and its run time; from 1.5 on, ``specification`` says what the
workflow is and ``execution`` how it ran. 1.6 adds optional metrics to 1.5.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workloads.wfformat.node import Node

EXTENSION = "faascast"
"""The member in which we keep what WfFormat has no field for."""

_NUMBER_AT_END = re.compile(r"_(ID)?\d+$")
_RENAMED_IN_1_5 = {
    "runtime": "runtimeInSeconds",
    "cores": "coreCount",
    "energy": "energyInKWh",
    "avgPower": "avgPowerInW",
}


@dataclass(slots=True)
class TaskEntry:
    """A task of a file. The figures are nodes, missing ones where the file has none."""

    name: str
    node: Node
    function: str
    inputs: list[Node]
    outputs: list[Node]
    runtime_s: Node
    cores: Node
    avg_cpu: Node
    memory_bytes: Node
    extension: Node
    specification: dict[str, Any]
    """Members of the specification that we do not interpret."""
    execution: dict[str, Any]
    """Members of the execution, under their names of 1.5."""


@dataclass(slots=True)
class FileEntry:
    """A file of a file."""

    name: str
    node: Node
    size: Node
    rest: dict[str, Any]
    """Members that we do not interpret."""


@dataclass(slots=True)
class Entries:
    """All that a file says, whatever its layout."""

    name_key: str
    """The member that names a task or file: ``id``, or ``name`` in 1.4."""
    edges_at_both_ends: bool
    """Whether an edge is to be declared by its parent and by its child."""
    tasks: list[TaskEntry] = field(default_factory=list)
    files: list[FileEntry] = field(default_factory=list)
    task_called: dict[str, str] = field(default_factory=dict)
    """The name of the task that a reference means."""
    file_called: dict[str, str] = field(default_factory=dict)
    """The name of the file that a reference means."""
    lacking: Node | None = None
    """The place of all run times, if the file leaves it out."""
    rest: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Members of ``workflow``, ``specification`` and ``execution`` that we do not interpret."""
    notes: list[str] = field(default_factory=list)
    """Contradictions that were resolved, and how."""


# ---- 1.5 and 1.6


def entries_of_1_5(workflow: Node) -> Entries:
    """The layout of 1.5 and 1.6."""
    specification, execution = workflow["specification"], workflow["execution"]
    rest = {
        "workflow": _without(workflow.mapping(), "specification", "execution"),
        "specification": _without(specification.mapping(), "tasks", "files"),
        "execution": _without(execution.mapping(), "tasks") if execution else {},
    }
    lacking = None if execution else execution
    entries = Entries(name_key="id", edges_at_both_ends=True, lacking=lacking, rest=rest)
    _add_tasks_of_1_5(entries, specification["tasks"], execution)
    _add_files_of_1_5(entries, specification["files"])
    return entries


def _add_tasks_of_1_5(entries: Entries, tasks: Node, execution: Node) -> None:
    runs = _runs(execution)
    for node in tasks.objects():
        key = node["id"].text()
        if key is not None:
            name = _name(key, node)
            entries.task_called.setdefault(key, name)
            entries.tasks.append(_task_of_1_5(name, node, runs.get(key) or execution["tasks"].absent(key)))
    for key, run in runs.items():
        if key not in entries.task_called:
            run["id"].refuse("the id of a task of the specification")


def _add_files_of_1_5(entries: Entries, files: Node) -> None:
    for node in files.objects() if files else ():
        key = node["id"].text()
        if key is not None:
            name = _name(key, node)
            rest = _without(node.value, "id", "sizeInBytes", EXTENSION)
            entries.file_called.setdefault(key, name)
            entries.files.append(FileEntry(name, node, node["sizeInBytes"], rest))


def _runs(execution: Node) -> dict[str, Node]:
    """The execution of each task by the task's id."""
    runs: dict[str, Node] = {}
    for node in execution["tasks"].objects() if execution else ():
        key = node["id"].text()
        if key is not None and runs.setdefault(key, node) is not node:
            node["id"].refuse("an id not used before")
    return runs


def _name(key: str, node: Node) -> str:
    """The name that our writer had to replace by a legal id, else the id."""
    original = node[EXTENSION]["name"]
    return (original.text() or key) if original else key


def _task_of_1_5(name: str, node: Node, run: Node) -> TaskEntry:
    label = node["name"].text() or name
    interpreted = ("id", "parents", "children", "inputFiles", "outputFiles", EXTENSION)
    return TaskEntry(
        name=name,
        node=node,
        function=function_of(label, node.value, run.value if run else {}),
        inputs=node["inputFiles"].texts(),
        outputs=node["outputFiles"].texts(),
        runtime_s=run["runtimeInSeconds"],
        cores=run["coreCount"],
        avg_cpu=run["avgCPU"],
        memory_bytes=run["memoryInBytes"],
        extension=run[EXTENSION],
        specification=_without(node.value, *interpreted),
        execution=_without(run.value, "id", EXTENSION) if run else {},
    )


# ---- 1.4


def entries_of_1_4(workflow: Node) -> Entries:
    """The layout of 1.4: run time and files inside each task, an edge declared by one of its ends."""
    members = workflow.mapping()
    of_execution = ("makespanInSeconds", "executedAt", "machines")
    rest = {
        "workflow": _without(members, "tasks", *of_execution),
        "execution": {key: members[key] for key in of_execution if key in members},
    }
    entries = Entries(name_key="name", edges_at_both_ends=False, rest=rest)
    files: dict[str, FileEntry] = {}
    for node in workflow["tasks"].objects():
        name = node["name"].text()
        if name is not None:
            entries.tasks.append(_task_of_1_4(name, node, files, entries.notes))
    entries.files += files.values()
    entries.file_called = {name: name for name in files}
    entries.task_called = _names_before_ids(entries.tasks)
    return entries


def _names_before_ids(tasks: list[TaskEntry]) -> dict[str, str]:
    """What references mean: a task's name, or else its id."""
    ids = {task.node["id"].value: task.name for task in tasks if isinstance(task.node["id"].value, str)}
    return ids | {task.name: task.name for task in tasks}


def _task_of_1_4(name: str, node: Node, files: dict[str, FileEntry], notes: list[str]) -> TaskEntry:
    inputs, outputs = _files_of_task(node, files, notes)
    described = ("name", "category", "type")
    run = _without(node.value, *described, "id", "parents", "children", "files", EXTENSION)
    run = {_RENAMED_IN_1_5.get(key, key): value for key, value in run.items()}
    if "machine" in run:
        run["machines"] = [run.pop("machine")]
    return TaskEntry(
        name=name,
        node=node,
        function=function_of(name, node.value, {}),
        inputs=inputs,
        outputs=outputs,
        runtime_s=_first(node, "runtimeInSeconds", "runtime"),
        cores=_first(node, "cores", "coreCount"),
        avg_cpu=node["avgCPU"],
        memory_bytes=node["memoryInBytes"],
        extension=node[EXTENSION],
        specification={key: node.value[key] for key in described if key in node.value},
        execution=run,
    )


def _files_of_task(node: Node, files: dict[str, FileEntry], notes: list[str]) -> tuple[list[Node], list[Node]]:
    """The names of a task's input and output files; each file's entry goes to ``files`` once."""
    links: dict[str, list[Node]] = {"input": [], "output": []}
    for each in node["files"].objects() if node["files"] else ():
        name = each["name"].text()
        link = each["link"].value
        if not isinstance(link, str) or link not in links:
            each["link"].refuse("'input' or 'output'")
        elif name is not None:
            links[link].append(each["name"])
            _note_file(name, each, files, notes)
    return links["input"], links["output"]


def _note_file(name: str, node: Node, files: dict[str, FileEntry], notes: list[str]) -> None:
    size = _first(node, "sizeInBytes", "size")
    rest = _without(node.value, "name", "link", "sizeInBytes", "size")
    first = files.setdefault(name, FileEntry(name, node, size, rest)).size
    if size.value != first.value:
        notes.append(f"file {name!r} has {size.value!r} bytes at {size.path}: taken as {first.value!r}")


# ---- both


def function_of(label: str, specification: Mapping[str, Any], run: Mapping[str, Any]) -> str:
    """The code a task runs: its category, else its program if that is one word, else its name's stem."""
    for category in (run.get("category"), specification.get("category")):
        if isinstance(category, str) and category:
            return category
    command = run.get("command", specification.get("command"))
    program = command.get("program") if isinstance(command, dict) else None
    if isinstance(program, str) and program and not any(map(str.isspace, program)):
        return program
    return _NUMBER_AT_END.sub("", label) or label


def _first(node: Node, *keys: str) -> Node:
    """The first member there is; the first of the missing where there is none."""
    return next((node[key] for key in keys if node[key]), node[keys[0]])


def _without(members: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in members.items() if key not in keys}
