"""Traces: when which workflow was asked for, as CSV with the header ``time_s,workflow``.

One line is one request: seconds since the beginning, not before the line above, and the name of a workflow, which may
be a specification (``"gen:chain,depth=2"``, quoted for its comma). A file may be longer than memory: it is read line
by line, once to be checked and once for each use.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workloads.errors import Fault, InvalidInput, refuse_if
from workloads.files import open_text

HEADER = ("time_s", "workflow")
LATEST_S = 1e9
"""The latest time of an arrival: about 30 years, of which the simulator still tells every nanosecond."""
_MOST_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Trace:
    """A trace file that was found good. Iterating gives (seconds, place in ``workflows``)."""

    path: Path
    workflows: tuple[str, ...]
    """The names that it holds, in the order in which they are there first."""
    n_requests: int
    last_s: float

    def __iter__(self) -> Iterator[tuple[float, int]]:
        place = {name: i for i, name in enumerate(self.workflows)}
        for row in _rows(self.path):
            if isinstance(row, Fault) or row[1] not in place:
                raise InvalidInput([Fault(str(self.path), "", "changed", "the file that it was when it was checked")])
            yield row[0], place[row[1]]


def read_trace(path: Path | str) -> Trace:
    """Check a trace file; InvalidInput with the line, field and value of what is wrong (the first 20 at most)."""
    path = Path(path)
    names: dict[str, None] = {}
    faults: list[Fault] = []
    n_requests, last_s = 0, 0.0
    for row in _rows(path):
        if isinstance(row, Fault):
            faults.append(row)
            if len(faults) == _MOST_FAULTS:
                break
            continue
        last_s, name = row
        names[name] = None
        n_requests += 1
    if not n_requests and not faults:
        faults.append(Fault(str(path), "", "no request", "at least one line after the header"))
    refuse_if(faults)
    return Trace(path, tuple(names), n_requests, last_s)


def _rows(path: Path) -> Iterator[tuple[float, str] | Fault]:
    """Requests, and faults where there is none."""
    try:
        with open_text(path) as file:
            lines = csv.reader(file, strict=True)
            try:
                yield from _read(str(path), lines)
            except csv.Error as error:
                yield Fault(f"{path}, line {lines.line_num}", "", str(error), f"CSV: {','.join(HEADER)}")
    except OSError as error:
        yield Fault(str(path), "", error.strerror or str(error), "a trace file that can be read")
    except UnicodeDecodeError:
        yield Fault(str(path), "", "not UTF-8", f"a text file with the header {','.join(HEADER)}")


def _read(where: str, lines: Iterator[list[str]]) -> Iterator[tuple[float, str] | Fault]:
    header = tuple(text.strip() for text in next(lines, []))
    if header != HEADER:
        yield Fault(f"{where}, line 1", "", ",".join(header), f"the header {','.join(HEADER)}")
        return
    before_s = 0.0
    for number, cells in enumerate(lines, 2):
        line = f"{where}, line {getattr(lines, 'line_num', number)}"
        if not cells:
            continue
        if len(cells) != len(HEADER):
            yield Fault(line, "", ",".join(cells), f"{len(HEADER)} fields, {','.join(HEADER)} (a comma wants quotes)")
            continue
        time_s, name = _number(cells[0]), cells[1].strip()
        if time_s is None or not before_s <= time_s <= LATEST_S:
            expected = f"seconds from {before_s:g}, the time of the line before, to {LATEST_S:g}"
            yield Fault(line, HEADER[0], cells[0], expected)
        elif not name:
            yield Fault(line, HEADER[1], cells[1], "the name of a workflow")
        else:
            before_s = time_s
            yield time_s, name


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
