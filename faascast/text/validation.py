"""A validation, for people: what was predicted beside what was measured, and which cause carries the error."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from faascast.experiments.validation.causes import CAUSES
from faascast.experiments.validation.errors import Errors
from faascast.experiments.validation.ranking import Pair, rank_correlation
from faascast.experiments.validation.report import CellReport
from faascast.experiments.validation.samples import short_names
from faascast.experiments.validation.validation import MEDIAN_TARGET, P90_TARGET, Validation
from faascast.text.figures import NOTHING, count, percent, plural, seconds
from faascast.text.remarks import Remarks, remarks
from faascast.text.table import Cell, Paint, Row, plain, table

_HEADS = ("workflow · planner · pool", "runs", "measured, s", "predicted, s", "error", "floor", "KS", "most of it")
_LEAST_BLAME = 0.005
"""Of the makespan; smaller parts are nobody's."""
_NOTES = (
    "measured: median makespan of the runs that were predicted; predicted: median of the simulated ones, blind",
    "floor: the error if the median of the other half of the recorded runs were the prediction",
    "KS: distance of the distributions of makespans, 0 to 1; most of it: the cause with most of the difference, "
    "in shares of the makespan",
    "CPU includes waiting for shared cores, fetch and upload for a shared network, start-up for admission",
)


def validation_lines(validation: Validation, width: int | None = None, paint: Paint = plain) -> Iterator[str]:
    """A row for each cell, then the errors over all, by cause, and the order of planners."""
    n_unseen = sum(len(cell.measured_s) for cell in validation.cells)
    calibrated = plural(validation.calibration.n_runs, "recorded run")
    yield paint(f"{plural(n_unseen, 'run')} predicted blind, calibrated with {calibrated}", "strong")
    yield ""
    short = short_names(cell.cell.workflow for cell in validation.cells)
    yield from table(_HEADS, [_cell(cell, short[cell.cell.workflow]) for cell in validation.cells], width, paint)
    yield ""
    yield from table(["", "n", "median", "p90", "largest", "bias"], [*_overall(validation)], width, paint)
    yield from _target(validation, paint)
    yield ""
    yield "Critical paths by cause, all of the above together; then each task's own times"
    heads = ["cause", "measured, s", "predicted, s", "difference", "tasks", "median error", "p90"]
    yield from table(heads, [*_causes(validation)], width, paint)
    yield ""
    yield from _order(validation, paint)
    yield from remarks(Remarks(notes=_NOTES, warnings=tuple(_warnings(validation))), width, paint)


def _cell(cell: CellReport, workflow: str) -> Row:
    cause, part = cell.blame
    floor = NOTHING if cell.floor is None else percent(cell.floor, signed=False)
    blame = f"{cause} {percent(part)}" if abs(part) >= _LEAST_BLAME else NOTHING
    cells = [
        count(len(cell.measured_s)),
        seconds(float(np.median(cell.measured_s))),
        seconds(float(np.median(cell.predicted_s))),
        percent(cell.error),
        floor,
        f"{cell.ks:.2f}",
        blame,
    ]
    return Row(f"{workflow} · {cell.cell.planner} · {cell.cell.start}", [*map(Cell, cells)])


def _overall(validation: Validation) -> Iterator[Row]:
    yield _errors("error of the makespan, by row above", validation.errors)
    if validation.floors:
        yield _errors("its floor: one half predicts the other", validation.floors)
    yield _errors("error of the makespan, by run", validation.run_errors)
    if validation.run_floors:
        yield _errors("its floor", validation.run_floors)
    yield _errors("error of the billed GB-seconds, by row", validation.bill_errors)


def _errors(name: str, errors: Errors) -> Row:
    shares = [percent(each, signed=False) for each in (errors.median, errors.p90, errors.most)]
    return Row(name, [*map(Cell, [count(errors.n), *shares, percent(errors.bias)])])


def _target(validation: Validation, paint: Paint) -> Iterator[str]:
    aim = f"median ≤ {MEDIAN_TARGET:.0%}, p90 ≤ {P90_TARGET:.0%} by row, no significant pair in the wrong order"
    if validation.is_on_target:
        yield paint(f"On target: {aim}", "good")
        return
    measured, predicted = map(sum, zip(*validation.causes.values(), strict=True))
    cause, (was, expected) = max(validation.causes.items(), key=lambda item: abs(item[1][1] - item[1][0]))
    share = percent((expected - was) / measured) if measured else NOTHING
    yield paint(f"Not on target: {aim}", "bad")
    yield f"Most of the error is in {cause}: {share} of the makespans, of {percent(predicted / measured - 1)} in all"


def _causes(validation: Validation) -> Iterator[Row]:
    whole_s = sum(measured for measured, _ in validation.causes.values())
    for cause in CAUSES:
        measured, predicted = validation.causes[cause]
        errors = np.abs([error for cell in validation.cells for error in cell.tasks[cause]])
        if not (measured or predicted or len(errors)):
            continue
        path = [seconds(measured), seconds(predicted), percent((predicted - measured) / whole_s)]
        tasks = [NOTHING, NOTHING]
        if len(errors):
            tasks = [percent(each, signed=False) for each in np.quantile(errors, [0.5, 0.9]).tolist()]
        yield Row(cause, [*map(Cell, [*path, count(len(errors)), *tasks])])


def _order(validation: Validation, paint: Paint) -> Iterator[str]:
    significant = [pair for pair in validation.pairs if pair.is_significant]
    tau = rank_correlation(validation.pairs)
    if tau is None:
        yield "Order of planners: there is one planner, or they take equally long"
        return
    told = plural(len(validation.pairs), "pair")
    yield f"Order of planners: {told}, rank correlation {tau:+.2f}; {len(significant)} differ significantly"
    sure = rank_correlation(significant)
    if sure is not None:
        wrong = len(validation.wrong_pairs)
        yield paint(f"Of those {wrong} predicted in the wrong order", "bad" if wrong else "good")
    for pair in validation.wrong_pairs:
        yield f"  {_pair(pair)}"


def _pair(pair: Pair) -> str:
    measured, predicted = seconds(pair.measured_s), seconds(-pair.predicted_s)
    place = f"{pair.workflow}, {pair.start}"
    return f"{place}: {pair.faster} before {pair.slower} by {measured} s, predicted after it by {predicted} s"


def _warnings(validation: Validation) -> Iterator[str]:
    if validation.n_failed:
        yield f"{plural(validation.n_failed, 'recorded run')} failed, and had no part in this"
    yield from validation.unpredicted
    for kept in validation.calibration.kept:
        yield f"not calibrated: {kept.path} ({kept.why})"
