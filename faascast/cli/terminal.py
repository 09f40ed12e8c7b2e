"""Where output goes: text as wide as the terminal and in colour, the same plain into a pipe, or JSON."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from faascast.experiments.trial import Outcome

_STYLES: Mapping[str, dict[str, object]] = {
    "head": {"dim": True, "underline": True},
    "strong": {"bold": True},
    "faint": {"dim": True},
    "good": {"fg": "green"},
    "bad": {"fg": "red"},
}


def width() -> int | None:
    """Characters a line may have; None where there is no limit, as in a pipe."""
    return max(60, shutil.get_terminal_size().columns) if sys.stdout.isatty() else None


def paint(text: str, style: str) -> str:
    """The text in a style, if it goes to a terminal that wants colour."""
    colourless = not sys.stdout.isatty() or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    return text if colourless or not style else typer.style(text, **_STYLES[style])  # type: ignore[arg-type]


def make_streams_safe() -> None:
    """Let no character and no closed stream stop the program: what a terminal cannot show becomes a question mark."""
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (open to the end)
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def show(lines: Iterable[str]) -> None:
    """Print lines."""
    for line in lines:
        typer.echo(line)


def show_json(document: Mapping[str, object]) -> None:
    """Print a document; where the stream is not UTF-8, with escapes, for a question mark would change it."""
    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    typer.echo(json.dumps(document, indent=2, ensure_ascii=plain, allow_nan=False))


def complain(faults: Iterable[str]) -> None:
    """Print what is wrong to stderr, every fault on a line of its own."""
    for fault in faults:
        typer.echo(f"faascast: {fault}", err=True)


def exit_if_in_vain(outcomes: Iterable[Outcome]) -> None:
    """End with exit code 1 where a planner met an error, or nobody has a plan that can be run."""
    from faascast.experiments.trial import are_in_vain

    if are_in_vain(outcomes):
        raise typer.Exit(1)


@contextmanager
def progress(noun: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr while the block runs, if that is a terminal; gives what it is to be told with."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console  # a tenth of a second that only its users should pay
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn(noun), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(noun, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
