"""`History`: what recorded runs leave behind, in memory that does not grow with their number.

Every record is one figure of one topic: how long a function ran at a size on so many bytes, how long a get took.
Records that agree in topic, function, size and class of bytes share a cell, and of a cell only sketches are kept.
Classes of bytes are eighths of an octave, so that two amounts of one class are within 9 % of each other.

In every cell each fifth record, in the order in which they came, is held back: predictions are made of all, and what is
said about their error is measured on those held back by a predictor made of the others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planners.knowledge.sketch import Sketch, Whole

CLASSES_PER_OCTAVE = 8
HELD_BACK = 5
"""One record in so many."""

Integers = NDArray[np.integer]


class Topic(StrEnum):
    """What a record is about. Times are in ns, all else in bytes."""

    RUN = "run"
    """Computing, by function, size and bytes of all inputs."""
    OUTPUT = "output"
    """Bytes of an output, by function, its place among the outputs, and bytes of all inputs."""
    GET = "get"
    """By bytes."""
    PUT = "put"
    """By bytes."""
    COLD = "cold start"
    """From the admission of an invocation until its handler runs, by size."""
    INIT = "initialization"
    """The billed end of a cold start, by size."""
    WARM = "warm start"
    """By size."""
    CALL = "call"
    """From a call until it is accepted."""
    REQUEST = "ledger request"
    NOTIFY = "notification"


OF_A_SIZE = (Topic.RUN, Topic.COLD, Topic.INIT, Topic.WARM)
"""Topics whose records go by the size of an instance."""


class Key(NamedTuple):
    """What the records of a cell have in common; sorts by topic, function, size and bytes."""

    topic: Topic
    function: str = ""
    """Of runs and outputs."""
    number: int = 0
    """The size in MB of runs and starts; the place of an output among its task's."""
    bytes_class: int = 0
    """Of runs, outputs and transfers: see `class_of`."""


@dataclass(frozen=True)
class Cell:
    """The records of one key."""

    kept: Sketch
    held: Sketch
    """Those held back."""
    bytes_sum: int
    """Of all its records, for the mean bytes of its class."""

    @property
    def n(self) -> int:
        """How many records there are."""
        return self.kept.n + self.held.n

    @cached_property
    def all(self) -> Sketch:
        """Of every record."""
        return self.kept.merged(self.held)

    def __reduce__(self) -> tuple[type[Cell], tuple[Sketch, Sketch, int]]:
        return Cell, (self.kept, self.held, self.bytes_sum)

    def merged(self, other: Cell) -> Cell:
        """The records of both."""
        return Cell(self.kept.merged(other.kept), self.held.merged(other.held), self.bytes_sum + other.bytes_sum)


@dataclass(frozen=True, repr=False)
class History:
    """Immutable; equal by content. The order in which histories are merged changes nothing."""

    cells: Mapping[Key, Cell] = field(default_factory=dict)
    """In the order of the keys."""
    n_runs: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "cells", MappingProxyType(dict(sorted(self.cells.items()))))

    def merged(self, other: History) -> History:
        """The history of the runs of both."""
        cells = dict(self.cells)
        for key, cell in other.cells.items():
            cells[key] = cells[key].merged(cell) if key in cells else cell
        return History(cells, self.n_runs + other.n_runs)

    @property
    def n_records(self) -> int:
        """How many records there were."""
        return sum(cell.n for cell in self.cells.values())

    def counts(self) -> dict[Topic, int]:
        """Records by topic, of topics that have any."""
        counts = dict.fromkeys(Topic, 0)
        for key, cell in self.cells.items():
            counts[key.topic] += cell.n
        return {topic: n for topic, n in counts.items() if n}

    @cached_property
    def functions(self) -> tuple[str, ...]:
        """The functions whose runs were recorded, in alphabetical order."""
        return tuple(dict.fromkeys(key.function for key in self.cells if key.topic is Topic.RUN))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hexadecimal) over all of it."""
        return hashlib.sha256(repr((self.n_runs, list(self.cells.items()))).encode()).hexdigest()

    def __reduce__(self) -> tuple[type[History], tuple[dict[Key, Cell], int]]:
        return History, (dict(self.cells), self.n_runs)  # without what was computed of it

    def __repr__(self) -> str:
        return f"History({self.n_runs} runs, {self.n_records} records, {len(self.functions)} functions)"


class HistoryBuilder:
    """Takes records in, any number at a time."""

    def __init__(self, begin: History | None = None) -> None:
        begin = begin or History()
        self._cells: dict[Key, Cell] = dict(begin.cells)
        self._n_runs = begin.n_runs

    def add_runs(self, n: int = 1) -> None:
        """Count so many runs, of which the records are."""
        self._n_runs += n

    def add(
        self,
        topic: Topic,
        values: Whole,
        *,
        functions: Sequence[str] | None = None,
        numbers: Integers | None = None,
        n_bytes: Integers | None = None,
    ) -> None:
        """Take in one record for each value; what the topic does not go by is left out.

        ValueError for a negative figure, and for runs and starts of instances without a size.
        """
        if not len(values):
            return
        _check(topic, values, numbers, n_bytes)
        names, name = np.unique(
            np.array(functions if functions is not None else [""] * len(values)), return_inverse=True
        )
        number = _column(numbers, len(values))
        moved = _column(n_bytes, len(values))
        classes = class_of(moved) if n_bytes is not None else moved
        for rows in _groups(name, number, classes):
            first = int(rows[0])
            key = Key(topic, str(names[name[first]]), int(number[first]), int(classes[first]))
            self._take(key, values[rows], sum(moved[rows].tolist()))

    def _take(self, key: Key, values: Whole, bytes_sum: int) -> None:
        before = self._cells.get(key)
        n_before = before.n if before else 0
        held = (n_before + np.arange(len(values))) % HELD_BACK == HELD_BACK - 1
        cell = Cell(Sketch.of(values[~held]), Sketch.of(values[held]), bytes_sum)
        self._cells[key] = before.merged(cell) if before else cell

    def build(self) -> History:
        """All that was taken in so far."""
        return History(self._cells, self._n_runs)


def _check(topic: Topic, values: Whole, numbers: Integers | None, n_bytes: Integers | None) -> None:
    least_size = 1 if topic in OF_A_SIZE else 0
    for what, figures, least in (("figure", values, 0), ("number", numbers, least_size), ("bytes", n_bytes, 0)):
        if figures is not None and figures.min() < least:
            raise ValueError(f"{what} of a {topic} is {figures.min()}; expected at least {least}")


def class_of(n_bytes: Integers) -> Integers:
    """The class of an amount: 0 of nothing, then one for each eighth of an octave."""
    octaves = np.log2(np.maximum(n_bytes, 1))
    return np.where(n_bytes > 0, 1 + np.floor(octaves * CLASSES_PER_OCTAVE), 0).astype(np.int64)


def _column(values: Integers | None, n: int) -> Whole:
    return np.zeros(n, dtype=np.int64) if values is None else np.asarray(values, dtype=np.int64)


def _groups(*columns: Integers) -> Iterator[NDArray[np.intp]]:
    """The rows that agree in every column, group by group, each in the order of the rows."""
    order = np.lexsort(columns)
    changes = np.zeros(len(order) - 1, dtype=np.bool_)
    for column in columns:
        changes |= np.diff(column[order]) != 0
    yield from np.split(order, np.flatnonzero(changes) + 1)
