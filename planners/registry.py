"""Planners by name: those of this package and those that other packages register.

A name may carry parameters: `uniform[size_mb=1769]`. Planners are entry points of group `faascast.planners`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from inspect import getdoc, isabstract
from itertools import groupby

from planners.knowledge.informed import MARK, informed
from planners.knowledge.modes import make_knowledge
from planners.parameters import Parameter, among, from_texts, parameters_of
from planners.planner import Planner
from planners.plugins import loaded, where_of
from workloads import Fault, InvalidInput
from workloads.errors import MISSING, refuse_if

GROUP = "faascast.planners"

_SPEC = re.compile(r"\s*(?P<name>[^\[\],\s]+)\s*(?:\[(?P<parameters>[^\[\]]*)\])?\s*")


@dataclass(frozen=True)
class PlannerDescription:
    """A planner, for people."""

    name: str
    summary: str
    """What it does, in a line."""
    parameters: tuple[Parameter, ...]


def planner_names() -> tuple[str, ...]:
    """The names of all registered planners, in alphabetical order."""
    return tuple(_registered())


def planner_descriptions() -> tuple[PlannerDescription, ...]:
    """What each registered planner does, and its parameters; of one that cannot be had, why not."""
    return tuple(_description(name, entry) for name, entry in _registered().items())


def make_planner(spec: str) -> Planner:
    """The planner that `name[parameter=value,…]` stands for; InvalidInput with everything wrong about it.

    `name@blind` plans with what it may know: `planners.knowledge.modes`.
    """
    told, mark, known = spec.partition(MARK)
    return informed(_made(told), make_knowledge(known)) if mark else _made(spec)


def _made(spec: str) -> Planner:
    name, texts = _parsed(spec)
    return with_parameters(planner_class(name), texts)


def with_parameters(kind: type[Planner], texts: Mapping[str, str]) -> Planner:
    """A planner with parameters in text form; InvalidInput with all that is wrong whatever is to be planned."""
    where = f"planner {kind.name}"
    planner = from_texts(kind, texts, where)
    refuse_if(replace(fault, where=where) for fault in planner.parameter_faults())
    return planner


def planner_class(name: str) -> type[Planner]:
    """The class of the planner of this name; InvalidInput if there is none, or what is registered is no planner."""
    registered = _registered()
    if name not in registered:
        raise InvalidInput([Fault("planner", "name", name, among(name, registered))])
    return _class_of(registered[name])


def split_specs(text: str) -> tuple[str, ...]:
    """The planners of a list such as `wukong,uniform[size_mb=512,group=4],heft`."""
    outside_brackets = r",(?![^\[]*\])"
    return tuple(part.strip() for part in re.split(outside_brackets, text) if part.strip())


def _parsed(spec: str) -> tuple[str, dict[str, str]]:
    match = _SPEC.fullmatch(spec)
    if match is None:
        raise InvalidInput([Fault("planner", "", spec, "name or name[parameter=value,…]")])
    items = [item.strip() for item in (match["parameters"] or "").split(",") if item.strip()]
    texts = {name.strip(): text.strip() for name, _, text in (item.partition("=") for item in items)}
    names = sorted(item.partition("=")[0].strip() for item in items)
    faults = [
        *(Fault("planner", item, spec, "parameter=value") for item in items if "=" not in item),
        *(Fault("planner", name, spec, "each parameter once") for name, same in groupby(names) if len([*same]) > 1),
    ]
    if faults:
        raise InvalidInput(faults)
    return match["name"], texts


def _registered() -> dict[str, EntryPoint]:
    # An installed copy beside a checkout registers the same planners twice; the first found is the one
    # imported.
    entries: dict[str, EntryPoint] = {}
    for entry in entry_points(group=GROUP):
        entries.setdefault(entry.name, entry)
    return dict(sorted(entries.items()))


def _class_of(entry: EntryPoint) -> type[Planner]:
    kind = loaded(entry)
    if not isinstance(kind, type) or not issubclass(kind, Planner) or isabstract(kind):
        raise InvalidInput([Fault(where_of(entry), "", kind, "a class derived from Planner that writes decide")])
    if not isinstance(getattr(kind, "name", None), str):
        raise InvalidInput([Fault(where_of(entry), "name", MISSING, "the planner's name, a ClassVar[str]")])
    try:
        parameters_of(kind)
    except TypeError as error:
        raise InvalidInput([Fault(where_of(entry), "", str(error), "parameters that can be read")]) from error
    return kind


def _description(name: str, entry: EntryPoint) -> PlannerDescription:
    try:
        kind = _class_of(entry)
    except InvalidInput as invalid:
        return PlannerDescription(name, f"cannot be used: {invalid.faults[0]}", ())
    return PlannerDescription(name, (getdoc(kind) or "").partition("\n")[0], parameters_of(kind))
