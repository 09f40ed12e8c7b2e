"""Predicted against measured makespans: a dot for each run, near the diagonal where predictions are right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from faascast.experiments.validation.causes import CAUSES
from faascast.experiments.validation.samples import short_names
from faascast.plots.style import FUNCTION_COLOURS, INK, OTHER, QUIET, drawing, legend, titled
from faascast.text.figures import percent

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from faascast.experiments.validation.report import CellReport
    from faascast.experiments.validation.validation import Validation

_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_WITHIN = 0.05
"""The band that is drawn around the diagonal."""


def predicted_measured(validation: Validation, ax: Axes | None = None) -> Axes:
    """Each predicted run: the median of its prediction across, what was measured up.

    Colours are workflows, shapes planners; hollow ones began on an empty pool. The band is ±5 %.
    """
    with drawing(ax, 8.5, 6.0) as axes:
        workflows = list(dict.fromkeys(cell.cell.workflow for cell in validation.cells))
        planners = list(dict.fromkeys(cell.cell.planner for cell in validation.cells))
        for cell in validation.cells:
            _dots(axes, cell, _colour(workflows.index(cell.cell.workflow)), _marker(planners.index(cell.cell.planner)))
        _diagonal(axes, validation.cells)
        axes.set_xlabel("predicted makespan, seconds")
        axes.set_ylabel("measured makespan, seconds")
        legend(
            axes,
            {
                "workflow": [*_colours(workflows)],
                "planner": [*_shapes(planners)],
                "pool": [(_handle("o", INK, hollow=True), "empty"), (_handle("o", INK), "warm")],
            },
        )
        errors = validation.run_errors
        found = f"median error {percent(errors.median, signed=False)}, p90 {percent(errors.p90, signed=False)}"
        titled(axes, "Predicted against measured", f"{errors.n} runs that no calibration has seen; {found}")
        return axes


def causes_compared(validation: Validation, ax: Axes | None = None) -> Axes:
    """Seconds on the critical paths by cause, measured and predicted, all cells together."""
    with drawing(ax, 7.5, 3.4) as axes:
        found = {cause: validation.causes[cause] for cause in CAUSES if any(validation.causes[cause])}
        places = np.arange(len(found))
        for shift, which, colour in ((-0.2, 0, INK), (0.2, 1, FUNCTION_COLOURS[0])):
            heights = [parts[which] for parts in found.values()]
            axes.bar(places + shift, heights, 0.38, color=colour, label=("measured", "predicted")[which])
        axes.set_xticks(places, list(found))
        axes.set_ylabel("seconds on the critical paths")
        axes.legend(loc="upper right")
        titled(axes, "Where the time goes", "means of the runs of each workflow, planner and pool, added up")
        return axes


def _colour(number: int) -> str:
    return FUNCTION_COLOURS[number] if number < len(FUNCTION_COLOURS) else OTHER


def _marker(number: int) -> str:
    return _MARKERS[number % len(_MARKERS)]


def _dots(axes: Axes, cell: CellReport, colour: str, marker: str) -> None:
    across = np.full(len(cell.measured_s), float(np.median(cell.predicted_s)))
    face = "none" if cell.cell.start == "cold" else colour
    axes.scatter(across, cell.measured_s, 26, marker=marker, facecolors=face, edgecolors=colour, linewidths=1.1)


def _diagonal(axes: Axes, cells: Sequence[CellReport]) -> None:
    every = np.concatenate([[float(np.median(cell.predicted_s)), *cell.measured_s] for cell in cells])
    ends = np.array([every.min() * 0.9, every.max() * 1.1])
    axes.plot(ends, ends, color=QUIET, linewidth=0.8, zorder=0)
    axes.fill_between(ends, ends * (1 - _WITHIN), ends * (1 + _WITHIN), color=QUIET, alpha=0.15, linewidth=0, zorder=0)
    if every.max() > 8 * every.min():
        axes.set_xscale("log")
        axes.set_yscale("log")
    axes.set_xlim(*ends)
    axes.set_ylim(*ends)


def _colours(workflows: Sequence[str]) -> Iterator[tuple[Artist, str]]:
    short = short_names(workflows)
    for number, name in enumerate(workflows):
        yield _handle("o", _colour(number)), short[name]


def _shapes(planners: Sequence[str]) -> Iterator[tuple[Artist, str]]:
    for number, name in enumerate(planners):
        yield _handle(_marker(number), INK), name


def _handle(marker: str, colour: str, *, hollow: bool = False) -> Artist:
    """A dot for a legend, in no axes."""
    from matplotlib.lines import Line2D

    face = "none" if hollow else colour
    return Line2D([], [], linestyle="", marker=marker, markersize=5, markerfacecolor=face, markeredgecolor=colour)
