"""What shorter makespans cost: the front of a search, and the plans that it began with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faascast.plots.style import ALARM, FUNCTION_COLOURS, INK, QUIET, drawing, legend, titled
from faascast.text.figures import judged_told

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from faascast.experiments.search import Search

_LOG_FROM = 8.0
"""Largest over smallest, from which on an axis is logarithmic."""


def front(search: Search, ax: Axes | None = None) -> Axes:
    """Makespan against cost: each dot a plan of the front, by runs that it was not chosen with.

    Other planners' plans have their names, the best plan by the goal a ring; lines are the deadline and the budget.
    """
    points, starts = (
        list(search.front),
        [point for point in search.front.starts if not point.evaluation.n_failed],
    )
    with drawing(ax, 8.5, 5.0) as axes:
        entries: list[tuple[Artist, str]] = []
        times_s, costs_usd = [point.time_s for point in points], [point.cost_usd for point in points]
        axes.step(times_s, costs_usd, where="post", color=QUIET, linewidth=0.8)
        entries.append((axes.scatter(times_s, costs_usd, 22, color=FUNCTION_COLOURS[4], zorder=3), "the front"))
        if starts:
            others = axes.scatter(
                [point.time_s for point in starts],
                [point.cost_usd for point in starts],
                26,
                marker="x",
                color=FUNCTION_COLOURS[1],
                zorder=4,
            )
            entries.append((others, "plans to begin with"))
        for point in starts:
            axes.annotate(
                point.origin, (point.time_s, point.cost_usd), (5, 4), textcoords="offset points", fontsize=8, color=INK
            )
        if not search.best.evaluation.n_failed:
            ring = axes.scatter(
                search.best.time_s,
                search.best.cost_usd,
                130,
                facecolors="none",
                edgecolors=INK,
                linewidths=1.4,
                zorder=5,
            )
            entries.append((ring, "the best by the goal"))
        _limits(axes, search, entries)
        for values, scale in ((times_s, axes.set_xscale), (costs_usd, axes.set_yscale)):
            if values and min(values) > 0 and max(values) / min(values) > _LOG_FROM:
                scale("log")
        axes.set_xlabel(f"{judged_told(search.goal)}, seconds")
        axes.set_ylabel("mean cost, USD")
        axes.grid()
        legend(axes, {"": entries})
        about = (
            f"{search.planner}: {search.n_evaluations:,} plans tried; figures of {search.front.n_runs} fresh runs each"
        )
        titled(axes, f"{search.workflow.name} · {search.platform.name}", about)
        return axes


def _limits(axes: Axes, search: Search, entries: list[tuple[Artist, str]]) -> None:
    goal = search.goal
    if goal.deadline_s is not None:
        entries.append((axes.axvline(goal.deadline_s, color=ALARM, linewidth=1, linestyle="--"), "deadline"))
    if goal.budget_usd is not None:
        entries.append((axes.axhline(goal.budget_usd, color=ALARM, linewidth=1, linestyle=":"), "budget"))
