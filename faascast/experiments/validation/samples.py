"""Recorded runs as samples of cells: a workflow under a planner, on a pool that was empty or warm."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from faascast.experiments.calibration.evidence import Evidence


class Cell(NamedTuple):
    """What runs have in common that are told together."""

    workflow: str
    planner: str
    start: str
    """`cold`: the pool was empty; `warm`: it was not."""


@dataclass(frozen=True, eq=False)
class Sample:
    """One recorded run."""

    cell: Cell
    evidence: Evidence
    round: int
    """Runs of one round were recorded close to one another in time."""

    @property
    def makespan_s(self) -> float:
        """Of a run that succeeded."""
        assert self.evidence.makespan_s is not None
        return self.evidence.makespan_s


@dataclass(frozen=True, eq=False)
class Halves:
    """Runs to calibrate with, and runs to predict; those that failed, of which nobody can tell how long they take."""

    known: tuple[Sample, ...]
    unseen: tuple[Sample, ...]
    failed: tuple[Sample, ...]

    @property
    def all(self) -> tuple[Sample, ...]:
        """All that succeeded."""
        return (*self.known, *self.unseen)


def samples_of(runs: Iterable[Evidence]) -> list[Sample]:
    """Runs as samples; the rounds of a cell are counted in the order of its runs."""
    counts: Counter[Cell] = Counter()
    samples = []
    for run in runs:
        start = "cold" if run.was_cold else "warm"
        cell = Cell(run.workflow.name, run.plan.planner, start)
        samples.append(Sample(cell, run, counts[cell]))
        counts[cell] += 1
    return samples


def halves_of(samples: Sequence[Sample]) -> Halves:
    """Every other round is predicted, so that a machine that drifts is seen alike by both halves."""
    complete = [sample for sample in samples if sample.evidence.makespan_s is not None]
    known = tuple(sample for sample in complete if sample.round % 2 == 0)
    unseen = tuple(sample for sample in complete if sample.round % 2 == 1)
    failed = tuple(sample for sample in samples if sample.evidence.makespan_s is None)
    return Halves(known, unseen, failed)


def short_names(workflows: Iterable[str]) -> dict[str, str]:
    """Names of workflows without their parameters, where that still tells them apart.

    >>> short_names(["gemm,n=20", "gemm,n=40", "montage,bytes=1"])
    {'gemm,n=20': 'gemm,n=20', 'gemm,n=40': 'gemm,n=40', 'montage,bytes=1': 'montage'}
    """
    names = [*dict.fromkeys(workflows)]
    heads = Counter(name.partition(",")[0] for name in names)
    return {name: head if heads[head := name.partition(",")[0]] == 1 else name for name in names}


def by_cell(samples: Iterable[Sample]) -> dict[Cell, list[Sample]]:
    """Samples by cell, cells in the order of the alphabet."""
    found: dict[Cell, list[Sample]] = defaultdict(list)
    for sample in samples:
        found[sample.cell].append(sample)
    return {cell: found[cell] for cell in sorted(found)}
