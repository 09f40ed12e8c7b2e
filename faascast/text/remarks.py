"""What is to be known with a result: settings, assumptions, notes, warnings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from faascast.text.table import Paint, plain, wrapped

MOST_LINES = 8
"""Of one kind."""
_INDENT = "  "


@dataclass(frozen=True)
class Remarks:
    """Each a line."""

    settings: tuple[str, ...] = ()
    """Where settings hold."""
    assumptions: tuple[str, ...] = ()
    """By which rules unknown figures of the workflow were filled."""
    notes: tuple[str, ...] = ()
    """The planners' own."""
    warnings: tuple[str, ...] = ()
    """What may go wrong."""


def remarks(told: Remarks, width: int | None = None, paint: Paint = plain) -> Iterator[str]:
    """Each kind under its name, the first few of very many; nothing if there are none."""
    for kind in fields(told):
        lines = [*dict.fromkeys(getattr(told, kind.name))]
        if lines:
            yield ""
            yield paint(kind.name.capitalize(), "bad" if kind.name == "warnings" else "strong")
        if len(lines) > MOST_LINES:
            lines[MOST_LINES - 1 :] = [f"and {len(lines) - MOST_LINES + 1:,} more, which --json tells"]
        for line in lines:
            first, *rest = wrapped(line, width and width - len(_INDENT))
            yield f"{_INDENT}{first}"
            yield from (f"{_INDENT * 2}{more}" for more in rest)
