"""Thresholds: from which size on an object is large, found among the sizes there are and what moving them costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from planners.estimate import cold_start_s
from planners.plan import Plan
from platforms import Platform
from workloads import Fault, Workflow

FLEXIBLE_EXPECTED = "a plan with flexible tasks, for only their workers decide where to go on"


def moving_s(platform: Platform, n_bytes: float) -> float:
    """What it takes to bring so much to the store and to fetch it, alone."""
    rate = platform.network.connection_bytes_per_s
    store = platform.store
    return store.put_latency_s.mean_s + store.get_latency_s.mean_s + (2 * n_bytes / rate if rate else 0.0)


def fresh_start_s(platform: Platform, memory_mb: float) -> float:
    """What it takes to call a worker until it runs."""
    return platform.invocation.call_s.mean_s + cold_start_s(platform, memory_mb)


def worth_trying(sizes: Iterable[int], platform: Platform, cost_s: float) -> Iterator[int]:
    """Thresholds among ``sizes``: what takes longer to move than ``cost_s``; the largest ones alone; all of them."""
    distinct = sorted({size for size in sizes if size > 0})
    if distinct:
        large = [size for size in distinct if moving_s(platform, size) >= cost_s]
        yield from dict.fromkeys([*large[:1], distinct[-1], distinct[0]])


def joins(plan: Plan, workflow: Workflow) -> Iterator[int]:
    """Flexible tasks with several parents."""
    for task in range(workflow.n_tasks):
        if plan.assignment[task] is None and len(workflow.parents.row(task)) > 1:
            yield task


def read_from(workflow: Workflow, task: int) -> dict[int, int]:
    """Per parent of a task, how many bytes of what it made the task reads."""
    sizes = dict.fromkeys(workflow.parents.row(task).tolist(), 0)
    for found in workflow.inputs.row(task).tolist():
        producer = int(workflow.object_producer[found])
        if producer >= 0:
            sizes[producer] += int(workflow.object_bytes[found])
    return sizes


def large_edges(plan: Plan, workflow: Workflow, least_bytes: int) -> Iterator[tuple[int, int]]:
    """Flexible parents and joins, where the join reads at least so much of what the parent makes."""
    for join in joins(plan, workflow):
        for parent, n_bytes in read_from(workflow, join).items():
            if n_bytes >= least_bytes and plan.assignment[parent] is None:
                yield parent, join


def threshold_faults(plan: Plan, field: str, least_bytes: int) -> Iterator[Fault]:
    """A threshold that means nothing, or means it to nobody."""
    if least_bytes < 0:
        yield Fault("plan", f"orders.{field}", least_bytes, "bytes from 0")
    if not plan.n_flexible:
        yield Fault("plan", f"orders.{field}", least_bytes, FLEXIBLE_EXPECTED)
