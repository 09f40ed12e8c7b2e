"""What a task does when it is really run: a Python function, a command, or burning what was recorded.

Bodies are plain data about one task; data objects are named by their numbers in the workflow. How they reach a
worker is the executor's business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from workloads.demand import Curve, Demand, demand_on_curve


@dataclass(frozen=True, slots=True)
class Reference:
    """Stands for the value of a data object, at any depth of the arguments."""

    object: int
    """Its number in the workflow."""


@dataclass(frozen=True, slots=True)
class Filler:
    """The value of a data object of which only the size is known: any bytes that take so much room in the store."""

    bytes: int

    @property
    def length(self) -> int:
        """Of the value: a store begins what is not empty with a byte that says how it is to be read."""
        return max(0, self.bytes - 1)


@dataclass(frozen=True, eq=False)
class PythonBody:
    """A call of a Python function."""

    function: Callable[..., Any]
    args: tuple[object, ...] = ()
    """With a :class:`Reference` wherever the value of a data object belongs."""
    kwargs: Mapping[str, object] = field(default_factory=dict)
    outputs: tuple[int, ...] = ()
    """With one data object, what the function returns is its value; with several, it returns as many.

    A generator's value are the pieces of bytes that it yields, together.
    """
    timeout_s: float | None = None
    """After so many seconds the task has failed; None is never."""
    items: tuple[int, ...] = ()
    """Of a map node's splitter: what it returns is a list, and these are its items, as many as there are."""


class Unmade(LookupError):  # noqa: N818 (nothing is wrong)
    """A data object is not made in this run: its lane of a map node is void."""


@dataclass(frozen=True, slots=True)
class ListReference:
    """Stands for a list of the values of data objects, but for those that a run does not make (void lanes)."""

    objects: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class CommandBody:
    """A program with its arguments, run without a shell in an empty folder of its own.

    It has failed unless it ends with exit code 0 and has written every file that it is to. What it makes are bytes;
    what it reads are bytes, texts or numbers, the latter as text.
    """

    argv: tuple[str | Reference, ...]
    """The program and its arguments: texts, or a data object whose value as text stands there."""
    stdin: int | None = None
    """The data object that it reads from its standard input; None is an empty one."""
    stdout: int | None = None
    """The data object whose value is its standard output; without one that is let go."""
    files_in: tuple[tuple[int, str], ...] = ()
    """Data objects, and names of the files in which it finds them."""
    files_out: tuple[tuple[str, int], ...] = ()
    """Names of the files that it writes, and the data objects whose values these are."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables besides those that are set anyway."""
    timeout_s: float | None = None
    """After so many seconds the task has failed; None is never."""


@dataclass(frozen=True, slots=True)
class BurnBody:
    """Nothing is computed: a recorded time is spent and recorded bytes are made.

    First ``io_s`` of sleep, then ``cpu_s`` of CPU time, on up to ``parallelism`` vCPUs at once; or, with a
    ``curve``, the CPU time that takes the curve's time at the worker's memory.
    """

    io_s: float
    cpu_s: float
    parallelism: float = 1.0
    outputs: tuple[tuple[int, int], ...] = ()
    """Data objects and their sizes in bytes."""
    curve: Curve | None = None
    """Instead of ``io_s`` and ``cpu_s``, which are then 0."""
    width: int | None = None
    """Of a map node's splitter: how many lanes run."""

    def demand(self, memory_mb: float, vcpus: float) -> Demand:
        """What is to be spent on a worker of so much memory with so many vCPUs > 0."""
        if self.curve is None:
            return Demand(self.io_s, self.cpu_s, self.parallelism)
        return demand_on_curve(self.curve, self.parallelism, memory_mb, vcpus)


Body: TypeAlias = PythonBody | CommandBody | BurnBody
