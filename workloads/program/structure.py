"""Values inside lists, tuples and dicts: what is put in their place, at any depth."""

from __future__ import annotations

from collections.abc import Callable

from workloads.program.bodies import Reference


def replaced(structure: object, put: Callable[[object], object]) -> object:
    """The structure with ``put(leaf)`` for each leaf; leaves are what is no list, tuple or dict.

    Keys of dicts stay; so do the types, for only these three themselves are gone into, not classes made of them.
    """
    kind = type(structure)
    if kind is list or kind is tuple:
        return kind(replaced(each, put) for each in structure)  # type: ignore[attr-defined]
    if kind is dict:
        return {key: replaced(each, put) for key, each in structure.items()}  # type: ignore[attr-defined]
    return put(structure)


def with_values(structure: object, value_of: Callable[[int], object]) -> object:
    """The structure with the value of its data object for each reference."""
    return replaced(structure, lambda leaf: value_of(leaf.object) if isinstance(leaf, Reference) else leaf)
