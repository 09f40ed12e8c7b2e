"""From a WfFormat file to a workflow; everything wrong with the file is reported at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from workloads.builder import WorkflowBuilder
from workloads.draft import Kind
from workloads.errors import InvalidInput, refuse_if
from workloads.files import read_json
from workloads.fill import REFUSE, FillRules
from workloads.wfformat.layouts import (
    EXTENSION,
    Entries,
    FileEntry,
    TaskEntry,
    entries_of_1_4,
    entries_of_1_5,
)
from workloads.wfformat.node import Document, Node
from workloads.wfformat.recorded import BYTES_PER_MB, NEUTRAL, told_demand
from workloads.width import EXPECTED, read_width
from workloads.workflow import Workflow

LAYOUTS: dict[str, Callable[[Node], Entries]] = {
    "1.4": entries_of_1_4,
    "1.5": entries_of_1_5,
    "1.6": entries_of_1_5,
}

_INTERPRETED = ("name", "schemaVersion", "workflow", EXTENSION)


def read_wfformat(path: Path | str, *, fill: FillRules = REFUSE) -> Workflow:
    """Read a WfFormat file of version 1.4, 1.5 or 1.6.

    A task's name is its id (in 1.4 its name); the function it runs is its category, else its program
    if that is one word, else its name without the number at the end. A recorded run time becomes a
    compute demand by :func:`~workloads.wfformat.recorded.recorded_demand`, recorded memory a floor.
    Edges are those of the files and those declared by either end. The rest is kept as metadata.

    Raises :class:`InvalidInput` with every fault: the file, the path of the field, the value, and what
    was expected. Unknown sizes and run times are refused unless ``fill`` says how to fill them.
    """
    document = Document(str(path), read_json(path, "JSON"))
    root = document.root
    version = root["schemaVersion"] if root.mapping() is root.value else root
    if not isinstance(version.value, str) or version.value not in LAYOUTS:
        version.refuse(f"a version among {', '.join(LAYOUTS)}")
        raise InvalidInput(document.faults)
    name = root["name"].text() or "?"
    return _Reading(document, LAYOUTS[version.value](root["workflow"]), name, fill).workflow()


class _Reading:
    """One file on its way into a builder."""

    def __init__(self, document: Document, entries: Entries, name: str, fill: FillRules) -> None:
        self.document = document
        self.entries = entries
        self.files = [*entries.files, *_undeclared(document, entries)]
        # Without any execution every run time is missing: one fault says it, not one a task.
        self.lacking = entries.lacking if fill.cpu_s is None else None
        metadata = {"wfformat": _metadata(document.root.value, entries, self.files)}
        self.maps: list[Node] = []
        self.builder = WorkflowBuilder(name, fill=fill, metadata=metadata, where=document.where, locate=self._locate)

    def workflow(self) -> Workflow:
        for file in self.files:
            self.builder.add_object(file.name, file.size.value if file.size else None)
        parents = self._parents()
        for task in self.entries.tasks:
            self._add_task(task, parents[task.name])
        if self.lacking is not None:
            self.lacking.refuse("recorded run times, or a rule to fill them")
        for assumption in self._assumptions():
            self.builder.assume(assumption)
        for node in self.document.root[EXTENSION]["wanted"].texts():
            self.builder.want(node.value)
        for node in maps.objects() if (maps := self.document.root[EXTENSION]["maps"]) else ():
            self._add_map(node)
        try:
            workflow = self.builder.build()
        except InvalidInput as invalid:
            raise InvalidInput((*self.document.faults, *invalid.faults)) from None
        refuse_if(self.document.faults)
        return workflow

    def _add_task(self, task: TaskEntry, parents: dict[str, None]) -> None:
        called = self.entries.file_called
        told = told_demand(task)
        self.builder.add_task(
            task.name,
            function=task.function,
            inputs=[called.get(node.value, node.value) for node in task.inputs],
            outputs=[called.get(node.value, node.value) for node in task.outputs],
            memory_mb=(task.memory_bytes.figure(0, "bytes") or 0.0) / BYTES_PER_MB,
            after=parents,
            **(NEUTRAL if self.lacking is not None and not told else told),
        )

    def _add_map(self, node: Node) -> None:
        name, splitter, width = (node[key].text() for key in ("name", "splitter", "width"))
        lanes = [[task.value for task in lane.texts()] for lane in node["lanes"].elements()]
        try:
            told = read_width(width)
        except InvalidInput:
            if width:
                node["width"].refuse(EXPECTED)
        else:
            self.maps.append(node)
            self.builder.add_map(name or "?", splitter=splitter or "?", lanes=lanes, width=told)

    # ---- edges

    def _parents(self) -> dict[str, dict[str, None]]:
        """The declared parents of each task, in order; notes edges that only one end declares."""
        by_child = {(p, task.name): None for task in self.entries.tasks for p in self._tasks(task, "parents")}
        by_parent = {(task.name, c): None for task in self.entries.tasks for c in self._tasks(task, "children")}
        if self.entries.edges_at_both_ends:
            one_end = [edge for edge in (by_child | by_parent) if edge not in by_child or edge not in by_parent]
            self._note_one_end(one_end)
        parents: dict[str, dict[str, None]] = {task.name: {} for task in self.entries.tasks}
        for parent, child in by_child | by_parent:
            parents[child][parent] = None
        return parents

    def _tasks(self, task: TaskEntry, key: str) -> Iterator[str]:
        """The tasks that one task refers to as its parents or children."""
        for node in task.node[key].texts():
            name = self.entries.task_called.get(node.value)
            if name is None:
                node.refuse("a task of the file")
            else:
                yield name

    def _note_one_end(self, edges: list[tuple[str, str]]) -> None:
        if edges:
            shown = ", ".join(f"{parent} → {child}" for parent, child in edges[:3])
            more = ", …" if len(edges) > 3 else ""
            self.entries.notes.append(f"{len(edges)} edges declared by one end only are edges: {shown}{more}")

    # ---- what was assumed, and where things stand

    def _assumptions(self) -> Iterator[str]:
        yield from self.entries.notes
        told = self.document.root[EXTENSION]["assumptions"]
        yield from (node.value for node in told.texts())
        recorded = [task for task in self.entries.tasks if not task.extension and task.runtime_s]
        without_cpu = sum(task.avg_cpu.is_unknown for task in recorded)
        if without_cpu:
            yield f"run time taken as CPU work where avgCPU was not recorded: {without_cpu} tasks"
        without_memory = sum(task.memory_bytes.is_unknown for task in recorded)
        if without_memory:
            yield f"no memory floor where memoryInBytes was not recorded: {without_memory} tasks"

    def _locate(self, kind: Kind, index: int, part: str, position: int | None = None) -> str:
        """Where in the file the builder's fault stands."""
        if kind == "maps":
            place = self.maps[index][part].path
            return place if position is None else f"{place}[{position}]"
        if kind == "objects":
            file = self.files[index]
            return file.size.path if part == "bytes" else file.node[self.entries.name_key].path
        task = self.entries.tasks[index]
        if part in ("io_s", "cpu_s"):
            return task.runtime_s.path
        if part in ("inputs", "outputs") and position is not None:
            return (task.inputs if part == "inputs" else task.outputs)[position].path
        return task.node[self.entries.name_key if part == "name" else part].path


def _undeclared(document: Document, entries: Entries) -> Iterator[FileEntry]:
    """Files that tasks name and the file list does not: their size is unknown."""
    listed = document.root["workflow"]["specification"]["files"]
    named = {node.value: None for task in entries.tasks for node in (*task.inputs, *task.outputs)}
    for name in named:
        if name not in entries.file_called:
            node = listed.absent(name)
            yield FileEntry(name, node, node["sizeInBytes"], {})


def _metadata(document: dict[str, Any], entries: Entries, files: list[FileEntry]) -> dict[str, Any]:
    """What the writer needs to give back what we do not interpret."""
    header = {key: document[key] for key in document if key not in _INTERPRETED}
    if "wms" in header:
        header["runtimeSystem"] = header.pop("wms")
    tasks = {task.name: {"specification": task.specification, "execution": task.execution} for task in entries.tasks}
    return {
        "header": header,
        **entries.rest,
        "tasks": tasks,
        "files": {f.name: f.rest for f in files if f.rest},
    }
