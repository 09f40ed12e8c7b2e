"""Heat lines: one line an instance, coloured by what it is at every moment, and below them how many are what.

Few instances are drawn exactly. Of many, several share a line, and of long times a dot is a while: it has the colour
of what the instances of the line were for most of it, and the picture says how many and how long.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from executor.records.run import Run
from executor.records.table import Table
from faascast.explain.text import shortened
from faascast.plots.style import drawing, figure_of, legend, titled
from faascast.timeline.activities import last_exit_s
from faascast.timeline.spells import State, spells_of_arrivals, spells_of_run
from sim import Arrivals

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

MOST_LINES = 150
"""Instances that have a line of their own; more share one."""
MOST_SPELLS = 20_000
"""Spells that are drawn one by one; more are drawn as dots."""
HEAT_COLOURS: Mapping[State, str] = MappingProxyType(
    {
        State.COMPUTING: "#2E3B4E",
        State.MOVING: "#7D93B5",
        State.SERVING: "#2E3B4E",
        State.SERVING_COLD: "#BB1133",
        State.HELD: "#E8C400",
        State.LOST: "#000000",
        State.WARM: "#EE7733",
        State.COLD: "#BB1133",
        State.IDLE: "#DADADA",
    }
)
_STATES = tuple(State)
_WIDTH_IN, _COUNTS_IN, _MARGINS_IN = 10.0, 1.3, 1.7
_LINE_IN, _LEAST_IN, _MOST_IN = 0.16, 0.8, 5.0
"""Height of a line, and of all of them."""
_MOST_LETTERS = 70
"""Of a failure's reason, above the picture."""
_ALL_NAMED = 12
"""Instances of which each has its number beside it."""
_ROWS, _DOTS = 250, 1000
"""Lines and dots of a picture of many."""


def heat_lines(runs: Run | Arrivals, ax: Axes | None = None) -> Axes:
    """A line for each instance, in the order in which they were made, coloured by what it is; white is not there.

    Of one run, or of many requests on one pool. In a figure of its own it has the number of instances in each state
    below it; in ``ax`` there are the lines alone (and `instances_over_time` draws the numbers of a run).
    """
    if isinstance(runs, Run):
        spells, n, until_s = spells_of_run(runs), runs.instances.n_rows, last_exit_s(runs)
        lines = dict(zip(runs.instances["instance"].tolist(), range(n), strict=True))
        row = np.array([lines[serial] for serial in spells["instance"].tolist()], dtype=np.int64)
    else:
        spells, n, until_s = spells_of_arrivals(runs), runs.instances.n_rows, runs.end_s
        row = spells["instance"]
    picture = _Picture(Table({**spells, "row": row}), n, until_s or 1.0)
    height_in = min(_MOST_IN, max(_LEAST_IN, _LINE_IN * n))
    counts_in = _COUNTS_IN if ax is None else 0.0
    with drawing(ax, _WIDTH_IN, height_in + counts_in + _MARGINS_IN) as axes:
        picture.lines(axes)
        lowest = axes
        if ax is None:
            lowest = _below(axes, height_in)
            picture.counts(lowest)
        lowest.set_xlabel("seconds since the submission" if isinstance(runs, Run) else "seconds")
        legend(axes, {"": picture.legend()})
        titled(axes, *_title(runs, picture.remark))
        return axes


def _below(axes: Axes, height_in: float) -> Axes:
    """Room below the axes, with the same seconds."""
    figure = figure_of(axes)
    grid = figure.add_gridspec(2, 1, height_ratios=(height_in, _COUNTS_IN))
    axes.set_subplotspec(grid[0])
    axes.tick_params(axis="x", labelbottom=False)
    return figure.add_subplot(grid[1], sharex=axes)


def _title(runs: Run | Arrivals, remark: str) -> tuple[str, str]:
    if isinstance(runs, Run):
        told = f"{runs.cold_starts} cold and {runs.warm_starts} warm starts · {remark}"
        if runs.failure is not None:
            told = f"{shortened(f'failed: {runs.failure}', _MOST_LETTERS)} · {told}"
        return f"{runs.workflow.name} · {runs.plan.planner} · {runs.platform.name}", told
    n = runs.requests.n_rows
    return f"{n:,} request{'' if n == 1 else 's'}", remark


class _Picture:
    """Spells, drawn one by one or as dots."""

    def __init__(self, spells: Table, n: int, until_s: float) -> None:
        self._spells = spells
        self._n = n
        self._until_s = until_s
        self._is_exact = n <= MOST_LINES and spells.n_rows <= MOST_SPELLS
        self._shared = 1 if n <= MOST_LINES else -(-n // _ROWS)
        self._present = [place for place in range(len(_STATES)) if (spells["state"] == place).any()]
        dot_s = until_s / _DOTS
        self.remark = f"{n:,} instance{'' if n == 1 else 's'}"
        if not self._is_exact:
            shared = f", {self._shared} to a line" if self._shared > 1 else ""
            self.remark += f"{shared}; a dot is what they mostly were in {dot_s:.2g} s"

    def legend(self) -> list[tuple[Artist, str]]:
        """The states that occur."""
        from matplotlib.patches import Patch

        colours = [(HEAT_COLOURS[_STATES[place]], str(_STATES[place])) for place in self._present]
        return [(Patch(facecolor=colour), name) for colour, name in colours]

    def lines(self, axes: Axes) -> None:
        """A line for each instance, or for several."""
        from matplotlib.ticker import MaxNLocator

        if self._is_exact:
            self._exactly(axes)
        else:
            self._dots(axes)
        axes.set_xlim(0, self._until_s)
        axes.set_ylim(max(self._n, 1) - 0.5, -0.5)
        axes.set_ylabel("instance")
        if self._n <= _ALL_NAMED:
            axes.set_yticks(range(self._n))
        else:
            axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.tick_params(axis="y", length=0)

    def _exactly(self, axes: Axes) -> None:
        from matplotlib.collections import PolyCollection

        half = 0.5 - 0.5 * min(0.3, 4 / max(self._n, 1))  # a gap between few lines, none between many
        for place in self._present:
            spells = self._spells.where(self._spells["state"] == place)
            begin, end, row = (spells[name] for name in ("begin_s", "end_s", "row"))
            corners = [[begin, row - half], [begin, row + half], [end, row + half], [end, row - half]]
            boxes = np.array(corners, dtype=np.float64).transpose(2, 0, 1)
            axes.add_collection(PolyCollection(list(boxes), facecolor=HEAT_COLOURS[_STATES[place]], linewidth=0))

    def _dots(self, axes: Axes) -> None:
        from matplotlib.colors import to_rgba

        n_lines = -(-self._n // self._shared)
        shares = np.stack([self._coverage(place, n_lines) for place in self._present])
        there = np.minimum(self._shared, self._n - self._shared * np.arange(n_lines))[:, None]
        absent = np.maximum(0.0, there - shares.sum(axis=0))
        most = np.argmax(np.concatenate([shares, absent[None]]), axis=0)
        palette = np.array([*(to_rgba(HEAT_COLOURS[_STATES[place]]) for place in self._present), (1, 1, 1, 0)])
        extent = (0, self._until_s, n_lines * self._shared - 0.5, -0.5)
        axes.imshow(palette[most], aspect="auto", interpolation="nearest", extent=extent)

    def _coverage(self, place: int, n_lines: int) -> NDArray[np.float64]:
        """Per line and dot, how many of the line's instances were in the state, on average."""
        spells = self._spells.where(self._spells["state"] == place)
        line = spells["row"] // self._shared
        begin, end = (np.clip(spells[name] / self._until_s, 0.0, 1.0) * _DOTS for name in ("begin_s", "end_s"))
        # The integral of a spell's step, at each dot's end: a ramp, built of its second differences.
        rises = np.zeros((n_lines, _DOTS + 2))
        for at, sign in ((begin, 1.0), (end, -1.0)):
            dot = np.floor(at).astype(np.int64)
            np.add.at(rises, (line, dot), sign * (dot + 1 - at))
            np.add.at(rises, (line, dot + 1), sign * (at - dot))
        return np.asarray(np.cumsum(rises, axis=1)[:, :_DOTS])

    def counts(self, axes: Axes) -> None:
        """How many instances are in each state, stacked."""
        from matplotlib.ticker import MaxNLocator

        if self._is_exact:
            times_s, counts = self._exact_counts()
        else:
            times_s = np.linspace(0.0, self._until_s, _DOTS, endpoint=False)
            counts = [self._coverage(place, -(-self._n // self._shared)).sum(axis=0) for place in self._present]
        colours = [HEAT_COLOURS[_STATES[place]] for place in self._present]
        if self._present:
            axes.stackplot(times_s, *counts, colors=colours, step="post", linewidth=0)
        axes.set_ylim(bottom=0)
        axes.set_ylabel("instances")
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.spines[["left", "bottom"]].set_zorder(3)

    def _exact_counts(self) -> tuple[NDArray[np.float64], list[NDArray[np.int64]]]:
        spells = self._spells
        times_s = np.unique(np.concatenate([spells["begin_s"], spells["end_s"], [0.0, self._until_s]]))
        counts = []
        for place in self._present:
            here = spells["state"] == place
            steps = np.zeros(times_s.size, dtype=np.int64)
            np.add.at(steps, np.searchsorted(times_s, spells["begin_s"][here]), 1)
            np.add.at(steps, np.searchsorted(times_s, spells["end_s"][here]), -1)
            counts.append(np.cumsum(steps))
        return times_s, counts
