"""`Schedule`: when and where each task runs, and whether a graph allows that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from planners.classic.cost_graph import CostGraph
from planners.ties import close


@dataclass(frozen=True, slots=True)
class Placement:
    """One task's processor and times."""

    processor: int
    start: float
    finish: float


@dataclass(frozen=True)
class Schedule:
    """A placement per task, and those of tasks that run more than once."""

    placements: tuple[Placement, ...]
    duplicates: tuple[tuple[int, Placement], ...] = ()
    """Further copies: the task, and where and when it runs again."""

    @property
    def makespan(self) -> float:
        """From 0 to the last finish."""
        return max((placement.finish for _, placement in self.copies), default=0.0)

    @property
    def starts(self) -> tuple[float, ...]:
        """Per task, its start."""
        return tuple(placement.start for placement in self.placements)

    @property
    def processors(self) -> tuple[int, ...]:
        """Per task, its processor."""
        return tuple(placement.processor for placement in self.placements)

    @property
    def copies(self) -> tuple[tuple[int, Placement], ...]:
        """All runs, each with its task: first one of every task, then the duplicates."""
        return (*enumerate(self.placements), *self.duplicates)


def arrival(found: Placement, processor: int, edge: float) -> float:
    """When what ran at `found` has its output on `processor`, over an edge of that cost."""
    return found.finish + (0.0 if found.processor == processor else edge)


def faults(schedule: Schedule, graph: CostGraph) -> tuple[str, ...]:
    """Everything that makes `schedule` impossible on `graph`; empty if it can be carried out."""
    return (*_lengths(schedule, graph), *_precedence(schedule, graph), *_overlaps(schedule))


def _lengths(schedule: Schedule, graph: CostGraph) -> Iterator[str]:
    if len(schedule.placements) != graph.n_tasks:
        yield f"{len(schedule.placements)} tasks are placed; expected {graph.n_tasks}"
    for task, placed in schedule.copies:
        due = placed.start + graph.costs[task, placed.processor]
        if placed.start < 0 or not close(placed.finish, due):
            yield f"task {task} runs {placed.start}…{placed.finish}; expected the end at {due}"


def _precedence(schedule: Schedule, graph: CostGraph) -> Iterator[str]:
    """Every copy of a child needs what some copy of the parent made."""
    runs: list[list[Placement]] = [[] for _ in range(graph.n_tasks)]
    for task, placed in schedule.copies:
        runs[task].append(placed)
    for child, below in schedule.copies:
        for parent, cost in graph.inbound[child]:
            due = min((arrival(above, below.processor, cost) for above in runs[parent]), default=float("inf"))
            if below.start < due and not close(below.start, due):
                yield f"task {child} starts at {below.start}, before {due}, when the data of {parent} arrive"


def _overlaps(schedule: Schedule) -> Iterator[str]:
    order = sorted(schedule.copies, key=lambda copy: (copy[1].processor, copy[1].start, copy[1].finish))
    for (one, first), (two, second) in pairwise(order):
        overlap = first.processor == second.processor and second.start < first.finish
        if overlap and not close(second.start, first.finish):
            yield f"tasks {one} and {two} overlap on processor {first.processor}"
