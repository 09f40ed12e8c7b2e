"""The code of a run's tasks, as an instance has it: read once, unpickled function by function when one is run."""

import pickle
from collections.abc import Callable
from threading import Lock
from typing import Any

from msgspec import Raw, Struct, msgpack

from . import brief
from .bundle import AnyBody


class _Packed(Struct, frozen=True, gc=False, array_like=True):
    """A `executor.instance.bundle.Bundle` of which nothing is decoded."""

    functions: tuple[Raw, ...]
    tasks: tuple[Raw, ...]


class Code:
    """What the tasks of a run do. Any thread may ask."""

    def __init__(self, run: str) -> None:
        """RunError: the run's folder has no code, or none that may be trusted."""
        self._packed = brief.read(run, brief.CODE, _Packed)
        self._decoder = msgpack.Decoder(AnyBody)
        self._functions: dict[int, Callable[..., Any]] = {}
        self._loading = Lock()

    def body(self, task: int) -> AnyBody:
        """What a task does. IndexError, DecodeError: the code is not this run's."""
        body: AnyBody = self._decoder.decode(self._packed.tasks[task])
        return body

    def function(self, index: int) -> Callable[..., Any]:
        """A function; the same each time. Raises whatever loading it raises."""
        with self._loading:
            if index not in self._functions:
                packed = msgpack.decode(self._packed.functions[index], type=bytes)
                self._functions[index] = pickle.loads(packed)
            return self._functions[index]
