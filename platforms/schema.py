"""The fields of a platform, read off its classes, so that no documentation or message goes stale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from inspect import cleandoc, isclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, MinLen
from pydantic.fields import FieldInfo

from platforms.distribution import Constant
from platforms.platform import Platform
from platforms.quantities import Unit
from platforms.section import Section
from platforms.toml import toml_value

Hint: TypeAlias = Any
"""What stands after the colon of a field."""


@dataclass(frozen=True, slots=True)
class FieldDoc:
    """What there is to know about a field; the elements of a list have `[]` in their path."""

    path: str
    unit: str
    range: str
    default: str
    meaning: str


@cache
def platform_fields() -> tuple[FieldDoc, ...]:
    """Every field of a platform, tables and their fields alike, in the order of the classes."""
    return tuple(fields_in(Platform))


def fields_in(table: type[Section], prefix: str = "") -> Iterator[FieldDoc]:
    """Every field of a table and of the tables in it; `kind` is left out, for the table itself tells it."""
    for name, info in table.model_fields.items():
        if name == "kind":
            continue
        hint = info.rebuild_annotation()
        path = prefix + name
        yield FieldDoc(path, unit_of(hint), range_of(hint), _default_of(info), _meaning_of(info, hint))
        element = _element_of(hint)
        if not is_distribution(hint):
            for inner in tables_in(element or hint):
                yield from fields_in(inner, f"{path}[]." if element else f"{path}.")


def locate(steps: Sequence[str | int]) -> tuple[str, Hint]:
    """The dotted path and the type at a path of pydantic's, which names kinds of tables on its way too."""
    hint: Hint = Platform
    names: list[str] = []
    for step in steps:
        tables = tables_in(hint)
        if len(tables) > 1:
            hint = next((table for table in tables if kind_of(table) == step), None)
            continue
        if (hint, step) != (Constant, "value_s"):  # a constant is written as a bare number
            names.append(str(step))
        hint = _element_of(hint) or (hint_of(tables[0], str(step)) if tables else None)
    return ".".join(names), hint


def expectation(hint: Hint) -> str:
    """What a field accepts, in full words."""
    words = range_of(hint)
    if is_distribution(hint):
        words = "number ≥ 0, or table of kind " + " | ".join(str(kind_of(table)) for table in tables_in(hint))
    return words + (f" (in {unit_of(hint)})" if unit_of(hint) else "")


def hint_of(table: type[Section], name: str) -> Hint:
    """The type of a field with all its marks, or None if there is no such field."""
    info = table.model_fields.get(name)
    return info.rebuild_annotation() if info else None


def tables_in(hint: Hint) -> tuple[type[Section], ...]:
    """The tables that a field may hold: several (told apart by their kind), one, or none."""
    return tuple(option for option in _options(hint) if isclass(option) and issubclass(option, Section))


def is_distribution(hint: Hint) -> bool:
    """Whether a field holds a distribution."""
    return Constant in _options(hint)


def kind_of(table: type[Section]) -> str | None:
    """The `kind` by which a table is told apart, if it has one."""
    info = table.model_fields.get("kind")
    return info.default if info else None


def unit_of(hint: Hint) -> str:
    """The unit of a field; empty if it has none."""
    units = [mark.name for mark in _marks(hint) if isinstance(mark, Unit)]
    return units[-1] if units else ""


def range_of(hint: Hint) -> str:
    """What a field accepts, in words."""
    tables = tables_in(hint)
    options = [option for option in _options(hint) if option is not NoneType]
    if is_distribution(hint):
        words = "distribution"
    elif len(tables) > 1:
        words = "table of kind " + " | ".join(str(kind_of(table)) for table in tables)
    else:
        words = _words_for(options[0], _marks(hint))
    return f"{words} or none" if NoneType in _options(hint) else words


def _words_for(option: Hint, marks: Sequence[object]) -> str:
    if _origin(option) is Literal:
        return " | ".join(map(str, get_args(option)))
    least = "non-empty " if any(isinstance(mark, MinLen) for mark in marks) else ""
    if _origin(option) is tuple:
        return f"{least}list of {range_of(get_args(option)[0])}"
    if option is int:
        return "whole number" + _bounds(marks)
    if option is float:
        finite = any(getattr(mark, "allow_inf_nan", None) is False for mark in marks)
        return "number" + _bounds(marks) + ("" if finite else ", or inf")
    return {bool: "true | false", str: f"{least}text"}.get(option, "table")


def _bounds(marks: Sequence[object]) -> str:
    least = [f" ≥ {mark.ge}" for mark in marks if isinstance(mark, Ge)]
    above = [f" > {mark.gt}" for mark in marks if isinstance(mark, Gt)]
    most = [f" and ≤ {mark.le}" for mark in marks if isinstance(mark, Le)]
    return "".join(least + above + most)


def _origin(hint: Hint) -> object:
    return get_origin(hint)


def _options(hint: Hint) -> tuple[Hint, ...]:
    if _origin(hint) is Annotated:
        return _options(get_args(hint)[0])
    if _origin(hint) in (Union, UnionType):
        return tuple(option for member in get_args(hint) for option in _options(member))
    return (hint,)


def _marks(hint: Hint) -> tuple[object, ...]:
    if _origin(hint) is Annotated:
        inner, *marks = get_args(hint)
        flat = (deep for mark in marks for deep in (mark.metadata if isinstance(mark, FieldInfo) else [mark]))
        return (*_marks(inner), *flat)
    if _origin(hint) in (Union, UnionType):
        return tuple(mark for member in get_args(hint) for mark in _marks(member))
    return ()


def _element_of(hint: Hint) -> Hint | None:
    lists = [option for option in _options(hint) if _origin(option) in (tuple, Mapping)]
    return get_args(lists[0])[_origin(lists[0]) is Mapping] if lists else None


def _default_of(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    return "" if isinstance(info.default, Section) else toml_value(info.default)


def _meaning_of(info: FieldInfo, hint: Hint) -> str:
    if info.description:
        return " ".join(info.description.split())
    return cleandoc(tables_in(hint)[0].__doc__ or "")
