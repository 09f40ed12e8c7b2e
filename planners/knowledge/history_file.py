"""Histories as JSON files.

    {
      "schema_version": 1,
      "kind": "history",
      "relative_error": 0.01,
      "n_runs": 30,
      "cells": [
        {"topic": "run", "function": "multiply", "number": 1769, "bytes_class": 192, "bytes_sum": 480000000,
         "kept": {"zeros": 0, "sum": 14400000000, "least": 470000000, "most": 490000000, "bins": [[995, 20], [998, 4]]},
         "held": {"zeros": 0, "sum": 2880000000, "least": 475000000, "most": 490000000, "bins": [[996, 6]]}}
      ]
    }

Times are in ns. A bin is its number and how many values it holds; see `planners.knowledge.sketch`. The same history is
the same bytes, whatever the order in which it was merged.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec

from planners.knowledge.history import OF_A_SIZE, Cell, History, Key, Topic
from planners.knowledge.sketch import MOST, RELATIVE_ERROR, Sketch
from workloads import Fault
from workloads.errors import refuse_if
from workloads.files import read_json

SCHEMA_VERSION = 1
KIND = "history"
_EXPECTED = "a history that faascast learn wrote (JSON)"

_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Value = Annotated[int, msgspec.Meta(ge=0)]
"""At most `MOST`, which is checked here: msgspec's own bounds end there."""


class _Sketch(msgspec.Struct, forbid_unknown_fields=True):
    zeros: _Count
    sum: Any
    least: _Value
    most: _Value
    bins: list[tuple[int, Annotated[int, msgspec.Meta(ge=1, le=2**53)]]]


class _Cell(msgspec.Struct, forbid_unknown_fields=True):
    topic: Topic
    function: str
    number: _Value
    bytes_class: Annotated[int, msgspec.Meta(ge=0, le=1 + 63 * 8)]
    bytes_sum: Any
    kept: _Sketch
    held: _Sketch


def write_history(history: History, path: Path | str) -> None:
    """Write a history."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "kind": KIND,
        "relative_error": RELATIVE_ERROR,
        "n_runs": history.n_runs,
        "cells": [_written(key, cell) for key, cell in history.cells.items()],
    }
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)  # msgspec's whole numbers end at 2^64
    Path(path).write_text(text.replace('{"topic":"', '\n{"topic":"') + "\n", "utf-8")


def read_history(path: Path | str) -> History:
    """Read a history; InvalidInput with all that is wrong with the file."""
    where, document = str(path), read_json(path, _EXPECTED)
    refuse_if(_head_faults(where, document))
    faults: list[Fault] = []
    cells: dict[Key, Cell] = {}
    for place, entry in enumerate(document["cells"]):
        field = f"cells[{place}]"
        try:
            read = msgspec.convert(entry, _Cell)
        except msgspec.ValidationError as error:
            faults.append(Fault(where, field, entry, f"a cell of a history ({error})"))
            continue
        key = Key(read.topic, read.function, read.number, read.bytes_class)
        wrong = [*_cell_faults(where, field, read)]
        if key in cells:
            wrong.append(Fault(where, field, tuple(key), "each topic, function, number and class once"))
        faults += wrong
        if not wrong:
            cells[key] = Cell(_sketch(read.kept), _sketch(read.held), read.bytes_sum)
    refuse_if(faults)
    return History(cells, document["n_runs"])


def _head_faults(where: str, document: Any) -> Iterator[Fault]:
    if not isinstance(document, dict):
        yield Fault(where, "", type(document).__name__, _EXPECTED)
        return
    wanted = {"schema_version": SCHEMA_VERSION, "kind": KIND, "relative_error": RELATIVE_ERROR}
    for name, value in wanted.items():
        found = document.get(name)
        if found != value or isinstance(found, bool):
            yield Fault(where, name, found, f"{value!r}, for it is to be {_EXPECTED}")
    if document.get("kind") != KIND:
        return  # it is something else
    n_runs = document.get("n_runs")
    if not isinstance(n_runs, int) or isinstance(n_runs, bool) or not 0 <= n_runs <= 2**53:
        yield Fault(where, "n_runs", n_runs, "a whole number ≥ 0")
    if not isinstance(document.get("cells"), list):
        yield Fault(where, "cells", document.get("cells"), "a list of cells")
    for name in sorted(set(document) - {*wanted, "n_runs", "cells"}):
        yield Fault(where, name, document[name], "no such field")


def _cell_faults(where: str, field: str, cell: _Cell) -> Iterator[Fault]:
    """What does not go together."""
    if not _is_whole(cell.bytes_sum):
        yield Fault(where, f"{field}.bytes_sum", cell.bytes_sum, "a whole number ≥ 0")
    if cell.topic in OF_A_SIZE and not 1 <= cell.number <= MOST_MB:
        yield Fault(where, f"{field}.number", cell.number, f"a size from 1 to {MOST_MB} MB")
    n = 0
    for name, sketch in (("kept", cell.kept), ("held", cell.held)):
        keys = [key for key, _ in sketch.bins]
        values = sketch.zeros + sum(count for _, count in sketch.bins)
        n += values
        if not _is_whole(sketch.sum) or not sketch.least * values <= sketch.sum <= sketch.most * values:
            yield Fault(where, f"{field}.{name}.sum", sketch.sum, "the sum of values between least and most")
        if sketch.most > MOST:
            yield Fault(where, f"{field}.{name}.most", sketch.most, f"at most {MOST}")
        if keys != sorted(set(keys)) or (keys and not -1 <= keys[0] <= keys[-1] <= _MOST_BIN):
            yield Fault(where, f"{field}.{name}.bins", keys[:9], f"ascending numbers from −1 to {_MOST_BIN}")
    if not n:
        yield Fault(where, field, "without values", "at least one")


_MOST_BIN = 2_200
MOST_MB = 10**9


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _written(key: Key, cell: Cell) -> dict[str, Any]:
    told = {"topic": key.topic.value, "function": key.function, "number": key.number, "bytes_class": key.bytes_class}
    sketches = {"kept": _plain(cell.kept), "held": _plain(cell.held)}
    return {**told, "bytes_sum": cell.bytes_sum, **sketches}


def _plain(sketch: Sketch) -> dict[str, Any]:
    return {name: getattr(sketch, name) for name in ("zeros", "sum", "least", "most", "bins")}


def _sketch(read: _Sketch) -> Sketch:
    return Sketch(read.zeros, tuple(read.bins), read.sum, read.least, read.most)
