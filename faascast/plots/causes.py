"""What makespans are spent on: the causal critical paths of several runs, one bar each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from executor.records.run import Run
from faascast.experiments.comparison import Comparison
from faascast.explain.causes import CAUSES, NS_PER_S, totals
from faascast.plots.style import ALARM, CAUSE_COLOURS, INK, drawing, legend, titled

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


def causes(runs: Comparison | Mapping[str, Run], ax: Axes | None = None) -> Axes:
    """A bar for each run, as long as its makespan, parted by cause; its lower bound as a mark.

    Of a comparison, one run of each planner that has a plan, under the same luck. A run that failed says so.
    """
    by_name = _one_each(runs) if isinstance(runs, Comparison) else dict(runs)
    with drawing(ax, 9.0, max(3.3, 1.4 + 0.42 * len(by_name))) as axes:
        entries, bounds = _bars(axes, by_name), _bounds(axes, list(by_name.values()))
        for place, run in enumerate(by_name.values()):
            _beside(axes, place, run)
        axes.set_yticks(range(len(by_name)), list(by_name))
        axes.set_ylim(len(by_name) - 0.5, -0.5)
        axes.set_xlim(0, 1.12 * max((run.makespan_s or 0.0 for run in by_name.values()), default=0.0) or 1.0)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("seconds of the makespan")
        axes.grid(axis="x")
        legend(axes, {"critical path": entries, "": [(bounds, "lower bound of the run")] if bounds else []})
        if isinstance(runs, Comparison):
            titled(axes, f"{runs.workflow.name} · {runs.platform.name}", "one run each, the same luck for all")
        return axes


def _one_each(comparison: Comparison) -> dict[str, Run]:
    planned = zip(comparison.planners, comparison.plans, strict=True)
    return {planner: comparison.run(planner) for planner, plan in planned if plan is not None}


def _bars(axes: Axes, runs: Mapping[str, Run]) -> list[tuple[Artist, str]]:
    """The bars; the legend of the causes that occur."""
    lengths = [
        {total.cause: total.length_ns / NS_PER_S for total in totals(run.critical_path())} for run in runs.values()
    ]
    entries: list[tuple[Artist, str]] = []
    begins_s = [0.0] * len(lengths)
    for cause in CAUSES:
        widths_s = [length_s.get(cause, 0.0) for length_s in lengths]
        if any(widths_s):
            bars = axes.barh(
                range(len(lengths)),
                widths_s,
                0.62,
                begins_s,
                color=CAUSE_COLOURS[cause],
                edgecolor="white",
                linewidth=0.4,
            )
            entries.append((bars[0], str(cause)))
        begins_s = [begin_s + width_s for begin_s, width_s in zip(begins_s, widths_s, strict=True)]
    return entries


def _bounds(axes: Axes, runs: Sequence[Run]) -> Artist | None:
    """A mark at each run's lower bound, to be seen on light and dark alike; None if no run has one."""
    complete = [(place, run.lower_bound_s) for place, run in enumerate(runs) if run.makespan_ns is not None]
    known = [(place, bound_s) for place, bound_s in complete if bound_s is not None]
    if complete and not known:
        return None
    bounds_s = [bound_s for _, bound_s in known]
    below, above = ([place + side for place, _ in known] for side in (-0.42, 0.42))
    axes.vlines(bounds_s, below, above, color="white", linewidth=3.4)
    return axes.vlines(bounds_s, below, above, color=INK, linewidth=1.6)


def _beside(axes: Axes, place: int, run: Run) -> None:
    """The makespan behind the bar, or why there is none."""
    if run.makespan_s is None:
        axes.annotate(
            f"failed: {run.failure}", (0, place), (4, 0), textcoords="offset points", va="center", color=ALARM
        )
    else:
        told = f"{run.makespan_s:.2f} s"
        axes.annotate(told, (run.makespan_s, place), (5, 0), textcoords="offset points", va="center", color=INK)
