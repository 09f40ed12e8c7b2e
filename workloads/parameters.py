"""Parameters as the fields of a dataclass: what each means, its range, and reading them from text."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from workloads.columns import is_figure
from workloads.errors import Fault, nearest, refuse_if

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Figure:
    """What a parameter is; the metadata of an ``Annotated`` field type."""

    meaning: str
    unit: str
    least: float = 0
    most: float = math.inf

    @property
    def range(self) -> str:
        """The legal values in words."""
        return f"≥ {self.least:g}" if self.most == math.inf else f"from {self.least:g} to {self.most:g}"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a generator, for people."""

    name: str
    kind: type
    default: Any
    figure: Figure


def parameters_of(owner: type[Any]) -> tuple[Parameter, ...]:
    """The parameters of a dataclass whose field types are ``Annotated[int | float | str, Figure]``."""
    hints = get_type_hints(owner, include_extras=True)
    fields = {field.name: field for field in dataclasses.fields(owner)}
    own_first = [name for base in owner.__mro__ for name in vars(base).get("__annotations__", ())]
    return tuple(
        Parameter(name, *_kind_and_figure(hints[name], fields[name].default))
        for name in dict.fromkeys(own_first)
        if name in fields
    )


def _kind_and_figure(hint: Any, default: Any) -> tuple[type, Any, Figure]:
    if get_origin(hint) is not Annotated:
        raise TypeError(f"a parameter needs a type of the form Annotated[kind, Figure], not {hint!r}")
    kind, figure = get_args(hint)
    return kind, default, figure


def range_faults(owner: Any, where: str) -> Iterator[Fault]:
    """What is wrong with the values of a dataclass's parameters."""
    for parameter in parameters_of(type(owner)):
        value = getattr(owner, parameter.name)
        fault = _value_fault(parameter, value, where)
        if fault:
            yield fault


def _value_fault(parameter: Parameter, value: object, where: str) -> Fault | None:
    figure = parameter.figure
    if parameter.kind is str:
        return None if isinstance(value, str) else Fault(where, parameter.name, value, figure.meaning)
    usable = is_figure(value) and figure.least <= value <= figure.most
    if usable and (parameter.kind is float or isinstance(value, int)):
        return None
    number = "a whole number" if parameter.kind is int else "a finite number"
    unit = f" {figure.unit}" if figure.unit else ""
    return Fault(where, parameter.name, value, f"{number} {figure.range}{unit} ({figure.meaning})")


def from_texts(owner: type[T], texts: Mapping[str, str], where: str) -> T:
    """Make the dataclass ``owner`` from parameters in text form; :class:`InvalidInput` lists all faults."""
    known = {parameter.name: parameter for parameter in parameters_of(owner)}
    faults: list[Fault] = []
    values: dict[str, object] = {}
    for name, text in texts.items():
        if name not in known:
            expected = f"{nearest(name, known)}a parameter among {', '.join(known)}"
            faults.append(Fault(where, name, text, expected))
            continue
        values[name] = _from_text(known[name].kind, text)
        fault = _value_fault(known[name], values[name], where)
        faults += [fault] if fault else []
    refuse_if(faults)
    return owner(**values)


def _from_text(kind: type, text: str) -> object:
    """The value; the text itself if it is none, for the range check to refuse. ``1e6`` is whole."""
    if kind is str:
        return text
    try:
        number = float(text)
        return int(number) if kind is int and number.is_integer() and number < 2**53 else kind(text)
    except ValueError:
        return text


def to_texts(owner: Any) -> dict[str, str]:
    """The parameters that are not at their default, in text form."""
    pairs = ((each, getattr(owner, each.name)) for each in parameters_of(type(owner)))
    return {each.name: str(value) for each, value in pairs if value != each.default}
