"""Traffic, for people."""

from __future__ import annotations

from collections.abc import Iterator

from faascast.experiments.summary import QUANTILES
from faascast.experiments.traffic import Traffic, TrafficSummary
from faascast.text.comparison import workflow_told
from faascast.text.figures import interval, percent, plural, seconds, usd
from faascast.text.remarks import Remarks, remarks
from faascast.text.table import Cell, Paint, Row, plain, table
from planners.statistics import Needs

_NAME = 14
_MOST_FAILURES = 3
UNSETTLED = (
    "the latencies had not settled when half of the requests were over; figures may still be of the warm-up: "
    "ask for more requests"
)


def traffic_lines(traffic: Traffic, width: int | None = None, paint: Paint = plain) -> Iterator[str]:
    """What came of the requests, and what is to be known with it."""
    summary = traffic.summary
    yield paint(f"{_asked(traffic)} on {traffic.platform.name} under {_planners(traffic)}", "strong")
    yield f"{_workflows(traffic)}; {plural(summary.n_requests, 'request')}, {traffic.stream}; seed {traffic.seed}"
    yield _line("left out", f"{plural(summary.n_dropped, 'request')} as warm-up", summary.dropped)
    yield ""
    if summary.latency_s:
        yield "Latency in seconds, from arrival to the last result; intervals are at 95 %"
        yield from table(["", "mean", *QUANTILES], [_latencies(summary)], width, paint)
        yield ""
    yield from _figures(summary, paint)
    assumptions = tuple(dict.fromkeys(each for workflow in traffic.workflows for each in workflow.assumptions))
    warnings = (*traffic.warnings, UNSETTLED) if traffic.cut.is_settled is False else traffic.warnings
    notes = tuple(dict.fromkeys(note for plan in traffic.plans for note in plan.notes))
    yield from remarks(Remarks(tuple(map(str, traffic.uses)), assumptions, notes, warnings), width, paint)


def _asked(traffic: Traffic) -> str:
    return traffic.names[0] if len(traffic.names) == 1 else plural(len(traffic.names), "workflow")


def _planners(traffic: Traffic) -> str:
    return ", ".join(dict.fromkeys(plan.planner for plan in traffic.plans))


def _workflows(traffic: Traffic) -> str:
    if len(traffic.workflows) == 1:
        return workflow_told(traffic.workflows[0])
    sizes = [workflow.n_tasks for workflow in traffic.workflows]
    return f"{min(sizes):,} to {max(sizes):,} tasks"


def _latencies(summary: TrafficSummary) -> Row:
    cells = [Cell(seconds(summary.mean_latency_s or 0.0))]
    for estimate in summary.latency_s.values():
        if isinstance(estimate, Needs):
            cells.append(Cell(str(estimate).replace("runs", "requests"), "faint"))
        else:
            cells.append(Cell(seconds(estimate.value), beside=interval(estimate.low, estimate.high)))
    return Row("latency", cells)


def _figures(summary: TrafficSummary, paint: Paint) -> Iterator[str]:
    n = summary.n_counted
    if summary.cold_share is not None:
        yield _line("cold starts", _share(summary.cold_share), "of the starts")
    yield _line("waited", _share(summary.waited_share or 0.0), f"{seconds(summary.mean_wait_s or 0.0)} s on average")
    yield _line("refused", _share(summary.n_refused / n), "of the requests, a call at least once")
    failed = _share(summary.n_failed / n)
    yield _line("failed", paint(failed, "bad") if summary.n_failed else failed, "of the requests")
    for reason, count in list(summary.failures.items())[:_MOST_FAILURES]:
        yield _line("", f"{count:,} × {reason}")
    yield _line("cost", f"{usd(summary.cost_usd)} USD", f"{usd(summary.cost_usd / n * 1000)} USD per 1,000 requests")
    if at := summary.instances:
        told = f"{at.busy:,.2f} starting or busy, {at.idle:,.2f} idle; at most {at.peak_live:,}"
        yield _line("instances", f"{at.live:,.2f} on average", told)


def _share(share: float) -> str:
    """Rare things keep their digits: 0.13 %, 0.0050 %."""
    if not share or share >= 0.01:
        return percent(share, signed=False)
    return f"{100 * share:.2g} %"


def _line(name: str, figure: str, more: str = "") -> str:
    return f"{name:{_NAME}}{figure}  {more}".rstrip()
