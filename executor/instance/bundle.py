"""The bundle: what the tasks of a run do, as bytes. An instance unpickles of it what it runs, when it does.

Data objects are named by their numbers in the view. What is unpickled is the user's own: a bundle is read from a run's
folder, which nobody else can write (`executor.instance.brief`).
"""

from typing import TypeAlias

from msgspec import Struct

Word: TypeAlias = str | int
"""A word of a command: a text, or the number of an object whose text (or number) stands there."""


class Body(Struct, frozen=True, gc=False, tag=True, array_like=True):
    """What one task does."""


class PythonTask(Body, frozen=True, gc=False):
    """Calls a function.

    ``arguments`` is a pickle of ``(args, kwargs)``, in which an input is a persistent id: the object's number, or
    ``(number, index)`` for one item of what it holds, or ``((number, …), "list")`` for a list of those of several that
    there are. With ``items``, it returns a list of at most so many values, and each is one of these objects, as far as
    the list goes; a map node runs as many lanes. With one output, what the function returns is that; with
    several, it returns as many, in their order; with none, what it returns is let go. A generator function has one
    output: it yields pieces of bytes, which are put as they come if the object is streamed.
    """

    function: int
    """Index into ``Bundle.functions``."""
    arguments: bytes
    outputs: tuple[int, ...]
    timeout_s: float | None = None
    items: tuple[int, ...] = ()


class CommandTask(Body, frozen=True, gc=False):
    """Runs a program in an empty folder of its own; another exit code than 0 is a failure.

    Inputs that it reads hold bytes or text; what it makes are bytes. ``files_in`` are (object, name) and are written
    before it runs, ``files_out`` (name, object) and must be there afterwards; names are relative to the folder.
    ``stdin`` and ``stdout`` are objects; without them it reads nothing, and what it prints is let go.
    """

    words: tuple[Word, ...]
    stdin: int | None = None
    stdout: int | None = None
    files_in: tuple[tuple[int, str], ...] = ()
    files_out: tuple[tuple[str, int], ...] = ()
    environment: dict[str, str] = {}
    """Beside what the instance has."""
    timeout_s: float | None = None


class BurnTask(Body, frozen=True, gc=False):
    """Does nothing for ``io_s``, then uses ``cpu_s`` of CPU time, at most ``parallelism`` CPUs at once.

    ``outputs`` are (object, bytes); what they hold repeats the object's number. ``width`` is told of a map node's
    splitter: how many lanes run.
    """

    io_s: float
    cpu_s: float
    parallelism: float
    outputs: tuple[tuple[int, int], ...]
    timeout_s: float | None = None
    width: int | None = None


AnyBody: TypeAlias = PythonTask | CommandTask | BurnTask


class Bundle(Struct, frozen=True, gc=False, array_like=True):
    """What all tasks of a run do, by task number; ``functions`` are pickles (of cloudpickle where need be)."""

    functions: tuple[bytes, ...]
    tasks: tuple[AnyBody, ...]
