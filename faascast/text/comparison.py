"""A comparison, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from faascast.experiments.kept import Kept, goal_of, kept
from faascast.experiments.summary import QUANTILES, Summary
from faascast.experiments.trial import Outcome
from faascast.settings import Use
from faascast.text.figures import NOTHING, count, goal_told, interval, percent, plural, seconds, size, usd
from faascast.text.remarks import Remarks, gathered, remarks
from faascast.text.table import Cell, Paint, Row, plain, table, wrapped
from faascast.text.warned import warned
from planners.statistics import Estimate, Needs
from platforms import Platform
from workloads import Workflow

MOST_REASONS = 2


class Compared(Protocol):
    """A comparison, as far as it is told."""

    @property
    def workflow(self) -> Workflow:
        """Its workflow."""

    @property
    def platform(self) -> Platform:
        """Its platform."""

    @property
    def uses(self) -> tuple[Use, ...]:
        """Where settings hold."""

    @property
    def seed(self) -> int:
        """Its seed."""

    @property
    def reps(self) -> int:
        """Runs of each planner."""

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """What came of each planner."""

    @property
    def summaries(self) -> tuple[Summary, ...]:
        """What is said of each planner."""


def comparison_lines(comparison: Compared, width: int | None = None, paint: Paint = plain) -> Iterator[str]:
    """Two tables, of makespans and of everything else, and what is to be known with them."""
    summaries = comparison.summaries
    reference = summaries[0].planner
    yield paint(f"{comparison.workflow.name} on {comparison.platform.name}", "strong")
    yield f"{workflow_told(comparison.workflow)}; {plural(comparison.reps, 'run')} each, seed {comparison.seed}"
    yield ""
    yield "Makespan in seconds; intervals are at 95 %"
    yield from table(["planner", "median", *list(QUANTILES)[1:]], [*_makespans(summaries)], width, paint)
    if any(each.medians for each in summaries):
        yield ""
        said = f"Medians; difference to {reference} under the same luck; gap to each run's lower bound"
        yield from wrapped(said, width)
        heads = ["planner", "difference, s", "", "gap", "USD", "cold", "warm", "workers", "moved"]
        yield from table(heads, [*_others(summaries)], width, paint)
        yield ""
        yield "Means; the lower bound of each plan, on expectations, and the gap to it"
        yield from table(["planner", "mean, s", "bound, s", "gap"], [*_bounds(summaries)], width, paint)
    yield from _goal(comparison, width, paint)
    yield from remarks(_remarks(comparison), width, paint)


def workflow_told(workflow: Workflow) -> str:
    """A workflow's size in words."""
    n_bytes = size(float(workflow.object_bytes.sum()))
    maps = [f"; {node.name} has {node.most} lanes at most, {node.expected:.3g} expected" for node in workflow.maps]
    return f"{plural(workflow.n_tasks, 'task')}, {plural(workflow.n_edges, 'edge')}, {n_bytes} of data{''.join(maps)}"


def _makespans(summaries: Sequence[Summary]) -> Iterator[Row]:
    for summary in summaries:
        if summary.medians:
            yield Row(summary.planner, [_quantile(summary, name) for name in QUANTILES])
        name = "" if summary.medians else summary.planner
        for i, line in enumerate(_reasons(summary)):
            yield Row("" if i else name, across=line, style="bad")


def _reasons(summary: Summary) -> Iterator[str]:
    """Why a planner has no runs, or why some failed, in a few lines."""
    first, *others = [*summary.reasons, ""]
    if summary.status == "failed":
        left_out = ", left out above" if summary.medians else ""
        yield f"failed: {summary.n_failed} of {plural(summary.n_runs, 'run')}{left_out}; {first}"
    elif first:
        yield f"{summary.status}: {first}"
    yield from filter(None, others[: MOST_REASONS - 1])
    if (more := len(summary.reasons) - MOST_REASONS) > 0:
        yield f"and {plural(more, 'other reason')}"


def _quantile(summary: Summary, name: str) -> Cell:
    """With its interval; of too few runs the median alone."""
    estimated, median_s = summary.makespan_s[name], summary.medians["makespan_s"]
    if not isinstance(estimated, Needs):
        return Cell(seconds(estimated.value), beside=interval(estimated.low, estimated.high))
    if name == "p50" and median_s is not None:
        return Cell(seconds(median_s), beside=f"({estimated})")
    return Cell(str(estimated), "faint")


def _others(summaries: Sequence[Summary]) -> Iterator[Row]:
    told = [{name: value for name, value in each.medians.items() if value is not None} for each in summaries]
    costs_usd = [medians["cost_usd"] for medians in told if medians]
    for summary, medians in zip(summaries, told, strict=True):
        if medians:
            counts = [Cell(count(medians[name])) for name in ("cold_starts", "warm_starts", "n_workers")]
            gap = Cell(percent(medians["gap"]) if "gap" in medians else NOTHING)
            cost, moved = Cell(usd(medians["cost_usd"], *costs_usd)), Cell(size(medians["bytes_moved"]))
            yield Row(summary.planner, [*_difference(summary), gap, cost, *counts, moved])


def _bounds(summaries: Sequence[Summary]) -> Iterator[Row]:
    for each in summaries:
        if each.mean_makespan_s is not None:
            bound = NOTHING if each.plan_bound_s is None else seconds(each.plan_bound_s)
            gap = NOTHING if each.plan_gap is None else percent(each.plan_gap)
            yield Row(each.planner, [Cell(seconds(each.mean_makespan_s)), Cell(bound), Cell(gap)])


def _goal(comparison: Compared, width: int | None, paint: Paint) -> Iterator[str]:
    """Which planners' runs keep what was asked for, if anything was."""
    goal = goal_of(comparison.uses)
    found = [(each.planner, kept(goal, each.runs)) for each in comparison.outcomes] if goal else []
    rows = [_kept(name, each) for name, each in found if each is not None]
    if goal and rows:
        yield ""
        yield f"Asked for: {goal_told(goal)}"
        yield from table(["planner", "makespan, s", "mean USD", ""], rows, width, paint)


def _kept(name: str, found: Kept) -> Row:
    time = Cell(NOTHING if found.makespan_s is None else seconds(found.makespan_s))
    return Row(name, [time, Cell(usd(found.mean_cost_usd)), kept_cell(found)])


def kept_cell(found: Kept) -> Cell:
    """Whether runs keep what was asked for; and how many it takes to tell, where they are too few."""
    needs = f"({Needs(found.needs_runs)})" if found.needs_runs else ""
    return Cell("kept", "good", needs) if found.is_met else Cell("not kept", "bad", needs)


def _difference(summary: Summary) -> tuple[Cell, Cell]:
    """The difference of the medians, and the same as a share; green or red where its interval is clear of 0."""
    difference = summary.difference
    if difference is None:
        return Cell(NOTHING, "faint"), Cell("")
    middle = difference.makespan_s["p50"]
    share = Cell("" if difference.share is None else percent(difference.share))
    if not isinstance(middle, Estimate):
        return Cell(seconds(difference.of_medians_s, signed=True), beside=f"({middle})"), share
    style = "good" if middle.high < 0 else "bad" if middle.low > 0 else ""
    told = interval(middle.low, middle.high, signed=True)
    return Cell(seconds(middle.value, signed=True), style, told), share


def _remarks(comparison: Compared) -> Remarks:
    outcomes = comparison.outcomes
    return Remarks(
        settings=tuple(map(str, comparison.uses)),
        assumptions=comparison.workflow.assumptions,
        notes=tuple(f"{each.planner}: {note}" for each in outcomes for note in gathered(each.notes)),
        warnings=warned(outcomes),
    )
