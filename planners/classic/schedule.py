"""`Schedule`: when and where each task runs, and whether a graph allows that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from planners.classic.cost_graph import CostGraph
from planners.ties import close


@dataclass(frozen=True)
class Placement:
    """One task's processor and times."""

    processor: int
    start: float
    finish: float


@dataclass(frozen=True)
class Schedule:
    """A placement per task."""

    placements: tuple[Placement, ...]

    @property
    def makespan(self) -> float:
        """From 0 to the last finish."""
        return max((placement.finish for placement in self.placements), default=0.0)

    @property
    def starts(self) -> tuple[float, ...]:
        """Per task, its start."""
        return tuple(placement.start for placement in self.placements)

    @property
    def processors(self) -> tuple[int, ...]:
        """Per task, its processor."""
        return tuple(placement.processor for placement in self.placements)


def faults(schedule: Schedule, graph: CostGraph) -> tuple[str, ...]:
    """Everything that makes `schedule` impossible on `graph`; empty if it can be carried out."""
    return (*_lengths(schedule, graph), *_precedence(schedule, graph), *_overlaps(schedule))


def _lengths(schedule: Schedule, graph: CostGraph) -> Iterator[str]:
    for task, placed in enumerate(schedule.placements):
        due = placed.start + graph.costs[task, placed.processor]
        if placed.start < 0 or not close(placed.finish, due):
            yield f"task {task} runs {placed.start}…{placed.finish}; expected the end at {due}"


def _precedence(schedule: Schedule, graph: CostGraph) -> Iterator[str]:
    for (parent, child), cost in graph.edges.items():
        above, below = schedule.placements[parent], schedule.placements[child]
        arrival = above.finish + (cost if above.processor != below.processor else 0.0)
        if below.start < arrival and not close(below.start, arrival):
            yield f"task {child} starts at {below.start}, before {arrival}, when the data of {parent} arrive"


def _overlaps(schedule: Schedule) -> Iterator[str]:
    order = sorted(
        range(len(schedule.placements)),
        key=lambda task: (
            schedule.placements[task].processor,
            schedule.placements[task].start,
            schedule.placements[task].finish,
        ),
    )
    for one, two in pairwise(order):
        first, second = schedule.placements[one], schedule.placements[two]
        overlap = first.processor == second.processor and second.start < first.finish
        if overlap and not close(second.start, first.finish):
            yield f"tasks {one} and {two} overlap on processor {first.processor}"
