"""The lower bound of a plan: what no run of it is expected to undercut.

What is counted is certain under the plan, at its mean, so the bound is to be compared with a mean makespan; where a
platform's times are constant no run undercuts it. Counted are the call and start of each worker (cold where
nothing idle can be there, else whatever is less), each task alone on its worker, and upload, ledger request and
fetch between named workers that differ. Not counted is what depends on the run: queues, sharing, and which tasks a
flexible worker continues with.

It holds with preloading (an input may be fetched as soon as it is there), not with streaming or duplicated tasks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planners.estimate import cold_start_s, expected_exec_s, goals
from planners.plan import Plan
from planners.transfers import Transfers
from platforms import Platform
from workloads import Workflow

Seconds = NDArray[np.float64]


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
    if not workflow.n_tasks:
        return LowerBound(0.0, 0.0, 0.0)
    costs = _Costs(workflow, plan, platform)
    # When a worker is called depends on its tasks, and when they are ready on such calls: the first sweep takes
    # every call to be at once, the second at the earliest instant that the first found. More sweeps would find more.
    ready_s, _ = _sweep(costs, [0.0] * len(plan.workers))
    called_s = [min(ready_s[task] for task in firsts) for firsts in costs.firsts]
    _, end_s = _sweep(costs, called_s)
    path_s = max(end + left for end, left in zip(end_s, costs.result_s, strict=True))
    return LowerBound(path_s, _worker_s(costs, called_s), _platform_s(costs))


class _Costs:
    """What is certain to be paid."""

    def __init__(self, workflow: Workflow, plan: Plan, platform: Platform) -> None:
        self.workflow, self.plan, self.platform = workflow, plan, platform
        self.parents = workflow.parents.tuples()
        self.sizes_mb = [plan.size_of(task) for task in range(plan.n_tasks)]
        self.firsts = _firsts(self.parents, plan)
        self.up_s = [
            _up_s(platform, plan, worker.memory_mb, any(not self.parents[task] for task in firsts))
            for worker, firsts in zip(plan.workers, self.firsts, strict=True)
        ]
        self.flexible_up_s = _up_s(platform, plan, plan.flexible_mb, True) if plan.flexible_mb else 0.0
        transfers = Transfers(workflow, platform)
        request_s = platform.ledger.request_s.mean_s
        result_s = np.where(goals(workflow), transfers.result_upload_s + request_s, 0.0)
        apart_s = transfers.edge_upload_s + request_s + transfers.edge_fetch_s
        self.exec_s: list[float] = expected_exec_s(workflow, platform, self.sizes_mb).tolist()
        self.initial_s: list[float] = transfers.initial_fetch_s.tolist()
        self.result_s: list[float] = result_s.tolist()
        self.edge_s: list[float] = np.where(_apart(workflow, plan), apart_s, 0.0).tolist()


def _firsts(parents: tuple[tuple[int, ...], ...], plan: Plan) -> list[list[int]]:
    """Per worker, the tasks that may be its first: without a parent on it."""
    firsts: list[list[int]] = [[] for _ in plan.workers]
    for task, worker in enumerate(plan.assignment):
        if worker is not None and all(plan.assignment[parent] != worker for parent in parents[task]):
            firsts[worker].append(task)
    return firsts


def _up_s(platform: Platform, plan: Plan, memory_mb: int, at_once: bool) -> float:
    """From the call of a worker until it is up; one called `at_once` meets no instance that served before."""
    cold_s = cold_start_s(platform, memory_mb)
    idle_mb = {idle.memory_mb for idle in platform.pool.initial} | {prewarm.memory_mb for prewarm in plan.prewarms}
    least_s = cold_s if at_once and memory_mb not in idle_mb else min(cold_s, platform.start.warm_s.mean_s)
    return platform.invocation.call_s.mean_s + least_s


def _apart(workflow: Workflow, plan: Plan) -> NDArray[np.bool_]:
    """Per edge, in the order of `workflow.parents.indices`: between two named workers."""
    workers = np.array([-1 if worker is None else worker for worker in plan.assignment])
    parent, child = workers[workflow.parents.indices], workers[workflow.parents.keys]
    return np.asarray((parent >= 0) & (child >= 0) & (parent != child))


def _sweep(costs: _Costs, called_s: list[float]) -> tuple[list[float], list[float]]:
    """Per task, before when it is not ready and not done, if worker `w` is not called before `called_s[w]`."""
    ready_s, end_s = [0.0] * costs.workflow.n_tasks, [0.0] * costs.workflow.n_tasks
    bounds: list[int] = costs.workflow.parents.indptr.tolist()
    for task in costs.workflow.topological_order.tolist():
        edges_s = costs.edge_s[bounds[task] : bounds[task + 1]]
        ready_s[task] = max(
            (end_s[parent] + edge_s for parent, edge_s in zip(costs.parents[task], edges_s, strict=True)),
            default=0.0,
        )
        end_s[task] = max(ready_s[task], _fetched_s(costs, called_s, task, ready_s[task])) + costs.exec_s[task]
    return ready_s, end_s


def _fetched_s(costs: _Costs, called_s: list[float], task: int, ready_s: float) -> float:
    """Before when the task's worker is not up and has not fetched the task's initial inputs."""
    worker = costs.plan.assignment[task]
    if worker is None:
        # One that is not a root may continue on a worker that has its initial inputs.
        return 0.0 if costs.parents[task] else costs.flexible_up_s + costs.initial_s[task]
    alone = costs.firsts[worker] == [task]
    return (ready_s if alone else called_s[worker]) + costs.up_s[worker] + costs.initial_s[task]


def _worker_s(costs: _Costs, called_s: list[float]) -> float:
    exec_s, cpu_s = [0.0] * len(called_s), [0.0] * len(called_s)
    work_s = _cpu_s(costs)
    for task, worker in enumerate(costs.plan.assignment):
        if worker is not None:
            exec_s[worker] += costs.exec_s[task]
            cpu_s[worker] += work_s[task]
    busy_s = [
        max(
            exec_s[i] / costs.platform.slots(worker.memory_mb),
            cpu_s[i] / costs.platform.vcpus(worker.memory_mb),
        )
        for i, worker in enumerate(costs.plan.workers)
    ]
    return max(map(sum, zip(called_s, costs.up_s, busy_s, strict=True)), default=0.0)


def _platform_s(costs: _Costs) -> float:
    concurrency, cores = costs.platform.limits.concurrency, costs.platform.host.cores
    slots = max(map(costs.platform.slots, set(costs.sizes_mb)))
    by_slots_s = sum(costs.exec_s) / (concurrency * slots) if concurrency else 0.0
    by_cores_s = sum(_cpu_s(costs)) / cores if cores else 0.0
    return max(by_slots_s, by_cores_s)


def _cpu_s(costs: _Costs) -> list[float]:
    vcpus = [costs.platform.vcpus(size_mb) for size_mb in costs.sizes_mb]
    _, cpu_s, _ = costs.workflow.demands(costs.sizes_mb, vcpus)
    return list(cpu_s.tolist())
