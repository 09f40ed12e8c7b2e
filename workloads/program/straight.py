"""Carrying a program out the plain way: task after task in this process, to compare results with."""

from __future__ import annotations

import os
import pickle
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import GeneratorType
from typing import Any

import cloudpickle

from workloads.program.bodies import Body, BurnBody, CommandBody, Filler, PythonBody, Unmade
from workloads.program.mapped import items_of
from workloads.program.structure import with_values
from workloads.workflow import Workflow


def straight_values(workflow: Workflow, bodies: Sequence[Body], given: Mapping[int, object]) -> dict[int, object]:
    """The value of every data object, by number.

    As on workers, each reader gets a copy of its own, so that no task sees what another does to its arguments.
    """
    stored = {number: _stored(value) for number, value in given.items()}

    def value_of(number: int) -> object:
        if number not in stored:
            raise Unmade(workflow.object_names[number])
        return pickle.loads(stored[number])  # written by this very process

    widths: dict[int, int] = {}
    for task in workflow.topological_order.tolist():
        splitter, index = workflow.lane_of.get(task, (-1, -1))
        if index < widths.get(splitter, 0):
            made = dict(_made(bodies[task], value_of))
            stored |= {number: _stored(value) for number, value in made.items()}
            widths[task] = _width(bodies[task], made)
    return {number: value_of(number) for number in stored}


def _width(body: Body, made: Mapping[int, object]) -> int:
    """How many lanes of its map node a task's end lets run, if it is a splitter."""
    if isinstance(body, BurnBody):
        return body.width or 0
    return sum(number in made for number in body.items) if isinstance(body, PythonBody) else 0


def _stored(value: object) -> bytes:
    # By value what is defined in a script or inside a function, as it is sent to workers.
    return bytes(cloudpickle.dumps(bytes(value.length) if isinstance(value, Filler) else value))


def _made(body: Body, value_of: Callable[[int], object]) -> Iterator[tuple[int, object]]:
    """The outputs of a task and their values."""
    match body:
        case PythonBody(function, args, kwargs, outputs, items=items):
            positional: Any = with_values(args, value_of)
            named: Any = with_values(dict(kwargs), value_of)
            value = function(*positional, **named)
            value = b"".join(value) if isinstance(value, GeneratorType) else value
            yield from zip(items, items_of(value, len(items)) if items else (), strict=False)
            yield from zip(outputs, [value] if items or len(outputs) == 1 else value, strict=len(outputs) > 0)
        case CommandBody():
            yield from _ran(body, value_of)
        case BurnBody(outputs=sizes):
            yield from ((number, Filler(n_bytes)) for number, n_bytes in sizes)


def _ran(body: CommandBody, value_of: Callable[[int], object]) -> Iterator[tuple[int, object]]:
    argv = [word if isinstance(word, str) else _text(value_of(word.object)).decode() for word in body.argv]
    sent = b"" if body.stdin is None else _text(value_of(body.stdin))
    with TemporaryDirectory(prefix="faascast-") as folder:
        for number, name in body.files_in:
            (Path(folder) / name).write_bytes(_text(value_of(number)))
        done = subprocess.run(
            argv,
            cwd=folder,
            env=os.environ | dict(body.environment),
            input=sent,
            stdout=subprocess.PIPE,
            timeout=body.timeout_s,
            check=True,
        )
        if body.stdout is not None:
            yield body.stdout, done.stdout
        for name, number in body.files_out:
            yield number, (Path(folder) / name).read_bytes()


def _text(value: object) -> bytes:
    """What a program reads of a value."""
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    if isinstance(value, str | int | float):
        return str(value).encode()
    raise TypeError(f"a program reads bytes, text or a number, and this is a {type(value).__name__}")
