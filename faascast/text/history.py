"""A history, for people: what was recorded, and how far off what is predicted from it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from faascast.text.figures import NOTHING, count, percent, plural
from faascast.text.remarks import Remarks, remarks
from faascast.text.table import Cell, Paint, Row, plain, table
from planners.knowledge.accuracy import Accuracy
from planners.knowledge.history import HELD_BACK, History


def history_lines(
    history: History, accuracies: tuple[Accuracy, ...], level: str, width: int | None = None, paint: Paint = plain
) -> Iterator[str]:
    """Records by topic, and the errors of predictions at a level."""
    told = f"{plural(history.n_runs, 'run')}, {plural(history.n_records, 'record')}"
    yield paint(f"{told} of {plural(len(history.functions), 'function')}", "strong")
    yield f"Predictions at {level}; error and coverage on each {_ordinal(HELD_BACK)} record, from the others"
    yield ""
    judged = {each.topic: each for each in accuracies}
    heads = ["records of a", "records", "held back", "median error", "covered"]
    rows = [Row(topic.value, [Cell(count(n)), *_cells(judged.get(topic))]) for topic, n in history.counts().items()]
    yield from table(heads, rows, width, paint)
    yield from remarks(Remarks(notes=tuple(_notes(history))), width, paint)


def _notes(history: History) -> Iterator[str]:
    sparse = [topic.value for topic, n in history.counts().items() if n < HELD_BACK]
    if sparse:
        yield f"too few records to hold any back, so of unknown error: {', '.join(sparse)}"


def _cells(found: Accuracy | None) -> list[Cell]:
    if found is None or math.isnan(found.median_error):
        return [Cell(NOTHING, "faint")] * 3
    return [
        Cell(count(found.n)),
        Cell(percent(found.median_error, signed=False)),
        Cell(percent(found.covered, signed=False)),
    ]


def _ordinal(n: int) -> str:
    return {2: "second", 3: "third", 4: "fourth", 5: "fifth"}.get(n, f"{n}th")
