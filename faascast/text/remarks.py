"""What is to be known with a result: settings, assumptions, notes, warnings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

from faascast.text.table import Paint, plain, wrapped
from planners.plan import Plan
from planners.switches import all_switches
from planners.verdict import is_infeasible, verdict_of

MOST_LINES = 8
"""Of one kind."""
_INDENT = "  "


def gathered(notes: Iterable[str]) -> tuple[str, ...]:
    """Notes in their order; what is said of several optimizations in the same words is said once.

    >>> gathered(["prewarm: left out", "size raised", "preload: left out"])
    ('prewarm, preload: left out', 'size raised')
    """
    switches, told = all_switches(), dict[str, list[str]]()
    for note in notes:
        name, _, said = note.partition(": ")
        names = told.setdefault(said if name in switches else note, [])
        names += [name] if name in switches else []
    return tuple(f"{', '.join(names)}: {said}" if names else said for said, names in told.items())


def verdict_lines(plan: Plan, indent: int, paint: Paint = plain) -> Iterator[str]:
    """Whether the plan keeps what it is for, if anything was asked for."""
    verdict = verdict_of(plan.notes)
    if verdict is not None:
        yield f"{'goal':{indent}}{paint(verdict, 'bad' if is_infeasible(plan.notes) else 'good')}"


def notes_told(plan: Plan) -> tuple[str, ...]:
    """A plan's notes but the verdict, which has a line of its own."""
    verdict = verdict_of(plan.notes)
    return gathered(note for note in plan.notes if note != verdict)


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
