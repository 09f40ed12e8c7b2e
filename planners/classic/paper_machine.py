"""The papers' machine as a platform of ours: a schedule on a cost matrix as workflow, plan and platform.

On it processors are workers of a size each, tasks take what the matrix says on a worker of that size, and nothing else
takes time: no start, no latency, no rate. What an edge costs between two processors is a task of its own, on a worker
of its own, that takes so long. (A put and a get cannot say it exactly: a task's outputs become visible together, and a
task's inputs are fetched once all of them are, while on paper each edge is on its own from its producer's end.) Each
processor's order is kept by control edges, so a schedule can only move to the left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from planners.classic.cost_graph import CostGraph
from planners.classic.schedule import Placement, Schedule
from planners.plan import Plan, PlannedWorker
from platforms import Platform, load_platform
from workloads import MemoryTable, Workflow, WorkflowBuilder

Crossing = Callable[[int, int, int, int], float]
"""What an edge costs: parent, child, and their two processors."""

_FIRST_MB = 128


@dataclass(frozen=True)
class PaperRun:
    """Everything a simulation needs to carry a schedule out."""

    workflow: Workflow
    plan: Plan
    platform: Platform


def carried_out(graph: CostGraph, schedule: Schedule, crossing: Crossing | None = None) -> PaperRun:
    """What it takes to run `schedule`, duplicates included; its makespan is that of the schedule, or less.

    `crossing` is for machines whose links differ; without it an edge costs what the graph says.
    """
    links = Links(graph, schedule, crossing or (lambda parent, child, _, __: graph.edges[parent, child]))
    workflow = as_workflow(graph, links)
    return PaperRun(workflow, as_plan(workflow, links), as_platform(graph.n_processors))


def as_platform(n_processors: int) -> Platform:
    """A size for each processor, and nothing that takes time but tasks."""
    sizes = {"min_mb": _FIRST_MB, "max_mb": _FIRST_MB + n_processors - 1, "step_mb": 1, "default_mb": _FIRST_MB}
    return load_platform("ideal", sizes | {"cpu.slots": 1})


def as_workflow(graph: CostGraph, links: Links) -> Workflow:
    """A task for each copy and each crossing edge."""
    builder = WorkflowBuilder("paper")
    for copy, (task, _) in enumerate(links.copies):
        points = [(float(_FIRST_MB + at), cost) for at, cost in enumerate(graph.rows[task])]
        builder.add_task(links.names[copy], curve=MemoryTable(points), after=links.after[copy])
    for name, source, cost in links.crossings:
        builder.add_task(name, io_s=cost, after=[links.names[source]])
    return builder.build()


def as_plan(workflow: Workflow, links: Links) -> Plan:
    """A worker for each processor that is used, and one for each crossing edge."""
    used = sorted({placed.processor for _, placed in links.copies})
    workers = [PlannedWorker(f"p{processor}", _FIRST_MB + processor) for processor in used]
    workers += [PlannedWorker(name, _FIRST_MB) for name, _, _ in links.crossings]
    homes = [used.index(placed.processor) for _, placed in links.copies]
    return Plan(
        planner="paper",
        workflow=workflow.fingerprint,
        workers=tuple(workers),
        assignment=(*homes, *range(len(used), len(workers))),
        flexible_mb=None,
        priority=tuple(range(workflow.n_tasks)),
    )


class Links:
    """The copies of a schedule, and what each has to wait for."""

    def __init__(self, graph: CostGraph, schedule: Schedule, crossing: Crossing) -> None:
        self._graph, self._crossing = graph, crossing
        self.copies = schedule.copies
        self.names = [f"t{task}" if copy == task else f"t{task}.{copy}" for copy, (task, _) in enumerate(self.copies)]
        self.crossings: list[tuple[str, int, float]] = []
        """Name, the copy it comes from, and its cost."""
        self._runs: list[list[int]] = [[] for _ in range(graph.n_tasks)]
        for copy, (task, _) in enumerate(self.copies):
            self._runs[task].append(copy)
        self.after = [[*self._inputs(copy)] for copy in range(len(self.copies))]
        for before, copy in self._neighbours():
            self.after[copy].append(self.names[before])

    def _inputs(self, copy: int) -> Iterator[str]:
        """The tasks that bring a copy its inputs: the parents that ran beside it, and crossings."""
        task, here = self.copies[copy]
        for parent in self._graph.parents[task]:
            _, source = min((self._arrival(each, task, here), each) for each in self._runs[parent])
            cost = self._cost(source, task, here)
            if self.copies[source][1].processor == here.processor:
                yield self.names[source]
            else:
                self.crossings.append((f"{self.names[source]}>{self.names[copy]}", source, cost))
                yield self.crossings[-1][0]

    def _arrival(self, source: int, task: int, here: Placement) -> float:
        return self.copies[source][1].finish + self._cost(source, task, here)

    def _cost(self, source: int, task: int, here: Placement) -> float:
        parent, there = self.copies[source]
        same = there.processor == here.processor
        return 0.0 if same else self._crossing(parent, task, there.processor, here.processor)

    def _neighbours(self) -> Iterator[tuple[int, int]]:
        """Copies that follow each other on a processor."""

        def when(copy: int) -> tuple[int, float, float, int]:
            placed = self.copies[copy][1]
            return placed.processor, placed.start, placed.finish, rank[self.copies[copy][0]]

        rank = {task: at for at, task in enumerate(self._graph.topological_order)}
        for before, after in pairwise(sorted(range(len(self.copies)), key=when)):
            if self.copies[before][1].processor == self.copies[after][1].processor:
                yield before, after
