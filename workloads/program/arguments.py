"""The arguments of one task: nodes and large constants become references to data objects."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import cloudpickle

from workloads.errors import Fault, InvalidInput
from workloads.program.bodies import Reference
from workloads.program.mapped import Lanes, nodes_in, reference_to
from workloads.program.node import Node

LARGE_BYTES = 10_000
"""Constants that take so many bytes as a pickle become data objects.

Smaller ones travel with the code, which every instance reads whole: a hundred of this size are a megabyte, some
1.3 ms of every start at the local store's 760 MB/s, while fetching one for itself costs a task a latency, .2 ms.
"""

_SMALL = (type(None), bool, int, float)


class Arguments:
    """Takes the arguments of one task in; ``reads`` gathers the data objects that they refer to, in order."""

    def __init__(self, where: str, number_of: Callable[[Node], int], give: Callable[[object, int], int]) -> None:
        """``number_of`` is the data object of a node, ``give`` makes one of a constant of so many bytes."""
        self.reads: dict[int, None] = {}
        self._where = where
        self._number_of = number_of
        self._give = give

    def taken(self, value: object, field: str) -> object:
        """The value with references; InvalidInput if some part of it cannot be pickled."""
        found, refers = self._gone_into(value, field)
        return found if refers else self._constant(value, field)

    def content(self, value: object) -> Reference:
        """A node's data object, or that of bytes, however few: a program reads data objects alone."""
        return self._read(self._number_of(value) if isinstance(value, Node) else self._given(value))

    def _given(self, value: object) -> int:
        return self._give(value, stored_bytes(value))

    def _read(self, number: int) -> Reference:
        self.reads[number] = None
        return Reference(number)

    def _gone_into(self, value: object, field: str) -> tuple[object, bool]:
        """The value, and whether there are references in it: what has none is one constant as a whole."""
        if type(value) is list or type(value) is tuple:
            parts = [(each, *self._gone_into(each, f"{field}[{k}]"), f"{field}[{k}]") for k, each in enumerate(value)]
        elif type(value) is dict:
            parts = [(v, *self._gone_into(v, f"{field}[{k!r}]"), f"{field}[{k!r}]") for k, v in value.items()]
        elif isinstance(value, Node | Lanes):
            for node in nodes_in(value):
                self._read(self._number_of(node))
            return reference_to(value, self._number_of), True
        else:
            found = self._constant(value, field)
            return found, found is not value
        if not any(refers for _, _, refers, _ in parts):
            return value, False
        taken = [found if refers else self._constant(each, place) for each, found, refers, place in parts]
        return (dict(zip(value, taken, strict=True)) if isinstance(value, dict) else type(value)(taken)), True

    def _constant(self, value: object, field: str) -> object:
        """A constant, or the reference to it if it is large."""
        if type(value) in _SMALL:
            return value
        try:
            n_bytes = stored_bytes(value)
        except Exception as error:  # of anybody's making
            expected = f"a value that can be pickled ({error})"
            raise InvalidInput([Fault(self._where, field, type(value).__name__, expected)]) from error
        return self._read(self._give(value, n_bytes)) if n_bytes >= LARGE_BYTES else value


def stored_bytes(value: object) -> int:
    """How many bytes a value takes in a store: bytes are stored as they are, after one that says so."""
    if isinstance(value, bytes):
        return 1 + len(value)
    buffers: list[pickle.PickleBuffer] = []  # large parts are counted, not copied
    try:
        head = pickle.dumps(value, 5, buffer_callback=buffers.append)
    except Exception:  # what a script or a function defines is beyond pickle
        buffers.clear()
        head = cloudpickle.dumps(value, 5, buffer_callback=buffers.append)
    return 1 + len(head) + sum(buffer.raw().nbytes for buffer in buffers)
