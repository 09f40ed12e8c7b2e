"""What shorter makespans cost: the front of a search, and the plans that it began with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from faascast.plots.style import ALARM, FUNCTION_COLOURS, INK, QUIET, drawing, legend, titled
from faascast.text.figures import judged_told

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from faascast.experiments.search import Search
    from planners.search.front import Point

_LOG_FROM = 8.0
"""Largest over smallest, from which on an axis is logarithmic."""


def front(search: Search, ax: Axes | None = None) -> Axes:
    """Makespan against cost: each dot a plan of the front, by runs that it was not chosen with.

    Other planners' plans have their names, the best plan by the goal a ring; lines are the deadline and the budget.
    """
    with drawing(ax, 8.5, 5.0) as axes:
        entries = [*_dots(axes, search), *_limits(axes, search)]
        _scales(axes, search)
        axes.set_xlabel(f"{judged_told(search.goal)}, seconds")
        axes.set_ylabel("mean cost, USD")
        axes.grid()
        legend(axes, {"": entries})
        tried = f"{search.planner}: {search.n_evaluations:,} plans tried"
        about = f"{tried}; figures of {search.front.n_runs} fresh runs each"
        titled(axes, f"{search.workflow.name} · {search.platform.name}", about)
        return axes


def _dots(axes: Axes, search: Search) -> Iterator[tuple[Artist, str]]:
    times_s, costs_usd = _figures(search.front.points)
    axes.step(times_s, costs_usd, where="post", color=QUIET, linewidth=0.8)
    yield axes.scatter(times_s, costs_usd, 22, color=FUNCTION_COLOURS[4], zorder=3), "the front"
    starts = [point for point in search.front.starts if not point.evaluation.n_failed]
    if starts:
        yield (
            axes.scatter(*_figures(starts), 26, marker="x", color=FUNCTION_COLOURS[1], zorder=4),
            "plans to begin with",
        )
    for point in starts:
        place = point.time_s, point.cost_usd
        axes.annotate(point.origin, place, (5, 4), textcoords="offset points", fontsize=8, color=INK)
    if not search.best.evaluation.n_failed:
        best = _figures([search.best])
        yield (
            axes.scatter(*best, 130, facecolors="none", edgecolors=INK, linewidths=1.4, zorder=5),
            "the best by the goal",
        )


def _figures(points: Sequence[Point]) -> tuple[list[float], list[float]]:
    return [point.time_s for point in points], [point.cost_usd for point in points]


def _scales(axes: Axes, search: Search) -> None:
    """Logarithmic where figures are far apart."""
    for values, scale in zip(_figures(search.front.points), (axes.set_xscale, axes.set_yscale), strict=True):
        if values and min(values) > 0 and max(values) / min(values) > _LOG_FROM:
            scale("log")


def _limits(axes: Axes, search: Search) -> Iterator[tuple[Artist, str]]:
    goal = search.goal
    if goal.deadline_s is not None:
        yield axes.axvline(goal.deadline_s, color=ALARM, linewidth=1, linestyle="--"), "deadline"
    if goal.budget_usd is not None:
        yield axes.axhline(goal.budget_usd, color=ALARM, linewidth=1, linestyle=":"), "budget"
