"""Values inside lists, tuples and dicts: what is put in their place, at any depth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from workloads.errors import Fault, InvalidInput
from workloads.program.bodies import ListReference, Reference, Unmade


def replaced(structure: object, put: Callable[[object], object]) -> object:
    """The structure with ``put(leaf)`` for each leaf; leaves are what is no list, tuple or dict.

    Keys of dicts stay; so do the types, for only these three themselves are gone into, not classes made of them.
    InvalidInput for one that holds itself.
    """
    try:
        return _gone_through(structure, put)
    except RecursionError:
        expected = "lists, tuples and dicts that do not hold themselves"
        raise InvalidInput([Fault("program", "argument", type(structure).__name__, expected)]) from None


def _gone_through(structure: object, put: Callable[[object], object]) -> object:
    if type(structure) is list:
        return [_gone_through(each, put) for each in structure]
    if type(structure) is tuple:
        return tuple([_gone_through(each, put) for each in structure])
    if type(structure) is dict:
        return {key: _gone_through(each, put) for key, each in structure.items()}
    return put(structure)


def with_values(structure: object, value_of: Callable[[int], object]) -> object:
    """The structure with the value of its data object for each reference; of a list, of those there are.

    ``value_of`` raises `Unmade` for what a run has not made.
    """

    def put(leaf: object) -> object:
        if isinstance(leaf, ListReference):
            return list(_made(leaf.objects, value_of))
        return value_of(leaf.object) if isinstance(leaf, Reference) else leaf

    return replaced(structure, put)


def _made(objects: Iterable[int], value_of: Callable[[int], object]) -> Iterator[object]:
    for number in objects:
        with suppress(Unmade):
            yield value_of(number)
