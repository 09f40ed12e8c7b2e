"""The script: faults that are to happen, each at an attempt of an operation of a task.

A CSV file with the columns ``task``, ``attempt``, ``fault`` and, for faults that may happen during any operation,
``during`` and ``part``. So what a test, or a post-mortem, wants to happen happens, whatever the seed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from executor.faults.effects import DURING, FAULTS, Struck
from executor.records.operations import Kind
from workloads import Workflow
from workloads.errors import Fault, InvalidInput, nearest
from workloads.files import open_text

_COLUMNS = ("task", "attempt", "fault", "during", "part")
_NEEDED = _COLUMNS[:3]
_N = TypeVar("_N", int, float)


class ScriptedFault(Struct, frozen=True):
    """One line: what befalls the ``attempt``-th (from 1) operation of its kind for a task."""

    task: str
    attempt: int
    fault: str
    """A name of `executor.faults.FAULTS`."""
    during: str = "run"
    """For a crash or a false alarm: start, get, run, put, commit, read, call or message."""
    part: float = 0.5
    """The part of the operation's time, 0 to 1, after which it happens."""


class FaultScript:
    """Faults by kind of operation and task; ``faults`` are the lines, in their order."""

    __slots__ = ("_of", "faults", "kinds")

    def __init__(self, faults: Iterable[ScriptedFault], workflow: Workflow) -> None:
        """Raises InvalidInput if a fault names what there is not."""
        self.faults = faults = tuple(faults)
        found = [fault for line, each in enumerate(faults, 1) for fault in _faults_of(f"fault {line}", each, workflow)]
        if found:
            raise InvalidInput(found)
        self._of: dict[tuple[Kind, int], dict[int, Struck]] = {}
        for each in faults:
            named = FAULTS[each.fault]
            kind = DURING[each.during] if named.kind is None else named.kind
            place = (kind, workflow.index_of_task(each.task))
            self._of.setdefault(place, {})[each.attempt] = Struck(named.effect, each.part)
        self.kinds = frozenset(kind for kind, _ in self._of)

    def of(self, kind: Kind, task: int) -> Mapping[int, Struck] | None:
        """What befalls a task's operations of a kind, by attempt."""
        return self._of.get((kind, task))


def read_script(path: str | Path, workflow: Workflow) -> FaultScript:
    """The script in a CSV file. Raises InvalidInput with every fault of the file."""
    path = Path(path)
    rows = list(_rows(path))
    found = [fault for where, each in rows for fault in _faults_of(where, each, workflow)]
    if found:
        raise InvalidInput(found)
    return FaultScript([each for _, each in rows], workflow)


def script_text(script: FaultScript) -> str:
    """The CSV file that is read to an equal script."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows((each.task, each.attempt, each.fault, each.during, each.part) for each in script.faults)
    return file.getvalue()


def _rows(path: Path) -> Iterator[tuple[str, ScriptedFault]]:
    try:
        with open_text(path) as file:
            reader = csv.reader(file, strict=True)
            header = tuple(name.strip() for name in next(reader, ()))
            _check_header(path, header)
            for row in reader:
                if row:
                    where = f"{path}, line {reader.line_num}"
                    yield where, _read_row(where, header, row)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput([Fault(str(path), "", str(error), "a CSV file that can be read")]) from error


def _check_header(path: Path, header: Sequence[str]) -> None:
    unknown = [name for name in header if name not in _COLUMNS]
    lacking = [name for name in _NEEDED if name not in header]
    if unknown or lacking or len(set(header)) < len(header):
        expected = f"the columns {', '.join(_NEEDED)}, and if need be during and part, each once"
        raise InvalidInput([Fault(str(path), "header", ",".join(header), expected)])


def _read_row(where: str, header: Sequence[str], row: Sequence[str]) -> ScriptedFault:
    if len(row) > len(header):
        raise InvalidInput([Fault(where, "", ",".join(row), f"at most {len(header)} values")])
    values = {
        name: value if name == "task" else value.strip()
        for name, value in zip(header, row, strict=False)
        if value.strip()
    }
    return ScriptedFault(
        task=values.get("task", ""),
        attempt=_number(where, "attempt", values.get("attempt", ""), int, "a whole number from 1"),
        fault=values.get("fault", ""),
        during=values.get("during", "run"),
        part=_number(where, "part", values.get("part", "0.5"), float, "a number from 0 to 1"),
    )


def _number(where: str, field: str, value: str, kind: type[_N], expected: str) -> _N:
    try:
        return kind(value)
    except ValueError:
        raise InvalidInput([Fault(where, field, value, expected)]) from None


def _faults_of(where: str, each: ScriptedFault, workflow: Workflow) -> Iterator[Fault]:
    if each.task not in workflow.task_names:
        yield Fault(where, "task", each.task, nearest(each.task, workflow.task_names) + "a task of the workflow")
    if each.attempt < 1:
        yield Fault(where, "attempt", each.attempt, "a whole number from 1")
    if each.fault not in FAULTS:
        yield Fault(where, "fault", each.fault, f"{nearest(each.fault, FAULTS)}one of {', '.join(FAULTS)}")
    if each.during not in DURING:
        yield Fault(where, "during", each.during, f"one of {', '.join(DURING)}")
    if not 0 <= each.part <= 1:
        yield Fault(where, "part", each.part, "a number from 0 to 1")
