"""Plans as JSON files, by names: to be read and edited without counting tasks.

    {
      "schema_version": 1,
      "planner": "heft",
      "workflow": {"name": "montage", "fingerprint": "…"},
      "workers": [{"name": "w0", "memory_mb": 1769, "hold": true}],
      "flexible_mb": null,
      "tasks": {"project-0": {"worker": "w0", "priority": 0}},
      "prewarms": [{"memory_mb": 1769, "at_s": 0.0, "count": 1}],
      "orders": {"preload": ["add-0"]},
      "notes": [],
      "estimated_makespan_s": 12.5
    }

A task's worker is null if it is flexible.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec

from planners.check import shape_faults
from planners.orders import NO_ORDERS, Orders
from planners.orders_file import orders_by_name, orders_by_number
from planners.parameters import among
from planners.plan import Plan, PlannedWorker, Prewarm
from workloads import MISSING, Fault, InvalidInput, Workflow
from workloads.errors import refuse_if
from workloads.files import read_json

SCHEMA_VERSION = 1

_REQUIRED = frozenset({"planner", "workflow", "workers", "tasks"})

T = TypeVar("T")


class _Workflow(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    fingerprint: str


class _Task(msgspec.Struct, forbid_unknown_fields=True):
    worker: str | None
    priority: Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]


def write_plan(plan: Plan, workflow: Workflow, path: Path | str) -> None:
    """Write a plan of `workflow`; InvalidInput if it is not one, and so cannot be told by names."""
    document = msgspec.json.encode(plan_document(plan, workflow))
    Path(path).write_bytes(msgspec.json.format(document, indent=2) + b"\n")


def plan_document(plan: Plan, workflow: Workflow) -> dict[str, Any]:
    """What a plan's file holds, as plain data; InvalidInput if it is no plan of `workflow`."""
    refuse_if(shape_faults(plan, workflow))
    document = {
        "schema_version": SCHEMA_VERSION,
        "planner": plan.planner,
        "workflow": _Workflow(workflow.name, plan.workflow),
        "workers": plan.workers,
        "flexible_mb": plan.flexible_mb,
        "tasks": dict(zip(workflow.task_names, _tasks(plan), strict=True)),
        "prewarms": plan.prewarms,
        "orders": orders_by_name(plan.orders, workflow.task_names, [worker.name for worker in plan.workers]),
        "notes": plan.notes,
        "estimated_makespan_s": plan.estimated_makespan_s,
    }
    built: dict[str, Any] = msgspec.to_builtins(document)
    return built


def read_plan(path: Path | str, workflow: Workflow) -> Plan:
    """Read a plan of `workflow`; InvalidInput lists everything that cannot be understood.

    Whether it can be run is for `check_plan` to say.
    """
    document = _document(Path(path))
    refuse_if(_of_another(str(path), document, workflow))
    reader = _Reader(str(path), document)
    plan = reader.plan(workflow)
    refuse_if(reader.faults)
    return plan


def _tasks(plan: Plan) -> Iterator[_Task]:
    for worker, priority in zip(plan.assignment, plan.priority, strict=True):
        yield _Task(None if worker is None else plan.workers[worker].name, priority)


def _document(path: Path) -> dict[str, Any]:
    """The file's top-level object, of the version that is read here."""
    document = read_json(path, "a JSON file with a plan")
    if not isinstance(document, dict):
        raise InvalidInput([Fault(str(path), "", document, "a JSON object with a plan")])
    version = document.pop("schema_version", MISSING)
    if version != SCHEMA_VERSION:
        raise InvalidInput([Fault(str(path), "schema_version", version, str(SCHEMA_VERSION))])
    return document


def _of_another(where: str, document: dict[str, Any], workflow: Workflow) -> Iterator[Fault]:
    """One fault, instead of one for each task of two workflows, where none of the tasks is the workflow's."""
    tasks, told = document.get("tasks"), document.get("workflow")
    name = told.get("name") if isinstance(told, dict) else None
    if name and isinstance(tasks, dict) and tasks and tasks.keys().isdisjoint(workflow.task_names):
        yield Fault(where, "workflow.name", name, f"{workflow.name!r}, for the plan has none of its tasks")


class _Reader:
    """Takes a document apart piece by piece, so that one fault does not hide the next."""

    def __init__(self, where: str, document: dict[str, Any]) -> None:
        self.faults: list[Fault] = []
        self._where = where
        self._document = document

    def plan(self, workflow: Workflow) -> Plan:
        """The plan; of use only if there are no faults."""
        workers = self._list("workers", PlannedWorker)
        tasks = self._tasks(workflow, {worker.name: i for i, worker in enumerate(workers)})
        plan = Plan(
            planner=self._field("planner", str, ""),
            workflow=self._field("workflow", _Workflow, _Workflow("", "")).fingerprint,
            workers=workers,
            assignment=tuple(worker for worker, _ in tasks),
            flexible_mb=self._field("flexible_mb", int | None, None),
            priority=tuple(priority for _, priority in tasks),
            prewarms=self._list("prewarms", Prewarm),
            orders=self._orders(workflow, {worker.name: i for i, worker in enumerate(workers)}),
            notes=self._list("notes", str),
            estimated_makespan_s=self._field("estimated_makespan_s", float | None, None),
        )
        for field, value in self._document.items():
            self._fault(field, value, "no such field")
        return plan

    def _tasks(self, workflow: Workflow, workers: dict[str, int]) -> list[tuple[int | None, int]]:
        """Per task of the workflow its worker and priority."""
        entries: dict[str, object] = self._field("tasks", dict[str, Any], {})
        read = [self._task(name, entries.pop(name, MISSING), workers) for name in workflow.task_names]
        for name, entry in entries.items():
            self._fault(f"tasks[{name!r}]", entry, f"a task of workflow {workflow.name!r}")
        return read

    def _task(self, name: str, entry: object, workers: dict[str, int]) -> tuple[int | None, int]:
        field = f"tasks[{name!r}]"
        if entry is MISSING:
            self._fault(field, entry, "its worker and priority")
            return None, 0
        task = self._converted(field, entry, _Task, _Task(None, 0))
        if task.worker is None:
            return None, task.priority
        if task.worker not in workers:
            self._fault(f"{field}.worker", task.worker, among(task.worker, workers))
        return workers.get(task.worker), task.priority

    def _orders(self, workflow: Workflow, workers: dict[str, int]) -> Orders:
        """Orders by number; names that are none of the workflow's or plan's are faults."""
        document = self._field("orders", dict[str, Any], {})
        tasks = {name: i for i, name in enumerate(workflow.task_names)} if document else {}
        numbered = orders_by_number(document, tasks, workers, self._fault)
        orders: Orders = self._converted("orders", numbered, Orders, NO_ORDERS, shown=document)
        return orders

    def _list(self, field: str, kind: type[T]) -> tuple[T, ...]:
        items: list[object] = self._field(field, list[Any], [])
        read = [self._converted(f"{field}[{i}]", item, kind, None) for i, item in enumerate(items)]
        return tuple(item for item in read if item is not None)

    def _field(self, field: str, kind: Any, otherwise: Any) -> Any:
        value = self._document.pop(field, MISSING)
        if value is not MISSING:
            return self._converted(field, value, kind, otherwise)
        if field in _REQUIRED:
            self._fault(field, MISSING, "a value")
        return otherwise

    def _converted(self, field: str, value: object, kind: Any, otherwise: Any, shown: object = None) -> Any:
        """`value` as a `kind`; `otherwise`, and a fault, if it is none. `shown` is what the user wrote, if not that."""
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            message, _, inside = str(error).partition(" - at `$")
            path = inside.rstrip("`")
            self._fault(f"{field}{path}", _at(value if shown is None else shown, path), _expected(message))
            return otherwise

    def _fault(self, field: str, value: object, expected: str) -> None:
        self.faults.append(Fault(self._where, field, value, expected))


def _at(document: Any, path: str) -> object:
    """What stands at a path such as `.backup[0].after_s`; the whole where the path does not say."""
    if "[...]" in path:
        return document
    for name, place in re.findall(r"\.(\w+)|\[(\d+)\]", path):
        document = document[name] if name else document[int(place)]
    return document


def _expected(message: str) -> str:
    """What msgspec's message says was expected, as a noun phrase."""
    for form, phrase in _PHRASES.items():
        found = re.fullmatch(form, message)
        if found:
            return phrase.format(*found.groups())
    return message


_PHRASES = {
    "Expected (.*), got (.*)": "{0}, not {1}",
    "Object missing required field (.*)": "an object with field {0}",
    "Object contains unknown field (.*)": "an object without field {0}",
}
