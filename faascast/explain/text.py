"""Text: durations, shares, bars and columns for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from faascast.explain.causes import NS_PER_S

BAR_WIDTH = 24
_EIGHTHS = " ▏▎▍▌▋▊▉"


def seconds(ns: int, *, signed: bool = False, decimals: int = 3) -> str:
    """A duration in seconds."""
    return f"{ns / NS_PER_S:{'+' if signed else ''}.{decimals}f}"


def decimals_for(ns: int) -> int:
    """How many decimals show a duration of this order, and parts of it, to the thousandth or better."""
    return 3 if ns >= NS_PER_S // 10 else 6


def percent(part: float, whole: float) -> str:
    """A share in whole percent; `<1 %` for a small one that is not nothing."""
    share = 100 * part / whole if whole else 0.0
    return "<1 %" if 0 < share < 0.5 else f"{share:.0f} %"


def bar(part: float, whole: float, width: int = BAR_WIDTH) -> str:
    """A share as a bar of up to ``width`` characters."""
    eighths = round(8 * width * part / whole) if whole else 0
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()


def quantity(value: float, unit: str) -> str:
    """Bytes in a readable unit, money to a tenth of a micro-dollar, counts as they are."""
    if unit == "bytes":
        return readable_bytes(value)
    return f"{value:.7f}" if unit == "USD" else f"{value:g}"


def readable_bytes(n_bytes: float) -> str:
    """Bytes with a decimal prefix, three digits."""
    size, prefixes = abs(n_bytes), ("", "k", "M", "G", "T", "P")
    place = 0
    while size >= 999.5 and place < len(prefixes) - 1:
        size, place = size / 1000, place + 1
    digits = f"{size:.0f}" if place == 0 else f"{size:.3g}"
    return f"{'-' if n_bytes < 0 else ''}{digits} {prefixes[place]}B"


def shortened(text: str, width: int) -> str:
    """At most ``width`` characters, the middle left out."""
    if len(text) <= width:
        return text
    if width < 8:
        return text[:width]
    head = (width - 1) * 2 // 3
    return f"{text[:head]}…{text[head + 1 - width :]}"


def columns(rows: Sequence[Sequence[str]], alignment: str, width: int, gap: str = "  ") -> list[str]:
    """Rows of cells as lines: one letter of ``alignment`` a column, `<` or `>`; the last takes what is left."""
    if not rows:
        return []
    n = len(alignment)
    widths = [max(len(row[i]) for row in rows) for i in range(n - 1)]
    left = max(12, width - sum(widths) - len(gap) * (n - 1))
    lines = []
    for row in rows:
        cells = [f"{cell:{side}{wide}}" for cell, side, wide in zip(row, alignment, widths, strict=False)]
        lines.append(gap.join([*cells, shortened(row[-1], left)]).rstrip())
    return lines
