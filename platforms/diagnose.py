"""Saying what is wrong with a description: the dotted path, what was found there, what was expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from platforms.errors import Missing, fault
from platforms.schema import expectation, kind_of, locate, platform_fields, tables_in
from platforms.section import Section


def faults_in(error: ValidationError, where: str) -> Iterator[str]:
    """Every fault that validation found in the description from the file or preset `where`."""
    for details in error.errors(include_url=False):
        yield from _faults(details, where)


def nearest_field(name: str, table: type[Section] | None = None) -> str | None:
    """The field most likely meant by an unknown name: by its name in the table, else by its path anywhere."""
    inside = get_close_matches(name, table.model_fields if table else (), n=1)
    if inside:
        return inside[0]
    by_name = {doc.path.rpartition(".")[2]: doc.path for doc in reversed(platform_fields())}
    return next((by_name[close] for close in get_close_matches(name, by_name, n=1)), None)


def _faults(details: ErrorDetails, where: str) -> Iterator[str]:
    path, hint = locate(details["loc"])
    found = details["input"]
    match details["type"]:
        case "broken_rules":
            for field, expected in details["ctx"]["broken"]:
                yield fault(where, f"{path}.{field}".lstrip("."), _look_up(found, field.split(".")), expected)
        case "extra_forbidden":
            *parents, name = details["loc"]
            yield fault(where, path, found, _known_field(str(name), locate(parents)[1]))
        case "beyond":
            yield fault(where, path, found, details["ctx"]["expected"])
        case "missing":
            yield fault(where, path, Missing(), expectation(hint))
        case _:
            yield fault(where, path, found, expectation(hint) if hint else details["msg"])


def _known_field(name: str, hint: object) -> str:
    table = tables_in(hint)[0]
    if kind := kind_of(table):
        return f"a field of kind {kind}: {', '.join(list(table.model_fields)[1:])}"
    near = nearest_field(name, table)
    return "a known field" + (f", perhaps {near}" if near else "")


def _look_up(found: object, path: Sequence[str]) -> object:
    for step in path:
        if isinstance(found, Mapping):
            found = found.get(step, Missing())
        elif isinstance(found, Sequence):
            found = found[int(step)]
    return found
