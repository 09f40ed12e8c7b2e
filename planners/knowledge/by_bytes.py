"""Predicting from records that differ in bytes alone: the nearest that are enough, else a line, else all there are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from planners.knowledge.history import CLASSES_PER_OCTAVE, Cell
from planners.knowledge.line import Line, fit
from planners.knowledge.sketch import Sketch

ENOUGH = 6
"""Records of which a prediction is made without looking further (the number that octoflows asks for)."""
WINDOWS = (0, 1, 2, 4, CLASSES_PER_OCTAVE)
"""How many classes of bytes to both sides are looked at, until there are enough records."""


class Prediction(NamedTuple):
    """A believed figure."""

    value: float
    basis: str
    """Which records it is made of."""
    n: int
    """How many they are."""


@dataclass(frozen=True, eq=False)
class ByBytes:
    """Records by class of bytes, at least one; what is computed from them is kept, for the next task of the kind."""

    cells: Mapping[int, Cell]
    """By class, ascending."""
    quantile: float | None
    """What is predicted; None is the average."""

    def at(self, n_bytes: float) -> Prediction:
        """What is believed of so many bytes."""
        wanted = class_number(n_bytes)
        if wanted not in self._near:
            self._near[wanted] = self._nearby(wanted)
        if found := self._near[wanted]:
            return found
        if self.line:
            return Prediction(self.line.at(n_bytes), "a line through other amounts of input", self.n)
        return predicted(self.every, self.quantile, "other amounts of input")

    @cached_property
    def line(self) -> Line | None:
        """The line through all records; None if their bytes hardly differ."""
        lines = fit([(cell.bytes_sum / cell.n, cell.all) for cell in self.cells.values()])
        return lines.at(self.quantile) if lines else None

    @cached_property
    def every(self) -> Sketch:
        """All records."""
        return merged(cell.all for cell in self.cells.values())

    @property
    def mean_bytes(self) -> float:
        """Bytes of a record on average."""
        return sum(cell.bytes_sum for cell in self.cells.values()) / self.n

    @cached_property
    def n(self) -> int:
        """How many records there are."""
        return sum(cell.n for cell in self.cells.values())

    @cached_property
    def _near(self) -> dict[int, Prediction | None]:
        return {}

    def _nearby(self, wanted: int) -> Prediction | None:
        """Of enough records, or of all where there are fewer, on about as many bytes."""
        for window in WINDOWS:
            classes = range(wanted - window, wanted + window + 1)
            near = [self.cells[number] for number in classes if number in self.cells]
            if sum(cell.n for cell in near) >= min(ENOUGH, self.n):
                within = 2 ** ((window + 1) / CLASSES_PER_OCTAVE) - 1
                return predicted(merged(cell.all for cell in near), self.quantile, f"input within {within:.0%}")
        return None


def class_number(n_bytes: float) -> int:
    """`planners.knowledge.history.class_of` of one amount."""
    return 1 + math.floor(math.log2(max(1.0, n_bytes)) * CLASSES_PER_OCTAVE) if n_bytes > 0 else 0


def middle_of(number: int) -> float:
    """The geometric mean of the amounts of a class."""
    return float(2 ** ((number - 0.5) / CLASSES_PER_OCTAVE)) if number else 0.0


def merged(sketches: Iterable[Sketch]) -> Sketch:
    """The values of all."""
    return Sketch().merged(*sketches)


def predicted(sketch: Sketch, quantile: float | None, basis: str) -> Prediction:
    """The average or quantile of some records, at least one."""
    return Prediction(sketch.mean if quantile is None else sketch.quantile(quantile), basis, sketch.n)
