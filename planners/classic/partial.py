"""`Partial`: a schedule in the making, on a cost matrix."""

from __future__ import annotations

from collections.abc import Sequence

from planners.classic.cost_graph import CostGraph
from planners.classic.schedule import Placement, Schedule
from planners.classic.timeline import Timeline


class Partial:
    """What is placed so far, and where the next task could go.

    With `insertion` a task may go into a gap; without it, only after all that its processor runs already.
    """

    def __init__(self, graph: CostGraph, *, insertion: bool = True) -> None:
        self.graph = graph
        self.insertion = insertion
        self.kinds: Sequence[int] = range(graph.n_processors)
        """Per offer, the column of the cost matrix: here offers are processors."""
        self.processor = [-1] * graph.n_tasks
        """Per task its processor, -1 while it is not placed."""
        self.finish = [0.0] * graph.n_tasks
        self._start = [0.0] * graph.n_tasks
        self._timelines = [Timeline() for _ in range(graph.n_processors)]
        self._trail: list[tuple[int, int, Timeline]] | None = None

    def offers(self, task: int) -> tuple[list[float], list[float], Sequence[int]]:
        """Per processor the earliest start of `task`, all of whose placed parents count; what it costs; its kind."""
        costs = self.graph.rows[task]
        far, at, near = self._ready(task)
        if not self.insertion:
            starts = [max(far, timeline.last) for timeline in self._timelines]
            if at >= 0:
                starts[at] = max(near, self._timelines[at].last)
            return starts, costs, self.kinds
        starts = [timeline.earliest_start(far, cost) for timeline, cost in zip(self._timelines, costs, strict=True)]
        if at >= 0:
            starts[at] = self._timelines[at].earliest_start(near, costs[at])
        return starts, costs, self.kinds

    def place(self, task: int, processor: int, start: float) -> None:
        """Run `task` there from `start` on, which `offers` named."""
        timeline = self._timelines[processor]
        if self._trail is not None:
            self._trail.append((task, processor, timeline))
            timeline = self._timelines[processor] = timeline.copy()
        self.processor[task], self._start[task] = processor, start
        self.finish[task] = finish = start + self.graph.rows[task][processor]
        timeline.occupy(start, finish)

    def begin_trial(self) -> None:
        """From here on remember what is placed, to take it back."""
        self._trail = []

    def end_trial(self) -> None:
        """Take back what was placed since the trial began."""
        for task, processor, timeline in reversed(self._trail or ()):
            self._timelines[processor] = timeline
            self.processor[task] = -1
        self._trail = None

    def idle_from(self) -> list[float]:
        """Per processor, when all that it runs is done."""
        return [timeline.last for timeline in self._timelines]

    def schedule(self) -> Schedule:
        """All placements; every task has one."""
        return Schedule(tuple(map(Placement, self.processor, self._start, self.finish)))

    def _ready(self, task: int) -> tuple[float, int, float]:
        """When its inputs are there: on any processor but one, which one that is, and when they are there.

        The exception is the processor of the parent whose data arrive last: it has them already.
        """
        far, at = 0.0, -1
        inbound = self.graph.inbound[task]
        for parent, edge in inbound:
            arrives = self.finish[parent] + edge
            if self.processor[parent] >= 0 and (arrives > far or at < 0):
                far, at = arrives, self.processor[parent]
        near = 0.0
        for parent, edge in inbound:
            processor = self.processor[parent]
            if processor >= 0:
                arrives = self.finish[parent] + (0.0 if processor == at else edge)
                near = max(near, arrives)
        return far, at, near
