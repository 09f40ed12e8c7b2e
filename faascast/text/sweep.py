"""A sweep, for people."""

from __future__ import annotations

from collections.abc import Iterator

from faascast.experiments.kept import goal_of, kept
from faascast.experiments.points import Point
from faascast.experiments.summary import Summary
from faascast.experiments.sweep import Sweep
from faascast.experiments.trial import Outcome
from faascast.text.comparison import kept_cell, workflow_told
from faascast.text.figures import NOTHING, count, interval, percent, plural, seconds, usd
from faascast.text.remarks import Remarks, gathered, remarks
from faascast.text.table import Cell, Paint, Row, plain, table, wrapped
from faascast.text.warned import warned
from planners.statistics import Needs


def sweep_lines(sweep: Sweep, width: int | None = None, paint: Paint = plain) -> Iterator[str]:
    """A row for each point, and what is to be known with them."""
    platforms = dict.fromkeys(point.trial.platform.name for point in sweep.points)
    yield paint(f"{sweep.workflow.name} on {', '.join(platforms)}", "strong")
    points, runs = plural(len(sweep.points), "point"), plural(sweep.reps, "run")
    yield f"{workflow_told(sweep.workflow)}; {points} of {runs} each, seed {sweep.seed}"
    yield ""
    yield from wrapped(
        "Medians over the runs that completed; of the makespan with its 95 % interval; gap to each run's lower bound; "
        "the plan's bound, on expectations, and the mean's gap to it",
        width,
    )
    heads = ["planner", *sweep.axes, "makespan, s", "gap", "bound, s", "USD", "cold", "warm"]
    heads += ["goal"] if _any_goal(sweep) else []
    heads += ["failed"] if _any_failed(sweep) else []
    yield from table(heads, [*_rows(sweep)], width, paint)
    uses = (use for point in sweep.points for use in point.uses if use.others)
    told = Remarks(
        settings=tuple(str(use) for use in uses),
        assumptions=sweep.workflow.assumptions,
        notes=tuple(f"{each.planner}: {note}" for each in sweep.outcomes for note in gathered(each.notes)),
        warnings=warned(sweep.outcomes),
    )
    yield from remarks(told, width, paint)


def _rows(sweep: Sweep) -> Iterator[Row]:
    costs_usd = [cost for each in sweep.summaries if (cost := each.medians.get("cost_usd")) is not None]
    any_goal, any_failed = _any_goal(sweep), _any_failed(sweep)
    for point, outcome, summary in zip(sweep.points, sweep.outcomes, sweep.summaries, strict=True):
        settings = [Cell(f"{value}") for value in sweep.values_of(point).values()]
        if summary.medians:
            failed = [_failed(summary)] if any_failed else []
            met = [_goal(point, outcome)] if any_goal else []
            yield Row(point.planner, [*settings, *_cells(summary, costs_usd), *met, *failed])
        else:
            reason, *others = summary.reasons or ("for no reason that is known",)
            more = f" (and {plural(len(others), 'other reason')})" if others else ""
            yield Row(point.planner, settings, f"{summary.status}: {reason}{more}", "bad")


def _cells(summary: Summary, costs_usd: list[float]) -> Iterator[Cell]:
    medians, makespan = summary.medians, summary.makespan_s["p50"]
    median_s, gap, cost_usd = medians["makespan_s"] or 0.0, medians["gap"], medians["cost_usd"] or 0.0
    told = f"({makespan})" if isinstance(makespan, Needs) else interval(makespan.low, makespan.high)
    yield Cell(seconds(median_s), beside=told)
    yield Cell(NOTHING if gap is None else percent(gap))
    yield _bound(summary)
    yield Cell(usd(cost_usd, *costs_usd))
    yield from (Cell(count(medians[name] or 0.0)) for name in ("cold_starts", "warm_starts"))


def _bound(summary: Summary) -> Cell:
    """The plan's, and beside it the mean's gap to it."""
    if summary.plan_bound_s is None:
        return Cell(NOTHING)
    return Cell(
        seconds(summary.plan_bound_s), beside="" if summary.plan_gap is None else f"({percent(summary.plan_gap)})"
    )


def _any_goal(sweep: Sweep) -> bool:
    return any(goal_of(point.uses) for point in sweep.points)


def _goal(point: Point, outcome: Outcome) -> Cell:
    """Whether the point's runs keep its deadline and budget."""
    goal = goal_of(point.uses)
    found = kept(goal, outcome.runs) if goal else None
    return kept_cell(found) if found else Cell(NOTHING, "faint")


def _any_failed(sweep: Sweep) -> bool:
    return any(summary.n_failed for summary in sweep.summaries)


def _failed(summary: Summary) -> Cell:
    return Cell(f"{summary.n_failed} of {summary.n_runs}", "bad") if summary.n_failed else Cell(NOTHING, "faint")
