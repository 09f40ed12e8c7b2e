"""Packing: what a program's tasks do, as the bytes that instances read.

A function is pickled once, however many tasks call it: by reference if it is in a module that an instance can import,
by value if it is in the main program, inside another function, or one of the built-in workflows', so that no instance
imports more of faascast than it needs.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final

import cloudpickle

from executor.instance.bundle import AnyBody, Bundle, BurnTask, CommandTask, PythonTask
from planners.plan import Plan
from platforms import Platform
from workloads.errors import Fault, InvalidInput
from workloads.program import BurnBody, CommandBody, ListReference, Program, PythonBody, Reference

_PROTOCOL: Final = 5
_OURS: Final = ("workloads", "faascast", "planners", "platforms", "optimizations", "sim", "tests")


def pack(program: Program, plan: Plan, platform: Platform) -> Bundle:
    """The bundle of a program under a plan. InvalidInput: something in it cannot be pickled."""
    packer = _Packer(program, plan, platform)
    tasks = tuple(packer.task(number) for number in range(program.workflow.n_tasks))
    return Bundle(tuple(packer.functions), tasks)


class _Packer:
    """Packs task after task; functions are numbered as they come."""

    def __init__(self, program: Program, plan: Plan, platform: Platform) -> None:
        self._program = program
        self._plan = plan
        self._platform = platform
        self._numbers: dict[Callable[..., Any], int] = {}
        self.functions: list[bytes] = []

    def task(self, number: int) -> AnyBody:
        """What one task does."""
        body = self._program.bodies[number]
        if isinstance(body, PythonBody):
            function, arguments = self._function(number, body), self._arguments(number, body)
            return PythonTask(function, arguments, body.outputs, body.timeout_s, body.items)
        if isinstance(body, CommandBody):
            words = tuple(word.object if isinstance(word, Reference) else word for word in body.argv)
            return CommandTask(
                words, body.stdin, body.stdout, body.files_in, body.files_out, dict(body.environment), body.timeout_s
            )
        demand = self._demand(number, body)
        return BurnTask(demand.io_s, demand.cpu_s, demand.parallelism, body.outputs, width=body.width)

    def _demand(self, number: int, body: BurnBody) -> Any:
        """What burns depends on where it is to run, if only a curve is known."""
        worker = self._plan.assignment[number]
        flexible_mb = self._plan.flexible_mb or self._platform.sizes.default_mb
        memory_mb = flexible_mb if worker is None else self._plan.workers[worker].memory_mb
        return body.demand(memory_mb, self._platform.vcpus(memory_mb))

    def _function(self, number: int, body: PythonBody) -> int:
        try:
            known = self._numbers.setdefault(body.function, len(self.functions))
        except TypeError:  # an object that can be called, and is not hashable
            known = len(self.functions)
        if known == len(self.functions):
            self.functions.append(self._dumped(number, "its function", body.function))
        return known

    def _arguments(self, number: int, body: PythonBody) -> bytes:
        return self._dumped(number, "its arguments", (body.args, dict(body.kwargs)))

    def _dumped(self, number: int, what: str, value: object) -> bytes:
        try:
            return _dumps(value)
        except Exception as error:  # pickling runs the user's code, which may raise anything
            workflow = self._program.workflow
            raise InvalidInput(
                (Fault(workflow.name, f"task {workflow.task_names[number]}, {what}", type(value).__name__,
                       f"something that can be pickled ({type(error).__name__}: {error})"),)
            ) from error  # fmt: skip


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Objects of the workflow stand in arguments by number."""

    def persistent_id(self, value: object) -> object:
        """See `executor.instance.bundle.PythonTask`."""
        if isinstance(value, ListReference):
            return value.objects, "list"
        return value.object if isinstance(value, Reference) else None


def _dumps(value: object) -> bytes:
    written = io.BytesIO()
    with _by_value():
        _Pickler(written, _PROTOCOL).dump(value)
    return written.getvalue()


@contextmanager
def _by_value() -> Iterator[None]:
    """What is defined in our own modules is pickled as it is, not by its name."""
    registered: list[ModuleType] = []
    for name in _OURS:
        module = sys.modules.get(name)
        if module is not None and name not in cloudpickle.list_registry_pickle_by_value():
            cloudpickle.register_pickle_by_value(module)
            registered.append(module)
    try:
        yield
    finally:
        for module in registered:
            cloudpickle.unregister_pickle_by_value(module)
