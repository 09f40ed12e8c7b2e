"""Parameters of a planner: the fields of its dataclass, read from text, checked, and written back.

A field's type is `Annotated[kind, Figure(…)]` with kind int, float, bool or str, or one of them `| None`; a text that
has rules of its own has a `Spelling` as well.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from types import NoneType
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from workloads import Fault, InvalidInput
from workloads.columns import is_figure
from workloads.errors import refuse_if
from workloads.parameters import Figure

T = TypeVar("T")

_NONE = "none"
_TRUTH = {"true": True, "false": False}
_KINDS = {int: "a whole number", float: "a finite number", bool: "true or false", str: "text"}


@dataclass(frozen=True)
class Spelling:
    """How a text is to be written: in the metadata of a field type whose kind is str, after its `Figure`."""

    canonical: Callable[[str], str]
    """The one spelling of what a text stands for; InvalidInput if it stands for nothing."""


@dataclass(frozen=True)
class Parameter:
    """One parameter, for people and for reading it."""

    name: str
    kind: type[int] | type[float] | type[bool] | type[str]
    optional: bool
    default: object
    figure: Figure
    spelling: Spelling | None = None

    @property
    def expected(self) -> str:
        """Its legal values in words."""
        figure = self.figure
        bounded = self.kind in (int, float) and (figure.least, figure.most) != (-math.inf, math.inf)
        words = f"{_KINDS[self.kind]}{' ' + figure.range if bounded else ''}"
        return f"{words}, or {_NONE}" if self.optional else words

    def read(self, text: str) -> object:
        """The value that a text stands for; InvalidInput if there is none."""
        value = _value(self, text)
        if not _is_legal(self, value):
            raise InvalidInput([Fault("planner", self.name, value, f"{self.expected} ({self.figure.meaning})")])
        return self.spelling.canonical(text) if self.spelling else value


def parameters_of(owner: type[Any]) -> tuple[Parameter, ...]:
    """The parameters of a planner's dataclass, in field order; TypeError for a type that is not read."""
    hints = get_type_hints(owner, include_extras=True)
    return tuple(_parameter(field, hints[field.name]) for field in dataclasses.fields(owner))


def from_texts(owner: type[T], texts: Mapping[str, str], where: str) -> T:
    """Make the dataclass `owner` from parameters in text form; InvalidInput lists all that is wrong."""
    known = {parameter.name: parameter for parameter in parameters_of(owner)}
    values: dict[str, object] = {}
    faults: list[Fault] = []
    for name, text in texts.items():
        if name not in known:
            faults.append(Fault(where, name, text, among(name, known)))
            continue
        try:
            values[name] = known[name].read(text)
        except InvalidInput as invalid:
            faults += (replace(fault, where=where) for fault in invalid.faults)
    refuse_if(faults)
    return owner(**values)


def to_text(owner: Any) -> str:
    """`name=value,…` of the fields that are not at their default."""
    pairs = ((p.name, getattr(owner, p.name), p.default) for p in parameters_of(type(owner)))
    return ",".join(f"{name}={_text(value)}" for name, value, default in pairs if value != default)


def among(word: str, known: Mapping[str, object]) -> str:
    """What was expected instead of an unknown `word`, the nearest known one first."""
    if not known:
        return "none, for there is none to choose from"
    nearest = get_close_matches(word, known, n=1)
    hint = f"{nearest[0]!r}? " if nearest else ""
    return f"{hint}one of {', '.join(known)}"


def _parameter(field: dataclasses.Field[Any], hint: Any) -> Parameter:
    kind, *told = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    kinds = [each for each in get_args(kind) or (kind,) if each is not NoneType]
    if len(kinds) != 1 or kinds[0] not in _KINDS or not told:
        raise TypeError(f"parameter {field.name}: {hint!r} is not Annotated[int | float | bool | str, Figure]")
    figure, spelling = told[0], next((each for each in told if isinstance(each, Spelling)), None)
    return Parameter(field.name, kinds[0], NoneType in get_args(kind), field.default, figure, spelling)


def _value(parameter: Parameter, text: str) -> object:
    """The value a text stands for; the text itself if it is none, for the range check to refuse."""
    if parameter.optional and text == _NONE:
        return None
    if parameter.kind is bool:
        return _TRUTH.get(text, text)
    try:
        return parameter.kind(text)
    except ValueError:
        return text


def _is_legal(parameter: Parameter, value: object) -> bool:
    if value is None:
        return parameter.optional
    if not isinstance(value, parameter.kind):
        return False
    if isinstance(value, bool | str):
        return True
    figure = parameter.figure
    return is_figure(value) and figure.least <= value <= figure.most


def _text(value: object) -> str:
    if value is None:
        return _NONE
    return str(value).lower() if isinstance(value, bool) else str(value)
