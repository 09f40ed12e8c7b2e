"""A run, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from executor.records.run import Run
from executor.records.waste import NO_WASTE
from faascast.explain.backend import backend_lines
from faascast.explain.causes import totals
from faascast.explain.text import bar
from faascast.settings import Use
from faascast.text.comparison import workflow_told
from faascast.text.figures import percent, plural, seconds, size, usd
from faascast.text.remarks import Remarks, notes_told, remarks, verdict_lines
from faascast.text.table import Cell, Paint, Row, plain, table
from planners.bounds import lower_bound

_NAME = 10
_LEAST_SHARE = 0.005


def run_lines(
    run: Run, uses: Sequence[Use] = (), warnings: Sequence[str] = (), width: int | None = None, paint: Paint = plain
) -> Iterator[str]:
    """What came of a run, where its time went, and what is to be known with it."""
    yield paint(f"{run.workflow.name} on {run.platform.name} under {run.plan.planner}", "strong")
    yield f"{workflow_told(run.workflow)}; seed {run.seed}"
    yield from backend_lines(run.backend)
    yield ""
    yield from _figures(run, paint)
    yield from _causes(run, width, paint)
    told = Remarks(tuple(map(str, uses)), run.workflow.assumptions, notes_told(run.plan), tuple(warnings))
    yield from remarks(told, width, paint)


def _figures(run: Run, paint: Paint) -> Iterator[str]:
    yield _line("makespan", *_makespan(run, paint))
    yield from _bound(run)
    yield from verdict_lines(run.plan, _NAME, paint)
    yield _line("cost", f"{usd(run.cost_usd)} USD", ", ".join(_shares(run)))
    for node in run.workflow.maps:
        width = run.widths.get(node.name)
        yield _line("width", f"{'unknown' if width is None else width}", f"of {node.most} lanes of {node.name}")
    starts = f"{run.cold_starts} cold, {run.warm_starts} warm"
    yield _line("starts", starts, f"of {plural(run.n_workers, 'worker')}")
    yield _line("moved", f"{size(run.bytes_fetched)} fetched, {size(run.bytes_uploaded)} uploaded")
    waste = run.waste
    if waste != NO_WASTE:
        what = f"{plural(waste.n_runs, 'run')} of tasks, {plural(waste.n_redeliveries, 'worker')} redelivered"
        yield _line("in vain", f"{seconds(waste.total_s)} s", f"{what}; {usd(waste.usd)} USD of the cost")


def _shares(run: Run) -> Iterator[str]:
    """What of the bill is worth telling, the largest first."""
    for item in sorted(run.bill.items, key=lambda item: -item.usd):
        if run.cost_usd and item.usd >= _LEAST_SHARE * run.cost_usd:
            yield f"{percent(item.usd / run.cost_usd, signed=False)} {item.name}"


def _makespan(run: Run, paint: Paint) -> tuple[str, str]:
    if run.makespan_s is None:
        return paint("failed", "bad"), run.failure or ""
    bound_s = run.lower_bound_s
    if bound_s is None:
        return paint(f"{seconds(run.makespan_s)} s", "strong"), ""
    above = f"{percent(run.makespan_s / bound_s - 1)} above" if bound_s else "above"
    return paint(f"{seconds(run.makespan_s)} s", "strong"), f"{above} its lower bound of {seconds(bound_s)} s"


def _bound(run: Run) -> Iterator[str]:
    """The plan's own, to which a mean is to be compared rather than one run."""
    bound_s = lower_bound(run.workflow, run.plan, run.platform).makespan_s
    gap = f"; the run is {percent(run.makespan_s / bound_s - 1)} from it" if run.makespan_s and bound_s else ""
    yield _line("bound", f"{seconds(bound_s)} s", f"of the plan, on expectations{gap}")


def _line(name: str, figure: str, more: str = "") -> str:
    return f"{name:{_NAME}}{figure}  {more}".rstrip()


def _causes(run: Run, width: int | None, paint: Paint) -> Iterator[str]:
    """The causal critical path by cause; what is left of the largest first."""
    causes = totals(run.critical_path())
    if not causes or not run.makespan_ns:
        return
    longest_ns = max(cause.length_ns for cause in causes)
    rows = [
        Row(
            str(cause.cause),
            [
                Cell(f"{cause.length_ns / 1e9:.3f}"),
                Cell(percent(cause.length_ns / run.makespan_ns, signed=False)),
            ],
        )
        for cause in causes
    ]
    lines = table(["where the time went", "s", ""], rows, width, paint)
    bars = ["", *(bar(cause.length_ns, longest_ns) for cause in causes)]
    yield ""
    yield from (f"{line}  {drawn}".rstrip() for line, drawn in zip(lines, bars, strict=True))
