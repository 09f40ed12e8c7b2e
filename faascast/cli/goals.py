"""What a plan is for: options that set the parameters sla, deadline_s, budget_usd and optimizations of planners."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Annotated, TypeAlias

import typer

GOAL = "What a plan is for"

Deadline: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--deadline",
        metavar="S",
        help="The makespan asked for, in seconds; planners that can then save money. What is infeasible is told.",
        rich_help_panel=GOAL,
        show_default=False,
    ),
]
Budget: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--budget",
        metavar="USD",
        help="The mean cost of a run asked for.",
        rich_help_panel=GOAL,
        show_default=False,
    ),
]
Percentile: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--percentile",
        metavar="N|average",
        help="What of the makespans is judged: a percentile, or the average.",
        rich_help_panel=GOAL,
        show_default="average",
    ),
]
Optimizations: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--optimizations",
        metavar="A+B|all",
        help="Optimizations to be kept where simulation shows that they help (faascast optimizations).",
        rich_help_panel=GOAL,
        show_default=False,
    ),
]


def goal_items(
    deadline: str | None, budget: str | None, percentile: str | None, optimizations: str | None, *, axes: bool = False
) -> tuple[list[str], list[str]]:
    """The same as items of `--set`, and what is wrong with them; comma lists, if they may be, are axes."""
    given = {"--deadline": deadline, "--budget": budget, "--percentile": percentile, "--optimizations": optimizations}
    texts = {name: _parts(text, axes) for name, text in given.items() if text is not None}
    faults = [fault for name, parts in texts.items() for part in parts for fault in _faults(name, part)]
    items = [f"{_KEYS[name]}={','.join(_value(name, part) for part in parts)}" for name, parts in texts.items()]
    return ([] if faults else items), faults


_KEYS = {
    "--deadline": "deadline_s",
    "--budget": "budget_usd",
    "--percentile": "sla",
    "--optimizations": "optimizations",
}


def _parts(text: str, axes: bool) -> list[str]:
    return [part.strip() for part in text.split(",")] if axes else [text.strip()]


def _value(name: str, text: str) -> str:
    return f"p{text}" if name == "--percentile" and text[:1].isdigit() else text


def level_faults(name: str, text: str) -> list[str]:
    """What is wrong with the text of an option that asks for the average or a percentile."""
    from planners.level import percentile_of

    return _refused(name, text, lambda: percentile_of(text))


def _faults(name: str, text: str) -> Iterator[str]:
    from planners.switches import make_switches

    if name in ("--deadline", "--budget"):
        with suppress(ValueError):
            if 0 <= float(text) < math.inf:
                return
        yield f"{name} is {text!r}; expected {'seconds' if name == '--deadline' else 'USD'}, a number ≥ 0"
    elif name == "--percentile":
        yield from level_faults(name, text)
    else:
        yield from _refused(name, text, lambda: make_switches(text))


def _refused(name: str, text: str, read: Callable[[], object]) -> list[str]:
    from workloads import InvalidInput

    try:
        read()
    except InvalidInput as invalid:
        return [f"{name} is {text!r}; expected {fault.expected}" for fault in invalid.faults]
    return []
