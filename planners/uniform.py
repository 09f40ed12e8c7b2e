"""octoflows' uniform planner: groups of siblings on workers of one size, decided on predicted times.

Roots and the children of a fan-out are split at their median time; short ones with large outputs stay with
their parent, the others are grouped. An only child stays with its parent. A fan-in goes where most of its
data are.

What is done otherwise here, most of it so that a plan is a function of its input:

* workers are numbered in the order in which they are opened (there: random ids);
* tasks are walked level by level, fan-outs before joins, the longest path to the end first, and dealt in that order
  (there: reversed depth first, by the order of calls);
* times and sizes are the workflow's own at the plan's size (there: percentiles of recorded samples);
* that order decides among equally large outputs and among workers that hold equally much, too (there: the order of
  a dictionary); paths that tie keep the task order;
* of the ready tasks of a worker the longest path to the end runs first (there: whichever is ready).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Annotated, ClassVar

import msgspec

from planners.estimate import Estimate
from planners.evaluator import Evaluator
from planners.fixed import critical_first, fixed_plan
from planners.formula import predict
from planners.levels import depths
from planners.plan import Plan
from planners.planner import Planner
from planners.ranks import priorities
from planners.sizing import SizeMb, one_size_mb
from platforms import Platform
from workloads import Workflow
from workloads.parameters import Figure


@dataclass(frozen=True)
class Uniform(Planner):
    """octoflows' assignment: siblings in small groups, fan-ins where their data are, one size.

    Its estimated makespan is by the start-up-ignorant formula (`planners.formula`), as it was there. It knows of no
    concurrency limit: where its workers can keep each other from starting, `planners.check` says so.
    """

    name: ClassVar[str] = "uniform"

    size_mb: SizeMb = None
    group: Annotated[int, Figure("most siblings of a fan-out on one worker", "tasks", least=1)] = 3

    def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        """The assignment of octoflows, the critical path first."""
        size_mb, notes = one_size_mb(workflow, platform, self.size_mb)
        estimate = Estimate(workflow, platform, size_mb)
        plan = fixed_plan(self, estimate, grouped(estimate, self.group), notes)
        return msgspec.structs.replace(plan, estimated_makespan_s=predict(workflow, plan, platform).makespan_s)


def grouped(estimate: Estimate, group: int) -> tuple[int, ...]:
    """Octoflows' assignment at one size: per task its worker."""
    return _Assignment(estimate, group).workers()


class _Assignment:
    """Tasks in the order of the walk, each fan-out as a whole when the first of its tasks comes up."""

    def __init__(self, estimate: Estimate, group: int) -> None:
        self._workflow = estimate.workflow
        self._group = group
        self._exec_s: list[float] = estimate.exec_s.tolist()
        self._output_bytes = _output_bytes(estimate.workflow)
        self._walk = _walk(estimate)
        self._place = priorities(self._walk, estimate.workflow.n_tasks)
        self._parents = estimate.workflow.parents.tuples()
        self._children = estimate.workflow.children.tuples()
        self._worker: dict[int, int] = {}
        self._n_workers = 0

    def workers(self) -> tuple[int, ...]:
        """Per task its worker."""
        for task in self._walk:
            if task not in self._worker:
                self._assign(task)
        return tuple(self._worker[task] for task in range(self._workflow.n_tasks))

    def _in_order(self, tasks: Iterable[int]) -> list[int]:
        return sorted(tasks, key=self._place.__getitem__)

    def _assign(self, task: int) -> None:
        parents = self._parents[task]
        if not parents:
            self._fan_out(self._workflow.roots.tolist(), None)
        elif len(parents) > 1:
            self._worker[task] = self._holding_most(parents)
        else:
            self._fan_out(self._children[parents[0]], self._worker[parents[0]])

    def _holding_most(self, parents: tuple[int, ...]) -> int:
        held: dict[int, int] = {}
        for parent in self._in_order(parents):
            worker = self._worker[parent]
            held[worker] = held.get(worker, 0) + self._output_bytes[parent]
        return max(held, key=lambda worker: held[worker])

    def _fan_out(self, siblings: Iterable[int], here: int | None) -> None:
        """Assign the siblings not yet assigned; `here` is their parent's worker.

        An only child is the fan-out of one: at most the median, so it stays.
        """
        left = [task for task in self._in_order(siblings) if task not in self._worker]
        middle_s = median(self._exec_s[task] for task in left)
        long = [task for task in left if self._exec_s[task] > middle_s]
        short = sorted(
            (task for task in left if self._exec_s[task] <= middle_s),
            key=lambda task: -self._output_bytes[task],
        )
        if here is not None:
            self._worker.update(dict.fromkeys(short[: self._group], here))
            short = short[self._group :]
        for group in self._groups(long, short):
            self._worker.update(dict.fromkeys(group, self._n_workers))
            self._n_workers += 1

    def _groups(self, long: list[int], short: list[int]) -> Iterator[list[int]]:
        """A long task and shorts to fill its group, until one kind is used up; the rest among themselves."""
        while long and short:
            yield [long.pop(0), *short[: self._group - 1]]
            short = short[self._group - 1 :]
        yield from _cut(short, self._group)
        yield from _cut(long, max(1, self._group // 2))


def _walk(estimate: Estimate) -> list[int]:
    """All tasks by level, those with several parents after the others, the longest path to the end first."""
    workflow = estimate.workflow
    depth, place, n_parents = depths(workflow), critical_first(estimate), workflow.parents.counts.tolist()
    return sorted(range(workflow.n_tasks), key=lambda task: (depth[task], n_parents[task] > 1, place[task]))


def _cut(tasks: list[int], length: int) -> Iterator[list[int]]:
    for begin in range(0, len(tasks), length):
        yield tasks[begin : begin + length]


def _output_bytes(workflow: Workflow) -> list[int]:
    totals = [0] * workflow.n_tasks
    for task, made in zip(workflow.outputs.keys.tolist(), workflow.outputs.indices.tolist(), strict=True):
        totals[task] += int(workflow.object_bytes[made])
    return totals
