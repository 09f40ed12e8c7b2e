"""Tables of text: columns set in line, a first column that folds, rows that run across."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

Paint = Callable[[str, str], str]
"""Gives a text a style: "head", "faint", "good", "bad" or "strong"."""

GAP = "  "
_LEAST_FOLD = 16
_LEAST_ROOM = 30


def plain(text: str, style: str) -> str:
    """No style at all, for files and pipes."""
    return text


@dataclass(frozen=True)
class Cell:
    """A text, its style, and another text after it in a fainter one."""

    text: str
    style: str = ""
    beside: str = ""

    @property
    def width(self) -> int:
        """Characters it takes."""
        return len(self.text) + (1 + len(self.beside) if self.beside else 0)

    def painted(self, paint: Paint) -> str:
        """With its styles."""
        text = paint(self.text, self.style) if self.style else self.text
        return f"{text} {paint(self.beside, 'faint')}" if self.beside else text


@dataclass(frozen=True)
class Row:
    """A name and a cell for each other column, or for the first of them and a text that runs across the rest."""

    name: str
    cells: Sequence[Cell] = ()
    across: str = ""
    style: str = ""
    """Of the text that runs across."""


def table(heads: Sequence[str], rows: Sequence[Row], width: int | None, paint: Paint = plain) -> list[str]:
    """Lines of a table, `heads` above its columns; the first column is set left and folds where it must.

    The others are set right. `width` is what there is room for; None is no limit.
    """
    widths = [
        max([len(head), *(row.cells[i].width for row in rows if i < len(row.cells))])
        for i, head in enumerate(heads[1:])
    ]
    others = sum(len(GAP) + wide for wide in widths)
    longest = max([len(heads[0]), *(len(row.name) for row in rows)])
    first = longest if width is None else max(min(longest, _LEAST_FOLD), min(longest, width - others))
    title = GAP.join([heads[0].ljust(first), *map(str.rjust, heads[1:], widths)])
    return [paint(title.rstrip(), "head"), *(line for row in rows for line in _row(row, first, widths, width, paint))]


def _row(row: Row, first: int, widths: Sequence[int], width: int | None, paint: Paint) -> Iterator[str]:
    pads = [" " * (wide - cell.width) for cell, wide in zip(row.cells, widths, strict=False)]
    cells = [GAP + pad + cell.painted(paint) for cell, pad in zip(row.cells, pads, strict=True)]
    begin = first + sum(len(GAP) + wide for wide in widths[: len(row.cells)]) + len(GAP)
    room = None if width is None else max(_LEAST_ROOM, width - begin)
    texts = [GAP + paint(text, row.style) for text in wrapped(row.across, room)] if row.across else [""]
    names = _folded(row.name, first)
    yield f"{names[0].ljust(first)}{''.join(cells)}{texts[0]}".rstrip()
    for name, text in zip_longest(names[1:], texts[1:], fillvalue=""):
        yield f"{name.ljust(begin - len(GAP))}{text}".rstrip()


def wrapped(text: str, width: int | None) -> list[str]:
    """A text in lines of at most `width` characters; words longer than that stay whole."""
    if width is None:
        return [text]
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


def _folded(name: str, width: int) -> list[str]:
    """A planner's name in lines, broken before `[` and after `,`; what goes on is indented."""
    head, bracket, inside = name.partition("[")
    lines = [head]
    for part in re.findall(r"[^,]+,?", bracket + inside):
        if len(lines[-1]) + len(part) > width:
            lines.append("  " if part.startswith("[") else "   ")
        lines[-1] += part
    return lines
