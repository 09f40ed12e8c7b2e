"""From an assignment to a plan: workers of one size, the critical path first."""

from __future__ import annotations

from collections.abc import Sequence

from planners.estimate import Estimate
from planners.plan import Plan, PlannedWorker
from planners.planner import Planner
from planners.ranks import order_by_rank, priorities, upward_ranks


def fixed_plan(planner: Planner, estimate: Estimate, assignment: Sequence[int], notes: tuple[str, ...] = ()) -> Plan:
    """The plan in which task `i` runs on worker `assignment[i]`, longest path to the end first.

    Workers are 0…k−1, each with a task; worker `i` is named `w{i}` and holds.
    """
    workflow = estimate.workflow
    return Plan(
        planner=str(planner),
        workflow=workflow.fingerprint,
        workers=planned_workers(max(assignment) + 1, estimate.memory_mb),
        assignment=tuple(assignment),
        flexible_mb=None,
        priority=critical_first(estimate, assignment),
        notes=notes,
    )


def critical_first(estimate: Estimate, assignment: Sequence[int] | None = None) -> tuple[int, ...]:
    """Per task its place, the longest path to the end first; nothing is moved within a worker of an `assignment`."""
    workflow = estimate.workflow
    ranks = upward_ranks(workflow, estimate.exec_s, estimate.edges_s(assignment), estimate.result_s)
    return priorities(order_by_rank(workflow, ranks), workflow.n_tasks)


def planned_workers(n_workers: int, memory_mb: int) -> tuple[PlannedWorker, ...]:
    """Workers `w0`, `w1`, … of one size, which hold."""
    return tuple(PlannedWorker(f"w{worker}", memory_mb) for worker in range(n_workers))
