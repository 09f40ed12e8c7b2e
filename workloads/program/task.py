"""``@task``: functions whose calls make a workflow."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, overload

from workloads.errors import Fault, InvalidInput
from workloads.program.node import TaskFunction, Wishes


@overload
def task(function: Callable[..., Any], /) -> TaskFunction: ...
@overload
def task(
    *,
    memory_mb: float = 0.0,
    name: str | None = None,
    timeout_s: float | None = None,
    expected_s: float | None = None,
    output_bytes: int | None = None,
) -> Callable[[Callable[..., Any]], TaskFunction]: ...
def task(
    function: Callable[..., Any] | None = None,
    /,
    *,
    memory_mb: float = 0.0,
    name: str | None = None,
    timeout_s: float | None = None,
    expected_s: float | None = None,
    output_bytes: int | None = None,
) -> TaskFunction | Callable[[Callable[..., Any]], TaskFunction]:
    """Make the calls of a function tasks: ``@task`` or ``@task(memory_mb=512)``.

    A call runs nothing; it returns a node, which is an argument for other tasks, alone or at any depth of lists,
    tuples and dicts. Other arguments are read when the workflow is put together, not when the function is called:
    do not change a list or an array in between. What takes 10 kB or more is put into the store, once however many
    tasks read it; each task gets a copy of its own.

    ``memory_mb`` is the least memory the task needs, ``name`` what its tasks are called (``name-0``, ``name-1``, …;
    by default the function's), ``timeout_s`` after how many seconds it has failed. ``expected_s`` (CPU seconds) and
    ``output_bytes`` help planners; unknown ones are assumed, and the assumption is told, or learned from earlier runs.
    Raises InvalidInput for what cannot be a task.
    """
    wishes = Wishes(memory_mb, timeout_s, expected_s, output_bytes)

    def made(called: Callable[..., Any]) -> TaskFunction:
        label = getattr(called, "__name__", type(called).__name__) if name is None else name
        _refuse_odd(called, label)
        wishes.refuse_faults(f"task {label!r}")
        return TaskFunction(called, label, wishes, _signature(called))

    return made if function is None else made(function)


def _refuse_odd(called: object, label: object) -> None:
    if isinstance(called, TaskFunction):
        raise InvalidInput([Fault("task", "function", called, "a function that is no task yet")])
    if not callable(called):
        raise InvalidInput([Fault("task", "function", called, "a function")])
    if not isinstance(label, str) or not label:
        raise InvalidInput([Fault("task", "name", label, "a name")])
    if inspect.iscoroutinefunction(called) or inspect.isasyncgenfunction(called):
        raise InvalidInput([Fault(f"task {label!r}", "function", called, "a function that is not async")])


def _signature(called: Callable[..., Any]) -> inspect.Signature | None:
    try:
        return inspect.signature(called)
    except (TypeError, ValueError):  # some built-in functions have none
        return None
