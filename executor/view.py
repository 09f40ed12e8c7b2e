"""From the arrays of a workflow, a plan and a platform to the plain tuples a machine works with."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from executor.worker.retry import Retry
from executor.worker.view import FLEXIBLE, Delay, EarlyStart, MapLanes, Route, View
from planners.memory import may_run_short
from planners.orders import DelayIO, Orders
from planners.plan import Plan
from platforms import Platform
from platforms.faults import Backoff
from workloads import Csr, Workflow

NS_PER_S = 1_000_000_000
SHARE_OF_LIFE = 1 / 3
"""Of the maximum duration, in which a worker goes on with further flexible tasks: one of twice as long still ends."""


def make_view(workflow: Workflow, plan: Plan, platform: Platform, like: View | None = None) -> View:
    """The view that every machine of a run shares. The plan must fit the workflow (`planners.check_plan`).

    What no plan changes is taken over from a view ``like`` it, of the same workflow.
    """
    worker_of = np.array([FLEXIBLE if w is None else w for w in plan.assignment], dtype=np.int64)
    numbers = _Numbers(max(workflow.n_tasks, workflow.n_objects))
    copied = _copied(workflow, plan)
    local_edge = _local_edges(workflow, worker_of, copied)
    is_goal = _goals(workflow)
    uploads = _uploads(workflow, worker_of, copied)
    route = _routes(workflow, worker_of, is_goal, copied)
    local_parents = _count(workflow.parents, local_edge)
    tasks_of = _tasks_of(workflow, worker_of, len(plan.workers))
    flexible_mb = plan.flexible_mb or platform.sizes.default_mb
    outputs = like.outputs if like else numbers.rows(workflow.outputs)
    frugal, flexible_is_frugal = _frugal(workflow, plan, platform)
    return View(
        parents=like.parents if like else numbers.rows(workflow.parents),
        children=like.children if like else numbers.rows(workflow.children),
        inputs=like.inputs if like else numbers.rows(workflow.inputs),
        outputs=outputs,
        consumers=like.consumers if like else numbers.rows(workflow.consumers),
        producer=like.producer if like else numbers.of(workflow.object_producer),
        is_result=like.is_result if like else tuple(workflow.is_result.tolist()),
        priority=plan.priority,
        worker_of=tuple(worker_of.tolist()),
        tasks_of=tasks_of,
        memory_mb=tuple(worker.memory_mb for worker in plan.workers),
        hold=tuple(worker.hold for worker in plan.workers),
        slots=_slots(plan, platform, tasks_of),
        flexible_mb=flexible_mb,
        flexible_slots=min(workflow.n_tasks, platform.slots(flexible_mb)),
        frugal=frugal,
        flexible_is_frugal=flexible_is_frugal,
        parallel_transfers=platform.network.parallel_transfers,
        callers=platform.invocation.callers,
        client_callers=platform.invocation.client_callers,
        route=tuple(map(tuple(Route).__getitem__, route.tolist())),
        uploads=tuple([out if out == up else up for out, up in zip(outputs, numbers.rows(uploads), strict=True)]),
        local_parents=tuple(local_parents.tolist()),
        remote_edges=tuple((workflow.parents.counts - local_parents).tolist()),
        goals=tuple(np.flatnonzero(is_goal).tolist()),
        is_goal=tuple(is_goal.tolist()),
        call_again=_retry(platform.limits.backoff),
        again=_retry(platform.faults.retry),
        copied=frozenset(np.flatnonzero(copied).tolist()),
        **(_asked(workflow, plan, tasks_of) | _maps(workflow, like) | _patience(platform)),
    )


def _patience(platform: Platform) -> dict[str, int | None]:
    """The fields that say for how long something is done."""
    return {
        "poll_ns": _ns_of(platform.faults.poll_s),
        "goes_on_for_ns": _ns_of(platform.limits.max_duration_s, SHARE_OF_LIFE),
    }


def _maps(workflow: Workflow, like: View | None) -> dict[str, Any]:
    """The fields that tell of map nodes."""
    if like:
        return {"maps": like.maps, "lane_of": like.lane_of}
    nodes = {node.splitter: MapLanes(node.lanes, node.items) for node in workflow.maps}
    return {"maps": nodes, "lane_of": dict(workflow.lane_of)}


def _slots(plan: Plan, platform: Platform, tasks_of: tuple[tuple[int, ...], ...]) -> tuple[int, ...]:
    """Per named worker, how many tasks it runs at once."""
    of_size = [platform.slots(worker.memory_mb) for worker in plan.workers]
    return tuple(min(len(tasks), slots) for tasks, slots in zip(tasks_of, of_size, strict=True))


def _asked(workflow: Workflow, plan: Plan, tasks_of: tuple[tuple[int, ...], ...]) -> dict[str, Any]:
    """The fields that say what the plan's optimizations ask of its workers."""
    orders = plan.orders
    return {
        "preloads": frozenset(orders.preload),
        "hear_of": _hear_of(workflow, plan),
        "calls_early": _calls_early(workflow, plan, tasks_of),
        "object_bytes": tuple(workflow.object_bytes.tolist()) if _weighs(orders) else (),
        "clustered": _clustered(workflow, plan),
        "cluster_fan_in_bytes": orders.cluster_fan_in_bytes,
        "duplicates": _duplicates(plan),
        "backup_after_ns": {order.task: _whole_ns(order.after_s) for order in orders.backup},
        "delay_io": _delay(orders.delay_io),
        "fan_out_helpers": orders.fan_out_helpers,
        "streams": _grouped((order.producer, order.consumer) for order in orders.stream),
        "reads_ahead": _grouped((order.consumer, order.producer) for order in orders.stream),
        "chunks": _chunks(workflow, plan),
    }


def _hear_of(workflow: Workflow, plan: Plan) -> dict[int, tuple[int, ...]]:
    """Per task, those of its children that want to hear of its commit."""
    hear_of: dict[int, tuple[int, ...]] = {}
    copied = (order.consumer for order in plan.orders.duplicate)
    streamed = (order.consumer for order in plan.orders.stream)
    for task in sorted({*plan.orders.preload, *copied, *streamed}):
        for parent in workflow.parents.row(task).tolist():
            hear_of[parent] = (*hear_of.get(parent, ()), task)
    return hear_of


def _calls_early(
    workflow: Workflow, plan: Plan, tasks_of: tuple[tuple[int, ...], ...]
) -> dict[int, tuple[EarlyStart, ...]]:
    """Per task, whom to call early on its account, for the first of its children there, if there is one."""
    calls: dict[int, tuple[EarlyStart, ...]] = {}
    for order in plan.orders.call_early:
        children = set(workflow.children.row(order.task).tolist())
        own = tasks_of[order.worker]
        wanted = next((task for task in own if task in children), own[0])
        start = EarlyStart(order.worker, wanted, plan.workers[order.worker].memory_mb, _ns_of(order.after_s))
        calls[order.task] = (*calls.get(order.task, ()), start)
    return calls


def _weighs(orders: Orders) -> bool:
    """Whether a worker compares sizes of objects."""
    return orders.cluster_fan_in_bytes is not None or orders.delay_io is not None


def _delay(order: DelayIO | None) -> Delay | None:
    if order is None:
        return None
    return Delay(order.threshold_bytes, _whole_ns(order.patience_s), _ns_of(order.retry_s))


def _clustered(workflow: Workflow, plan: Plan) -> frozenset[int]:
    """Flexible tasks with several children whose outputs reach the threshold."""
    least_bytes = plan.orders.cluster_fan_out_bytes
    if least_bytes is None:
        return frozenset()
    outputs = workflow.outputs
    made_bytes = np.bincount(outputs.keys, workflow.object_bytes[outputs.indices], outputs.n_rows)
    large = np.flatnonzero((made_bytes >= least_bytes) & (workflow.children.counts > 1)).tolist()
    return frozenset([task for task in large if plan.assignment[task] is None])


def _copied(workflow: Workflow, plan: Plan) -> NDArray[np.bool_]:
    """Per task, whether several workers may run it."""
    copied = np.zeros(workflow.n_tasks, dtype=np.bool_)
    copied[[order.task for order in plan.orders.duplicate]] = True
    copied[[order.task for order in plan.orders.backup]] = True
    return copied


def _duplicates(plan: Plan) -> dict[int, tuple[tuple[int, int], ...]]:
    """Per consumer, the parents that its worker may run too, each with the patience in ns."""
    found: dict[int, tuple[tuple[int, int], ...]] = {}
    for order in plan.orders.duplicate:
        found[order.consumer] = (*found.get(order.consumer, ()), (order.task, _whole_ns(order.patience_s)))
    return found


def _whole_ns(seconds: float) -> int:
    return round(seconds * NS_PER_S)


def _ns_of(seconds: float | None, share: float = 1.0) -> int | None:
    """A share of a time; None if there is none."""
    return None if seconds is None else _whole_ns(share * seconds)


def _grouped(pairs: Iterable[tuple[int, int]]) -> dict[int, tuple[int, ...]]:
    grouped: dict[int, tuple[int, ...]] = {}
    for key, value in sorted(set(pairs)):
        grouped[key] = (*grouped.get(key, ()), value)
    return grouped


def _chunks(workflow: Workflow, plan: Plan) -> dict[int, int]:
    """Per object that some task reads while another makes it, its chunks."""
    return {
        found: order.chunks
        for order in plan.orders.stream
        for found in workflow.inputs.row(order.consumer).tolist()
        if workflow.object_producer[found] == order.producer
    }


def _frugal(workflow: Workflow, plan: Plan, platform: Platform) -> tuple[tuple[bool, ...], bool]:
    """Who has to let go of objects: dropping them is of use where they count, and might not all fit."""
    if not platform.limits.memory_holds_objects:
        return (False,) * len(plan.workers), False
    return may_run_short(plan, workflow, platform)


def _retry(backoff: Backoff) -> Retry:
    return Retry(
        backoff.attempts,
        round(backoff.initial_s * NS_PER_S),
        backoff.factor,
        round(backoff.maximum_s * NS_PER_S),
        backoff.jitter,
    )


class _Numbers:
    """Rows of numbers that share one object per number: four times smaller than rows of fresh ones."""

    def __init__(self, largest: int) -> None:
        self._of = [*range(largest + 1), -1]  # the last one answers to −1

    def of(self, values: NDArray[np.int32]) -> tuple[int, ...]:
        return tuple(map(self._of.__getitem__, values.tolist()))

    def rows(self, table: Csr) -> tuple[tuple[int, ...], ...]:
        flat = self.of(table.indices)
        return tuple([tuple(flat[begin:end]) for begin, end in pairwise(table.indptr.tolist())])


def _local_edges(workflow: Workflow, worker_of: NDArray[np.int64], copied: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Per entry of ``workflow.parents``: whether parent and child are on one named worker, and stay there."""
    child, parent = workflow.parents.keys, workflow.parents.indices
    together = (worker_of[child] == worker_of[parent]) & (worker_of[child] != FLEXIBLE)
    return np.asarray(together & ~copied[parent])


def _count(rows: Csr, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.bincount(rows.keys[chosen], minlength=rows.n_rows)


def _goals(workflow: Workflow) -> NDArray[np.bool_]:
    """Tasks without a child, and those that make a result."""
    goal = np.asarray(workflow.children.counts == 0)
    goal[workflow.object_producer[workflow.is_result]] = True
    return goal


def _uploads(workflow: Workflow, worker_of: NDArray[np.int64], copied: NDArray[np.bool_]) -> Csr:
    """Per task: its outputs that are results or that a task not on its named worker reads.

    What a task with copies makes is all uploaded, and so is what it reads: a copy may be anywhere.
    """
    outputs = workflow.outputs
    reader, read = workflow.inputs.keys, workflow.inputs.indices
    producer = workflow.object_producer[read]
    elsewhere = (worker_of[reader] != worker_of[producer]) | (worker_of[reader] == FLEXIBLE) | copied[reader]
    elsewhere &= producer >= 0
    needed = workflow.is_result.copy()
    needed[read[elsewhere]] = True
    chosen = needed[outputs.indices] | copied[outputs.keys]
    return Csr.from_pairs(outputs.keys[chosen], outputs.indices[chosen], outputs.n_rows)


def _routes(
    workflow: Workflow, worker_of: NDArray[np.int64], is_goal: NDArray[np.bool_], copied: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Who reads a task with copies may be anywhere; what such a task makes has to be committed before it is read.

    A splitter is committed at once, for its width may matter to anybody.
    """
    child, parent = workflow.parents.keys, workflow.parents.indices
    route = np.where(is_goal, int(Route.ELSEWHERE), int(Route.LOCAL))
    route[[node.splitter for node in workflow.maps]] = Route.ELSEWHERE
    route[parent[(worker_of[child] != worker_of[parent]) | copied[child]]] = Route.ELSEWHERE
    route[parent[worker_of[child] == FLEXIBLE]] = Route.OPEN
    route[copied] = Route.ELSEWHERE
    return route


def _tasks_of(workflow: Workflow, worker_of: NDArray[np.int64], n_workers: int) -> tuple[tuple[int, ...], ...]:
    order = workflow.topological_order
    named = order[worker_of[order] != FLEXIBLE]
    return Csr.from_pairs(worker_of[named], named, n_workers).tuples()
