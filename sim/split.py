"""Split: how wide the map nodes of one run turn out, and what it never has because of that."""

from __future__ import annotations

from functools import partial

from executor.worker.events import Executed
from executor.worker.view import View


class Split:
    """``widths``: per splitter, how many items its list has. ``ends``: what makes the terminal event of its run."""

    __slots__ = ("ends", "objects", "tasks", "widths")

    def __init__(self, view: View, widths: dict[int, int]) -> None:
        self.widths = widths
        self.ends = {splitter: partial(_end, width) for splitter, width in widths.items()}
        items = [found for splitter, width in widths.items() for found in view.maps[splitter].items[width:]]
        self.tasks = frozenset(task for splitter, width in widths.items() for task in view.maps[splitter].void(width))
        """Those that are never run, for their lanes are void."""
        self.objects = frozenset().union(*items, *(view.outputs[task] for task in sorted(self.tasks)))
        """Those that nobody makes."""


def _end(width: int, now_ns: int, op: int) -> Executed:
    return Executed(now_ns, op, width)
