"""A calibration, for people: each figure before and after, from how many samples, and how good the fit is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from faascast.experiments.calibration.calibrate import Calibration
from faascast.experiments.calibration.demands import Fitted, TaskGroup
from faascast.experiments.calibration.found import Fit
from faascast.text.figures import NOTHING, count, percent, plural, seconds
from faascast.text.remarks import Remarks, remarks
from faascast.text.table import Cell, Paint, Row, plain, table

_MOST_GROUPS = 12
"""Of a workflow that are shown; all are in its file."""
_UNKNOWN: Mapping[str, str] = {"io_s": "I/O from CPU", "parallelism": "parallelism"}


def calibration_lines(calibration: Calibration, width: int | None = None, paint: Paint = plain) -> Iterator[str]:
    """Figures of the platform, then what tasks compute, then what could not be told."""
    runs = plural(calibration.n_runs, "recorded run")
    yield paint(f"{calibration.platform.name}: {calibration.before.name} calibrated with {runs}", "strong")
    yield ""
    heads = ["figure", "samples", "KS distance", "error", "fitted"]
    yield from table(heads, [_fit(fit) for fit in calibration.fits], width, paint)
    for fitted in calibration.workflows:
        yield from _workflow(fitted, width, paint)
    yield from remarks(Remarks(notes=tuple(_notes(calibration))), width, paint)


def _fit(fit: Fit) -> Row:
    ks = NOTHING if fit.ks is None else f"{fit.ks:.2f}"
    error = NOTHING if fit.error is None else percent(fit.error, signed=False)
    remark = f" ({fit.remark})" if fit.remark else ""
    return Row(fit.path, [Cell(count(fit.n)), Cell(ks), Cell(error)], across=fit.told + remark)


def _workflow(fitted: Fitted, width: int | None, paint: Paint) -> Iterator[str]:
    yield ""
    yield f"Tasks of {fitted.workflow.name}: those taken for equal together"
    shown = sorted(fitted.groups, key=lambda group: -group.demand.duration_s(1.0) * len(group.tasks))
    heads = ["function", "tasks", "runs", "I/O, s", "CPU, s", "parallelism", "cannot be told"]
    yield from table(heads, [_group(group) for group in shown[:_MOST_GROUPS]], width, paint)
    if others := shown[_MOST_GROUPS:]:
        yield f"… and {plural(len(others), 'group')} that compute less"


def _group(group: TaskGroup) -> Row:
    demand = group.demand
    figures = [count(len(group.tasks)), count(group.n), seconds(demand.io_s), seconds(demand.cpu_s)]
    cells = [*map(Cell, figures), Cell(f"{demand.parallelism:.3g}")]
    return Row(group.function, cells, across=", ".join(_UNKNOWN[each] for each in group.unknown) or NOTHING)


def _notes(calibration: Calibration) -> Iterator[str]:
    for kept in calibration.kept:
        yield f"{kept.path} keeps its former value: {kept.why}"
    for fitted in calibration.workflows:
        if fitted.unseen:
            told = f"{plural(len(fitted.unseen), 'task')} of {fitted.workflow.name}"
            yield f"{told} never ran to the end and keep their former times: {', '.join(fitted.unseen[:3])}"
    if any(group.unknown for fitted in calibration.workflows for group in fitted.groups):
        yield "where I/O and CPU, or parallelism, cannot be told apart, runs at other sizes would tell (size_mb)"
