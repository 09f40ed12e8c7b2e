"""What the optimizations of a plan did, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from faascast.experiments.switched import Switched
from faascast.text.figures import NOTHING, count, seconds, usd
from faascast.text.table import Cell, Paint, Row, plain, table

_HEAD = ("planned", "applied", "used", "wasted", "redundant", "saves, s", "saves, USD")


def switched_lines(found: Sequence[Switched], width: int | None = None, paint: Paint = plain) -> Iterator[str]:
    """A table with a row for each optimization; nothing if there is none."""
    if found:
        yield ""
        yield from table(("optimization", *_HEAD), [_row(each) for each in found], width, paint)
        yield "Saved against the same run, luck and all, without it; a minus is a loss."


def _row(found: Switched) -> Row:
    account = found.account
    counts = (account.planned, account.applied, account.used, account.wasted, account.redundant)
    saved_s = NOTHING if found.saved_s is None else seconds(found.saved_s)
    saved_usd = NOTHING if found.saved_usd is None else usd(found.saved_usd)
    return Row(found.name, [Cell(text) for text in (*map(count, counts), saved_s, saved_usd)])
