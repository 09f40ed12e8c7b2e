"""What a call of a task returns: no value yet, but a node of the workflow to be."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import update_wrapper
from itertools import count
from typing import Any, NoReturn, TypeAlias

from workloads.columns import MOST, is_figure, whole_bytes
from workloads.errors import Fault, refuse_if

_serials = count()

STDOUT = "stdout"
"""The output of a command that is not a file."""
VALUE = ""
"""The only output of a Python function."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is said of a task beside what it does."""

    memory_mb: float = 0.0
    """The least memory it needs; 0 is anything."""
    timeout_s: float | None = None
    expected_s: float | None = None
    """CPU seconds; None is unknown."""
    output_bytes: int | None = None
    """Size of each output; None is unknown."""

    def refuse_faults(self, where: str) -> None:
        """Raise InvalidInput with all that is wrong."""
        refuse_if(self._faults(where))

    def _faults(self, where: str) -> Iterator[Fault]:
        if not (is_figure(self.memory_mb) and 0 <= self.memory_mb <= MOST):
            yield Fault(where, "memory_mb", self.memory_mb, f"MB from 0 to {MOST:g}")
        if self.timeout_s is not None and not (is_figure(self.timeout_s) and 0 < self.timeout_s <= MOST):
            yield Fault(where, "timeout_s", self.timeout_s, f"seconds above 0, at most {MOST:g}, or None")
        if self.expected_s is not None and not (is_figure(self.expected_s) and 0 <= self.expected_s <= MOST):
            yield Fault(where, "expected_s", self.expected_s, f"CPU seconds from 0 to {MOST:g}, or None")
        if self.output_bytes is not None and whole_bytes(self.output_bytes) is None:
            yield Fault(where, "output_bytes", self.output_bytes, "whole bytes ≥ 0, or None")


@dataclass(frozen=True, eq=False)
class FunctionCall:
    """A Python function with its arguments, in which nodes may be."""

    function: Callable[..., Any]
    args: tuple[object, ...]
    kwargs: Mapping[str, object]


@dataclass(frozen=True, eq=False)
class ProgramCall:
    """A program with its arguments: texts, or nodes whose value as text stands there."""

    argv: tuple[object, ...]
    stdin: object = None
    """A node, or bytes; None is an empty input."""
    files: Mapping[str, object] = field(default_factory=dict)
    """Nodes or bytes by the name of the file."""
    environment: Mapping[str, str] = field(default_factory=dict)


Doing: TypeAlias = FunctionCall | ProgramCall


@dataclass(frozen=True, eq=False)
class Call:
    """A task to be."""

    label: str
    """The name of what is called."""
    does: Doing
    outputs: tuple[str, ...]
    wishes: Wishes
    serial: int = field(default_factory=lambda: next(_serials))
    """Calls are numbered in their order, in all programs of a process; only the order is of use."""


class Node:
    """The value that a task will have; to be given to other tasks, or to :func:`faascast.run`."""

    __slots__ = ("call", "output")

    def __init__(self, call: Call, output: str = VALUE) -> None:
        self.call = call
        self.output = output

    def __repr__(self) -> str:
        return f"<what {self.call.label} will return>"

    def _refuse(self, *_: object) -> NoReturn:
        told = f"{self!r} has no value before the workflow is run"
        raise TypeError(f"{told}; give it to another task, alone or in lists, tuples and dicts")

    # Else it would be true, and unpacking it would tell nothing of why it cannot be.
    __bool__ = __iter__ = __len__ = __getitem__ = __contains__ = __call__ = _refuse

    def __reduce__(self) -> NoReturn:
        told = f"{self!r} cannot be part of another value"
        raise TypeError(f"{told}; expected it as an argument of a task, alone or in lists, tuples and dicts")


class TaskFunction:
    """A function whose calls are tasks: they return a :class:`Node`, and run nothing.

    ``function`` is the function itself. Inside a running task, calling another one is an ordinary call.
    """

    def __init__(self, function: Callable[..., Any], label: str, wishes: Wishes, signature: Any) -> None:
        self.function = function
        self.label = label
        self.wishes = wishes
        self._signature = signature
        update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> Node:
        """A node of the workflow; TypeError if the function does not take such arguments."""
        if self._signature is not None:
            try:
                self._signature.bind(*args, **kwargs)
            except TypeError as error:
                raise TypeError(f"{self.label}{self._signature}: {error}") from None
        return Node(Call(self.label, FunctionCall(self.function, args, kwargs), (VALUE,), self.wishes))

    def __reduce__(self) -> tuple[Any, ...]:
        # A worker gets the function: it knows neither workflows nor this module.
        return operator.itemgetter(0), ((self.function,),)

    def __repr__(self) -> str:
        return f"<task {self.label}>"
