"""Real runs, for people."""

from __future__ import annotations

import reprlib
import statistics
from collections.abc import Iterator, Sequence
from itertools import islice
from shlex import quote
from typing import TYPE_CHECKING

from faascast.explain.failure import failure_of
from faascast.settings import Use
from faascast.text.comparison import workflow_told
from faascast.text.figures import plural, seconds, size, usd
from faascast.text.run import run_lines
from faascast.text.table import Cell, Paint, Row, plain, table
from workloads.errors import in_one_line

if TYPE_CHECKING:
    from faascast.experiments.execution import ExecutedRun

_MOST_ITEMS, _MOST_CHARACTERS = 4, 160
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60


def executed_lines(
    run: ExecutedRun,
    uses: Sequence[Use],
    warnings: Sequence[str],
    again: str,
    width: int | None = None,
    paint: Paint = plain,
) -> Iterator[str]:
    """One run and its result, or why it failed; ``again`` is the command that would run it anew."""
    yield from run_lines(run, uses, warnings, width, paint)
    yield ""
    if run.status == "complete":
        yield f"result    {value_told(run.result())}"
    else:
        yield from _failure(run, again)


def several_lines(
    runs: Sequence[ExecutedRun], again: str, width: int | None = None, paint: Paint = plain
) -> Iterator[str]:
    """Several runs of one program, a line each, and their median; why the last one failed, if it did."""
    first = runs[0]
    yield paint(f"{first.workflow.name} on {first.platform.name} under {first.plan.planner}", "strong")
    yield workflow_told(first.workflow)
    yield ""
    heads = ["run", "makespan, s", "cold", "warm", "fetched", "uploaded", "USD"]
    yield from table(heads, [_row(number, run) for number, run in enumerate(runs, 1)], width, paint)
    known = [run.makespan_s for run in runs if run.makespan_s is not None]
    if known:
        yield ""
        yield f"median    {seconds(statistics.median(known))} s  of {plural(len(known), 'run')}"
    if runs[-1].status != "complete":
        yield ""
        yield from _failure(runs[-1], again)


def _row(number: int, run: ExecutedRun) -> Row:
    makespan = Cell("failed", "bad") if run.makespan_s is None else Cell(seconds(run.makespan_s))
    moved = [Cell(size(run.bytes_fetched)), Cell(size(run.bytes_uploaded))]
    return Row(
        str(number), [makespan, Cell(str(run.cold_starts)), Cell(str(run.warm_starts)), *moved, Cell(usd(run.cost_usd))]
    )


def _failure(run: ExecutedRun, again: str) -> Iterator[str]:
    failure = failure_of(run)
    if failure is not None:
        yield from failure.lines(f"{again} --resume {quote(str(run.folder))}" if run.can_be_resumed else None)


def value_told(value: object) -> str:
    """A value in one line of bearable length; large ones by their kind and size."""
    told = _told(value)
    return told if len(told) <= _MOST_CHARACTERS else f"{told[:_MOST_CHARACTERS]}…"


def _told(value: object) -> str:
    shape, kind = getattr(value, "shape", None), getattr(value, "dtype", None)
    if isinstance(shape, tuple) and shape and kind is not None:
        return f"an array of {kind}, {' × '.join(map(str, shape))}"
    if isinstance(value, bytes) and len(value) > _SHORT.maxstring:
        return f"{size(len(value))} of bytes"
    if isinstance(value, dict):
        shown = [f"{_SHORT.repr(key)}: {_told(each)}" for key, each in islice(value.items(), _MOST_ITEMS)]
        return f"{{{', '.join(shown)}{', …' if len(value) > _MOST_ITEMS else ''}}}"
    return in_one_line(_SHORT.repr(value))
