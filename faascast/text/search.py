"""A search, for people."""

from __future__ import annotations

from collections.abc import Iterator

from faascast.experiments.search import Search, sizes_mb
from faascast.text.comparison import workflow_told
from faascast.text.figures import NOTHING, goal_told, percent, plural, seconds, usd
from faascast.text.remarks import Remarks, notes_told, remarks, verdict_lines
from faascast.text.table import Cell, Paint, Row, plain, table, wrapped
from planners.bounds import lower_bound
from planners.level import AVERAGE, level_name
from planners.search.front import Point
from planners.switches import switched_on
from planners.verdict import needs_told

_NAME = 10
_MOST_SIZES = 2


def search_lines(search: Search, width: int | None = None, paint: Paint = plain) -> Iterator[str]:
    """The best plan, what shorter makespans cost, and what is to be known with them."""
    yield paint(f"{search.planner} for {search.workflow.name} on {search.platform.name}", "strong")
    tried = f"{plural(search.n_evaluations, 'plan')} tried, {plural(search.n_simulations, 'simulation')} in all"
    yield f"{workflow_told(search.workflow)}; {tried}; seed {search.seed}"
    yield f"Asked for: {goal_told(search.goal)}"
    yield ""
    yield from wrapped(
        "The best plan by what was asked for; then by makespan, each cheaper than those before it; "
        f"{search.front.n_runs} fresh runs each{needs_told(search.goal, search.front.n_runs)}; "
        "the bound of each plan, on expectations, and the mean's gap to it",
        width,
    )
    costs_usd = [point.cost_usd for point in (search.best, *search.front, *search.front.starts)]
    judged = "mean" if search.goal.sla == AVERAGE else level_name(search.goal.sla)
    heads = ["plan", f"{judged}, s", "USD", "bound, s", "gap", "workers", "MB", "switches", "from"]
    points = [("best", search.best), *((f"{i:02}", point) for i, point in enumerate(search.front, 1))]
    rows = [_row(name, point, search, costs_usd) for name, point in points]
    yield from table(heads, rows, width, paint)
    yield ""
    yield "Plans to begin with"
    yield from table(heads[:-1], [_start(point, search, costs_usd) for point in search.front.starts], width, paint)
    verdict = [*verdict_lines(search.best.plan, _NAME, paint)]
    yield from ["", *verdict] if verdict else []
    told = Remarks(
        tuple(map(str, search.uses)), search.workflow.assumptions, notes_told(search.best.plan), search.warnings
    )
    yield from remarks(told, width, paint)


def _row(name: str, point: Point, search: Search, costs_usd: list[float]) -> Row:
    return Row(name, [*_cells(point, search, costs_usd), Cell(point.origin)])


def _start(point: Point, search: Search, costs_usd: list[float]) -> Row:
    return Row(point.origin, _cells(point, search, costs_usd))


def _cells(point: Point, search: Search, costs_usd: list[float]) -> list[Cell]:
    plan, bound_s = point.plan, lower_bound(search.workflow, point.plan, search.platform).makespan_s
    failed = point.evaluation.n_failed
    gap = float(point.evaluation.makespans_s.mean()) / bound_s - 1 if bound_s and not failed else None
    is_asked = search.goal.deadline_s is not None or search.goal.budget_usd is not None
    style = ("good" if point.is_met else "bad") if is_asked else ""
    workers = [str(len(plan.workers))] if plan.workers else []
    flexible = [f"{plan.n_flexible} flexible"] if plan.n_flexible else []
    return [
        Cell(f"{failed} failed", "bad") if failed else Cell(seconds(point.time_s), style),
        Cell(usd(point.cost_usd, *costs_usd)),
        Cell(seconds(bound_s)),
        Cell(NOTHING if gap is None else percent(gap)),
        Cell(" + ".join([*workers, *flexible])),
        Cell(_sizes(sizes_mb(plan))),
        Cell("+".join(switched_on(plan)) or NOTHING),
    ]


def _sizes(sizes: list[int]) -> str:
    return " ".join(map(str, sizes)) if len(sizes) <= _MOST_SIZES else f"{sizes[0]}…{sizes[-1]}"
