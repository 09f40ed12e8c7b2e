"""Kinds of processor on a platform: the sizes offered to a list scheduler."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, TypeAlias

import numpy as np

from planners.classic import CostGraph
from planners.estimate import Estimate
from planners.parameters import Spelling
from planners.sizing import one_size_mb, size_ladder, sizes_name
from platforms import Platform
from workloads import Fault, InvalidInput, Workflow
from workloads.parameters import Figure

AUTO = "auto"


def _name(sizes: str) -> str:
    return AUTO if sizes == AUTO else sizes_name(sizes)


Sizes: TypeAlias = Annotated[
    str,
    Figure(
        "sizes to choose from for each worker, as 512+1769+3008, or auto = a half, 1, 2 and 4 times the platform's "
        "default; empty = size_mb for all",
        "MB",
    ),
    Spelling(_name),
]
"""The parameter of list schedulers that take sizes as kinds of processor."""


@dataclass(frozen=True)
class Kind:
    """One size."""

    estimate: Estimate
    exec_s: list[float]
    """Per task, on a slot of such a worker; inf where it needs more memory."""

    @property
    def memory_mb(self) -> int:
        """The size."""
        return self.estimate.memory_mb


def kinds_of(
    workflow: Workflow, platform: Platform, size_mb: int | None, sizes: str
) -> tuple[tuple[Kind, ...], tuple[str, ...]]:
    """The kinds, ascending, and notes for the plan; InvalidInput if there is none for some task."""
    if sizes and size_mb is not None:
        raise InvalidInput([Fault("planner", "sizes", sizes, "either sizes or size_mb")])
    if not sizes:
        one_mb, notes = one_size_mb(workflow, platform, size_mb)
        return (_kind(workflow, platform, one_mb),), notes
    ladder = size_ladder(workflow, platform, "" if sizes == AUTO else sizes)
    ladder, notes = _without_small(workflow, platform, ladder)
    return tuple(_kind(workflow, platform, each) for each in ladder), notes


def _without_small(
    workflow: Workflow, platform: Platform, ladder: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The sizes, and a note if some were left out.

    Where instances are limited, small ones could take up the room of the one that holds the largest task.
    """
    floor_mb = float(workflow.memory_mb.max())
    large = tuple(size_mb for size_mb in ladder if size_mb >= floor_mb)
    if len(large) == len(ladder) or platform.limits.concurrency is None:
        return ladder, ()
    small = "+".join(str(size_mb) for size_mb in ladder if size_mb < floor_mb)
    why = f"below the largest memory floor, {floor_mb:g} MB, where instances are limited"
    return large, (f"sizes {small} left out: {why}",)


def _kind(workflow: Workflow, platform: Platform, memory_mb: int) -> Kind:
    estimate = Estimate(workflow, platform, memory_mb)
    exec_s = np.where(workflow.memory_mb <= memory_mb, estimate.slot_exec_s, np.inf)
    return Kind(estimate, exec_s.tolist())


def mean_exec_s(kinds: Sequence[Kind]) -> list[float]:
    """Per task, its mean over the kinds that hold it."""
    rows = zip(*(kind.exec_s for kind in kinds), strict=True)
    return [sum(held) / len(held) for held in ([each for each in row if each < math.inf] for row in rows)]


def as_cost_graph(workflow: Workflow, kinds: Sequence[Kind]) -> CostGraph:
    """What tasks and edges cost, for priorities: a column for each kind; an edge is free where the worker is the same.

    A kind that does not hold a task counts with the mean of those that do: it is never taken, and must not shift the
    ranks of others.
    """
    means = mean_exec_s(kinds)
    rows = [
        [cost if cost < math.inf else mean for cost in row]
        for mean, *row in zip(means, *(kind.exec_s for kind in kinds), strict=True)
    ]
    pairs = zip(workflow.parents.indices.tolist(), workflow.parents.keys.tolist(), strict=True)
    return CostGraph(rows, dict(zip(pairs, kinds[0].estimate.edges_s().tolist(), strict=True)))
