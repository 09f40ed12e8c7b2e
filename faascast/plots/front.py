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
_TICKS = (1.0, 2.0, 5.0)
"""Of each power of ten, what is written at a logarithmic axis."""
_NAME_PT, _LETTER_PT = 8, 5.0
_UP_PT = (4, -11, 15, -22, 26)
"""How far above its plan a name may stand, the first preferred."""


def front(search: Search, ax: Axes | None = None) -> Axes:
    """Makespan against cost: each dot a plan of the front, by runs that it was not chosen with.

    Other planners' plans have their names, the best plan by the goal a ring; lines are the deadline and the budget.
    """
    with drawing(ax, 8.5, 5.0) as axes:
        entries = [*_dots(axes, search), *_limits(axes, search)]
        _scales(axes, search)
        _names(axes, [point for point in search.front.starts if not point.evaluation.n_failed])
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
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter  # as slow to load as the rest of it

    for values, axis in zip(_figures(search.front.points), (axes.xaxis, axes.yaxis), strict=True):
        if values and min(values) > 0 and max(values) / min(values) > _LOG_FROM:
            (axes.set_xscale if axis is axes.xaxis else axes.set_yscale)("log")
            axis.set_major_locator(LogLocator(subs=_TICKS))
            axis.set_major_formatter(FuncFormatter(lambda value, place: f"{value:g}"))
            axis.set_minor_formatter(NullFormatter())


def _names(axes: Axes, points: Sequence[Point]) -> None:
    """Beside each plan whose it is, where no other name is."""
    point_px = axes.figure.dpi / 72
    taken: list[tuple[float, float, float]] = []
    for point in points:
        place = point.time_s, point.cost_usd
        x, y = axes.transData.transform(place) / point_px
        width = len(point.origin) * _LETTER_PT
        offsets = (up for up in _UP_PT if not any(_meet(x, y + up, width, other) for other in taken))
        up = next(offsets, _UP_PT[0])
        taken.append((x, y + up, width))
        axes.annotate(point.origin, place, (5, up), textcoords="offset points", fontsize=_NAME_PT, color=INK)


def _meet(x: float, y: float, width: float, other: tuple[float, float, float]) -> bool:
    """Whether two names overlap, each from its left end, on its line, of its width, in points."""
    other_x, other_y, other_width = other
    return abs(y - other_y) < _NAME_PT + 2 and x < other_x + other_width and other_x < x + width


def _limits(axes: Axes, search: Search) -> Iterator[tuple[Artist, str]]:
    goal = search.goal
    if goal.deadline_s is not None:
        yield axes.axvline(goal.deadline_s, color=ALARM, linewidth=1, linestyle="--"), "deadline"
    if goal.budget_usd is not None:
        yield axes.axhline(goal.budget_usd, color=ALARM, linewidth=1, linestyle=":"), "budget"
