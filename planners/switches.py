"""Optimizations by name: entry points of group `faascast.optimizations`, so that no planner imports one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from inspect import isabstract

from planners.parameters import among
from planners.plan import Plan
from planners.plugins import loaded, where_of
from planners.switch import Switch
from workloads import Fault, InvalidInput
from workloads.errors import refuse_if

GROUP = "faascast.optimizations"
ALL = "all"


@lru_cache(maxsize=1)
def all_switches() -> dict[str, Switch]:
    """Every registered optimization by its name, in alphabetical order; InvalidInput if one cannot be had.

    None is passed over, for a plan may ask for it.
    """
    entries = {entry.name: entry for entry in reversed(tuple(entry_points(group=GROUP)))}
    return {name: _made(entries[name]) for name in sorted(entries)}


def _made(entry: EntryPoint) -> Switch:
    kind = loaded(entry)
    if not isinstance(kind, type) or isabstract(kind):
        raise InvalidInput([Fault(where_of(entry), "", kind, "a class of optimizations that writes all it has to")])
    switch: Switch = kind()
    return switch


def make_switches(text: str) -> tuple[Switch, ...]:
    """The optimizations that `preload+prewarm`, or `all`, stands for, by name; InvalidInput for unknown ones."""
    known = all_switches()
    return tuple(known[name] for name in _names(text, known))


def switches_name(text: str) -> str:
    """The one spelling of several optimizations: in alphabetical order, or `all`. InvalidInput as above."""
    return text if text == ALL else "+".join(_names(text, all_switches()))


def _names(text: str, known: Mapping[str, Switch]) -> list[str]:
    if text == ALL:
        return list(known)
    names = [name.strip() for name in text.split("+")] if text else []
    refuse_if(
        [
            *(Fault("planner", "optimizations", name, among(name, known)) for name in names if name not in known),
            *(_twice(name) for name in dict.fromkeys(names) if names.count(name) > 1),
        ]
    )
    return sorted(names)


def switched_on(plan: Plan) -> tuple[str, ...]:
    """Names of the optimizations that a plan asks for."""
    return tuple(name for name, switch in all_switches().items() if switch.is_on(plan))


def _twice(name: str) -> Fault:
    return Fault("planner", "optimizations", name, "each optimization once")
