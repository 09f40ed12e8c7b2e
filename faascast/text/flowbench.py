"""Predictions of FlowBench's recorded runs, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from faascast.experiments.validation.errors import Errors
from faascast.experiments.validation.flowbench import METHODS, Prediction, groups_of
from faascast.text.figures import NOTHING, percent, plural
from faascast.text.remarks import Remarks, remarks
from faascast.text.table import Cell, Paint, Row, plain, table

_HEADS = ("workflow", "runs", "own times", "blind", "yardstick")
_NOTES = (
    "own times: how long each job ran is the run's own; its delays are medians of the other half of the runs",
    "blind: times and delays are medians of the other half; known is only which jobs ran on machines slowed down",
    "yardstick: the median makespan of those runs of the other half to which the same was done; nothing is simulated",
)


def flowbench_lines(predictions: Sequence[Prediction], width: int | None = None, paint: Paint = plain) -> Iterator[str]:
    """Mean errors of the predicted makespans by workflow and method."""
    groups = groups_of(predictions)
    yield paint(f"{plural(len(predictions), 'recorded run')}, each predicted from the other half", "strong")
    yield ""
    yield "Makespan: mean of |predicted − measured| / measured"
    yield from table(_HEADS, [_row(group.name, group.every) for group in groups], width, paint)
    yield ""
    yield "The same without runs in which disks were slowed down"
    yield from table(_HEADS, [_row(group.name, group.without_slow_disks) for group in groups], width, paint)
    yield from remarks(Remarks(notes=_NOTES), width, paint)


def _row(name: str, errors: Mapping[str, Errors] | None) -> Row:
    if errors is None:
        return Row(name, [Cell("0"), *[Cell(NOTHING, "faint")] * len(METHODS)])
    means = [percent(errors[method].mean, signed=False) for method in METHODS]
    return Row(name, [Cell(str(errors[METHODS[0]].n)), *map(Cell, means)])
