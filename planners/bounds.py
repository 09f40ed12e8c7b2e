"""The lower bound of a plan: what no run of it is expected to undercut.

What is counted is certain under the plan, at its mean, so the bound is to be compared with a mean makespan; where
a platform's times are constant no run undercuts it. Counted are the call and start of each worker (cold where
nothing idle can be there, else whatever is less), each task alone on its worker, and upload, ledger request and
fetch between named workers that differ. Not counted is what depends on the run: queues, sharing, and which tasks
a flexible worker continues with. Lanes of a map node that may be void count as work, as likely as they are, and not
on the path.

It holds with preloading (an input may be fetched as soon as it is there) and streaming. Of a task that may run more
than once nothing is certain but that it comes after its parents: the sooner of two runs is sooner than either is
expected to be.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planners.estimate import cold_start_s, expected_exec_s, goals
from planners.pipeline import Pipeline, pipeline
from planners.plan import Plan
from planners.transfers import Transfers
from platforms import Platform
from workloads import Workflow


@dataclass(frozen=True)
class LowerBound:
    """Three reasons why a plan takes at least so long."""

    path_s: float
    """Its longest chain of starts, tasks and transfers."""
    worker_s: float
    """The worker with most to do, all its slots busy from its start on."""
    platform_s: float
    """All tasks, on as many slots and cores as the platform lends at once."""

    @property
    def makespan_s(self) -> float:
        """The longest of them."""
        return max(self.path_s, self.worker_s, self.platform_s)


def lower_bound(workflow: Workflow, plan: Plan, platform: Platform) -> LowerBound:
    """The lower bound of a plan that `check_plan` accepts."""
    costs = _Costs(workflow, plan, platform)
    # When a worker is called depends on when it is told of its tasks, and that on such calls. The first sweep takes
    # every call to be at once, the second at the earliest that the first found; a third might find more.
    told_s, begin_s, end_s = _sweep(costs, [0.0] * len(plan.workers))
    called_s = [min(told_s[task] for task in tasks) for tasks in costs.called_for]
    for worker, early_s in _called_early(plan, begin_s, end_s):
        called_s[worker] = min(called_s[worker], early_s)
    _, _, end_s = _sweep(costs, called_s)
    path_s = max(end + left for end, left in zip(end_s, costs.result_s, strict=True))
    return LowerBound(path_s, _worker_s(costs, called_s), _platform_s(costs))


@dataclass(frozen=True)
class _Edge:
    """What is certain between a parent and its child."""

    parent: int
    elsewhere: bool
    """The parent is not on the child's named worker, or need not be."""
    publish_s: float
    """From its end until another worker can fetch."""
    fetch_s: float


class _Costs:
    """What is certain to be paid, and where."""

    def __init__(self, workflow: Workflow, plan: Plan, platform: Platform) -> None:
        self.workflow, self.plan, self.platform = workflow, plan, platform
        transfers = Transfers(workflow, platform)
        request_s = platform.ledger.request_s.mean_s
        self.sizes_mb = [plan.size_of(task) for task in range(plan.n_tasks)]
        self.copied = {each.task for each in plan.orders.duplicate} | {each.task for each in plan.orders.backup}
        once = np.array([task not in self.copied for task in range(plan.n_tasks)])
        self.exec_s: list[float] = (once * expected_exec_s(workflow, platform, self.sizes_mb)).tolist()
        self.chance: list[float] = workflow.chance.tolist()
        self.initial_s: list[float] = transfers.initial_fetch_s.tolist()
        is_sure = once & (workflow.chance == 1.0)
        result_s = np.where(is_sure & goals(workflow), transfers.result_upload_s + request_s, 0.0)
        self.result_s: list[float] = result_s.tolist()
        published_s = transfers.edge_upload_s + request_s
        self.edges = _edges(workflow, plan, published_s, transfers.edge_fetch_s, self.copied)
        self.called_for = _called_for(self.edges, plan)
        self.ahead: dict[int, dict[int, Pipeline]] = {}
        """Per task that reads ahead, what comes from which parents."""
        for order in plan.orders.stream:
            pipe = pipeline(workflow, platform, order.producer, order.consumer, order.chunks)
            self.ahead.setdefault(order.consumer, {})[order.producer] = pipe
        self.called_early = {order.worker for order in plan.orders.call_early}
        self.up_s = [
            _up_s(platform, plan, worker.memory_mb, any(not self.edges[task] for task in tasks))
            for worker, tasks in zip(plan.workers, self.called_for, strict=True)
        ]
        self.flexible_up_s = _up_s(platform, plan, plan.flexible_mb, True) if plan.flexible_mb else 0.0


def _edges(
    workflow: Workflow, plan: Plan, publish_s: NDArray[np.float64], fetch_s: NDArray[np.float64], copied: Set[int]
) -> list[list[_Edge]]:
    """Per task, the edges from its parents."""
    edges: list[list[_Edge]] = [[] for _ in plan.assignment]
    streaming = {order.producer for order in plan.orders.stream}  # of which only the last chunks may be left
    pairs = zip(workflow.parents.keys.tolist(), workflow.parents.indices.tolist(), strict=True)
    chance = workflow.chance
    for (task, parent), publish, fetch in zip(pairs, publish_s.tolist(), fetch_s.tolist(), strict=True):
        if chance[parent] < min(1.0, chance[task]):
            continue  # the lane may be void, and who reads all lanes waits for the splitter in any case
        here, there = plan.assignment[task], plan.assignment[parent]
        apart = here is not None and there is not None and here != there and copied.isdisjoint((task, parent))
        apart_s = (0.0 if parent in streaming else publish, fetch) if apart else (0.0, 0.0)
        edges[task].append(_Edge(parent, here != there or parent in copied, *apart_s))
    return edges


def _called_for(edges: list[list[_Edge]], plan: Plan) -> list[list[int]]:
    """Per worker, the tasks it may first be called for: those without a parent on it."""
    called_for: list[list[int]] = [[] for _ in plan.workers]
    for task, worker in enumerate(plan.assignment):
        if worker is not None and all(edge.elsewhere for edge in edges[task]):
            called_for[worker].append(task)
    return called_for


def _called_early(plan: Plan, begin_s: list[float], end_s: list[float]) -> Iterator[tuple[int, float]]:
    """Before when workers are not called early, one by one."""
    for order in plan.orders.call_early:
        ran_s, after_s = end_s[order.task], order.after_s
        yield order.worker, ran_s if after_s is None else min(ran_s, begin_s[order.task] + after_s)


def _up_s(platform: Platform, plan: Plan, memory_mb: int, at_once: bool) -> float:
    """From the call of a worker until it is up; one called `at_once` meets no instance that served before."""
    cold_s = cold_start_s(platform, memory_mb)
    idle_mb = {idle.memory_mb for idle in platform.pool.initial} | {prewarm.memory_mb for prewarm in plan.prewarms}
    least_s = cold_s if at_once and memory_mb not in idle_mb else min(cold_s, platform.start.warm_s.mean_s)
    return platform.invocation.call_s.mean_s + least_s


def _sweep(costs: _Costs, called_s: list[float]) -> tuple[list[float], list[float], list[float]]:
    """Per task, before when its worker does not know that its parents are done, it does not begin, and not end.

    `called_s` is per worker, before when it is not called.
    """
    told_s, begin_s, end_s = ([0.0] * len(costs.edges) for _ in range(3))
    for task in costs.workflow.topological_order.tolist():
        visible = [(end_s[edge.parent] + edge.publish_s, edge) for edge in costs.edges[task]]
        told_s[task] = max((visible_s for visible_s, _ in visible), default=0.0)
        if costs.chance[task] < 1.0:
            begin_s[task] = end_s[task] = told_s[task]  # if it is void, that is all
            continue
        up_s, initial_s = _up_and_initial_s(costs, called_s, task, told_s[task])
        ahead = costs.ahead.get(task, {})
        fetched_s = [max(at_s, up_s) + edge.fetch_s for at_s, edge in visible if edge.parent not in ahead]
        begin_s[task] = max([up_s + initial_s, *fetched_s, *(begin_s[parent] for parent in ahead), 0.0])
        end_s[task] = begin_s[task] + costs.exec_s[task]
        for parent, pipe in ahead.items():
            first_s, _ = pipe.arrivals_s(begin_s[parent], costs.exec_s[parent], up_s)
            put_s = max(end_s[parent] + pipe.put_s, pipe.put_by_s(begin_s[parent], costs.exec_s[parent]))
            last_s = put_s + pipe.get_s  # who comes late may get it all at once
            end_s[task] = max(end_s[task], pipe.end_s((first_s, last_s), begin_s[task], costs.exec_s[task]))
    return told_s, begin_s, end_s


def _up_and_initial_s(costs: _Costs, called_s: list[float], task: int, told_s: float) -> tuple[float, float]:
    """Before when the task's worker is not up, and how long it then fetches what is in the store from the start."""
    worker = costs.plan.assignment[task]
    if task in costs.copied:
        return 0.0, 0.0
    if worker is None:
        # A task with parents may continue on the worker of one: up, and perhaps with the same initial inputs.
        return (0.0, 0.0) if costs.edges[task] else (costs.flexible_up_s, costs.initial_s[task])
    told_is_called = costs.called_for[worker] == [task] and worker not in costs.called_early
    call_s = told_s if told_is_called else called_s[worker]
    return call_s + costs.up_s[worker], costs.initial_s[task]


def _worker_s(costs: _Costs, called_s: list[float]) -> float:
    """The latest end of a worker that is busy from its start on, with its tasks' time or their CPU work."""
    exec_s, cpu_s, is_called = [0.0] * len(called_s), [0.0] * len(called_s), [False] * len(called_s)
    tasks = zip(costs.plan.assignment, costs.exec_s, _cpu_s(costs), costs.chance, strict=True)
    for runner, task_s, work_s, chance in tasks:
        if runner is not None:
            exec_s[runner] += task_s
            cpu_s[runner] += work_s
            is_called[runner] |= chance == 1.0
    ends_s = [0.0]
    begins_s = [(called + up) * sure for called, up, sure in zip(called_s, costs.up_s, is_called, strict=True)]
    for begin_s, execs, cpu, worker in zip(begins_s, exec_s, cpu_s, costs.plan.workers, strict=True):
        slots, vcpus = costs.platform.slots(worker.memory_mb), costs.platform.vcpus(worker.memory_mb)
        ends_s.append(begin_s + max(execs / slots, cpu / vcpus))
    return max(ends_s)


def _platform_s(costs: _Costs) -> float:
    """All tasks side by side on every instance the concurrency limits allow, or on all cores of a shared host."""
    limits, cores = costs.platform.limits, costs.platform.host.cores
    by_cores_s = sum(_cpu_s(costs)) / cores if cores else 0.0
    slots = {size_mb: costs.platform.slots(size_mb) for size_mb in costs.sizes_mb}
    busy_s = dict.fromkeys(slots, 0.0)
    for size_mb, exec_s in zip(costs.sizes_mb, costs.exec_s, strict=True):
        busy_s[size_mb] += exec_s
    bounds_s = [sum(costs.exec_s) / (limits.concurrency * max(slots.values()))] if limits.concurrency else []
    for size_mb, each_s in busy_s.items():
        most = limits.concurrency_of(size_mb)
        bounds_s += [each_s / (most * slots[size_mb])] if most else []
    return max(by_cores_s, *bounds_s, 0.0)


def _cpu_s(costs: _Costs) -> list[float]:
    vcpus = [costs.platform.vcpus(size_mb) for size_mb in costs.sizes_mb]
    _, cpu_s, _ = costs.workflow.demands(costs.sizes_mb, vcpus)
    cpu_s = cpu_s * costs.workflow.chance
    return [0.0 if task in costs.copied else float(each_s) for task, each_s in enumerate(cpu_s)]
