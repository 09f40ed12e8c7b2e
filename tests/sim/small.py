"""Small workflows and plans, made in a line."""

from __future__ import annotations

from collections.abc import Sequence

from executor.records.run import Run
from planners.plan import Plan, PlannedWorker
from platforms import Platform
from sim import simulate
from workloads import Workflow, WorkflowBuilder

SIZE_MB = 1769


def independent_tasks(demands: Sequence[tuple[float, float, float]]) -> Workflow:
    """Tasks `t0`, `t1`, … without edges or data; each (io_s, cpu_s, parallelism)."""
    builder = WorkflowBuilder("independent")
    for i, (io_s, cpu_s, parallelism) in enumerate(demands):
        builder.add_task(f"t{i}", io_s=io_s, cpu_s=cpu_s, parallelism=parallelism)
    return builder.build()


def plan_of(
    workflow: Workflow,
    assignment: Sequence[int | None],
    *,
    hold: bool = True,
    size_mb: int = SIZE_MB,
    priority: Sequence[int] | None = None,
) -> Plan:
    """A plan by hand: per task a worker's number, or None for a flexible one; all of one size."""
    n_workers = max((worker + 1 for worker in assignment if worker is not None), default=0)
    return Plan(
        planner="by hand",
        workflow=workflow.fingerprint,
        workers=tuple(PlannedWorker(f"w{i}", size_mb, hold) for i in range(n_workers)),
        assignment=tuple(assignment),
        flexible_mb=size_mb if None in assignment else None,
        priority=tuple(range(workflow.n_tasks) if priority is None else priority),
    )


def run_on_one(workflow: Workflow, platform: Platform, n_workers: int = 1) -> Run:
    """The tasks dealt to so many workers in turn, with seed 0."""
    assignment = [task % n_workers for task in range(workflow.n_tasks)]
    run = simulate(workflow, plan_of(workflow, assignment), platform, seed=0)
    assert run.status == "complete"
    return run


def fetching_tasks(n_bytes: int) -> Workflow:
    """A (1 s) makes `out`; c (½ s) lets b (no time) go on, which reads `in`."""
    builder = WorkflowBuilder("fetching")
    builder.add_object("in", n_bytes)
    builder.add_object("out", n_bytes)
    builder.add_task("a", cpu_s=1.0, outputs=["out"])
    builder.add_task("b", cpu_s=0.0, inputs=["in"], after=["c"])
    builder.add_task("c", cpu_s=0.5)
    return builder.build()
