"""What came of a replay, for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from executor.records.naming import worker_name
from executor.worker.instructions import CLIENT, AnyInstruction
from executor.worker.replay import Difference
from executor.worker.view import View
from planners.plan import Plan
from workloads import Workflow

_TASKS, _OBJECTS, _WORKERS = ("task", "parent"), ("object",), ("worker",)
_NAMED = {"tasks": "task", "ready": "", "ahead": "object", "kept": "object", "held": "task"}
"""Fields that hold several numbers, by what each stands for."""


class Names:
    """Names for the numbers in events and instructions."""

    def __init__(self, workflow: Workflow, plan: Plan, view: View) -> None:
        self._workflow = workflow
        self._plan = plan
        self._view = view

    def worker(self, number: int) -> str:
        """A worker's, or the client's."""
        return "client" if number == CLIENT else worker_name(self._workflow, self._plan, self._view, number)

    def told(self, what: Struct) -> str:
        """An event or instruction: its kind, and what it is about."""
        fields = [name for name in what.__struct_fields__ if name != "time_ns"]
        parts = [f"{name} {self._value(name, getattr(what, name))}" for name in fields]
        return f"{type(what).__name__}({', '.join(parts)})"

    def _value(self, field: str, value: Any) -> str:
        if isinstance(value, Struct):
            return self.told(value)
        if isinstance(value, tuple | list):
            return f"[{', '.join(self._value(_NAMED.get(field, field), each) for each in value)}]"
        if isinstance(value, int) and not isinstance(value, bool):
            return self._number(field, value)
        return repr(value) if isinstance(value, str) else str(value)

    def _number(self, field: str, number: int) -> str:
        if field in _TASKS and number >= 0:
            return self._workflow.task_names[number]
        if field in _OBJECTS and number >= 0:
            return self._workflow.object_names[number]
        return self.worker(number) if field in _WORKERS else str(number)


def replay_lines(difference: Difference | None, n_steps: int, n_machines: int, names: Names) -> Iterator[str]:
    """That there is no difference, or the first one."""
    if difference is None:
        yield f"no difference: {n_steps} steps of {n_machines} machines bring the recorded instructions again"
        return
    yield f"step {difference.step} of {n_steps} differs"
    yield f"worker    {names.worker(difference.worker)}, epoch {difference.epoch}"
    yield f"event     {names.told(difference.event)}, at {difference.event.time_ns} ns"
    yield from _wanted("recorded", difference.recorded, names)
    yield from _wanted("replayed", difference.replayed, names)


def _wanted(name: str, instructions: list[AnyInstruction] | str, names: Names) -> Iterator[str]:
    if isinstance(instructions, str):  # an error's words
        yield f"{name}  broke down: {instructions}"
        return
    told = [names.told(each) for each in instructions] or ["nothing"]
    yield f"{name}  {told[0]}"
    yield from (f"          {line}" for line in told[1:])
