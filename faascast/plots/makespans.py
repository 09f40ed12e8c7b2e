"""Makespans of several planners: every run, the median and how sure it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from faascast.experiments.comparison import Comparison
from faascast.plots.style import ALARM, FUNCTION_COLOURS, INK, QUIET, drawing, legend, titled
from planners.statistics import CONFIDENCE, Estimate, quantile

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

DOTS = "#7F94B4"


@dataclass(frozen=True)
class _Row:
    name: str
    makespans_s: NDArray[np.float64]
    n_failed: int
    estimate_s: float | None = None
    reason: str = ""


def makespans(
    runs: Comparison | Mapping[str, ArrayLike],
    ax: Axes | None = None,
    *,
    kind: Literal["strip", "ecdf"] = "strip",
) -> Axes:
    """Makespans by planner: of a comparison, or arrays in seconds by name (NaN for a run that failed).

    ``strip``: a dot a run, the median with its interval, and the planner's own estimate where it has one.
    ``ecdf``: which share of the runs took at most so long.
    """
    rows = _rows_of(runs)
    height_in = 1.5 + 0.42 * len(rows) if kind == "strip" else 4.0
    with drawing(ax, 9.0, height_in) as axes:
        if kind == "strip":
            _strip(axes, rows)
        else:
            _ecdf(axes, rows)
        axes.set_xlabel("makespan, seconds")
        if isinstance(runs, Comparison):
            about = f"{runs.reps} runs each, the same luck for all"
            titled(axes, f"{runs.workflow.name} · {runs.platform.name}", about)
        return axes


def _rows_of(runs: Comparison | Mapping[str, ArrayLike]) -> list[_Row]:
    if not isinstance(runs, Comparison):
        arrays = {name: np.asarray(values, dtype=np.float64) for name, values in runs.items()}
        return [
            _Row(name, values[np.isfinite(values)], int(np.count_nonzero(~np.isfinite(values))))
            for name, values in arrays.items()
        ]
    return [
        _Row(
            outcome.planner,
            np.array([run.makespan_s for run in outcome.runs if run.makespan_s is not None]),
            outcome.n_failed,
            outcome.estimated_makespan_s,
            outcome.status if not outcome.runs else "",
        )
        for outcome in runs.outcomes
    ]


def _strip(axes: Axes, rows: Sequence[_Row]) -> None:
    entries: dict[str, Artist] = {}
    for place, row in enumerate(rows):
        values_s = np.sort(row.makespans_s)
        if values_s.size:
            entries["a run"] = axes.scatter(values_s, place + _spread(values_s.size), 14, color=DOTS, alpha=0.55, lw=0)
            _median(axes, place, values_s, entries)
        if row.estimate_s is not None:
            [entries["planner's own estimate"]] = axes.plot(
                row.estimate_s, place, marker="D", markersize=5, markerfacecolor="white", color=ALARM, lw=0
            )
        if row.n_failed or row.reason:
            told = row.reason or f"{row.n_failed} of {row.n_failed + values_s.size} runs failed"
            axes.annotate(told, (0.005, place), xycoords=("axes fraction", "data"), va="center", color=ALARM)
    axes.set_yticks(range(len(rows)), [row.name for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    legend(axes, {"": [(artist, name) for name, artist in entries.items()]})


def _median(axes: Axes, place: int, values_s: NDArray[np.float64], entries: dict[str, Artist]) -> None:
    middle = quantile(values_s, 0.5)
    if isinstance(middle, Estimate):
        [bar] = axes.plot([middle.low, middle.high], [place, place], color=INK, linewidth=2, solid_capstyle="butt")
        entries[f"median and its {CONFIDENCE:.0%} interval"] = bar
    axes.plot([np.median(values_s)] * 2, [place - 0.24, place + 0.24], color=INK, linewidth=2)


def _spread(n: int) -> NDArray[np.float64]:
    """Offsets that keep dots of near values apart, the same every time: multiples of the golden section."""
    return np.asarray((np.arange(n) * 0.6180339887498949 % 1 - 0.5) * 0.44, dtype=np.float64)


def _ecdf(axes: Axes, rows: Sequence[_Row]) -> None:
    entries: list[tuple[Artist, str]] = []
    for place, row in enumerate(rows):
        n_all = row.makespans_s.size + row.n_failed
        if not row.makespans_s.size:
            continue
        values_s = np.sort(row.makespans_s)
        shares = np.arange(1, values_s.size + 1) / n_all
        colour = FUNCTION_COLOURS[place % len(FUNCTION_COLOURS)]
        dashes = "-" if place < len(FUNCTION_COLOURS) else "--"
        [line] = axes.step(
            [values_s[0], *values_s], [0, *shares], where="post", color=colour, linewidth=1.8, linestyle=dashes
        )
        failed = f" ({row.n_failed} of {n_all} failed)" if row.n_failed else ""
        entries.append((line, row.name + failed))
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("share of runs")
    axes.grid()
    axes.axhline(1, color=QUIET, linewidth=0.5)
    legend(axes, {"": entries})
