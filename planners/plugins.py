"""Entry points: classes that other packages register, which may be missing, broken or something else."""

from __future__ import annotations

from importlib.metadata import EntryPoint

from workloads import Fault, InvalidInput


def loaded(entry: EntryPoint) -> object:
    """What an entry point names; InvalidInput if it cannot be had, whatever its package raises while it is imported."""
    try:
        found: object = entry.load()
    except Exception as error:  # it is code of somebody else
        told = f"{type(error).__name__}: {error}"
        raise InvalidInput([Fault(where_of(entry), "", told, f"{entry.value}, as it is registered")]) from error
    return found


def where_of(entry: EntryPoint) -> str:
    """How an entry point is called in a fault."""
    return f"entry point {entry.name} of {entry.group}"
