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


def chain(n_tasks: int, *, cpu_s: float = 1.0, n_bytes: int = 1_000_000) -> Workflow:
    """`in` → a → b → … → `out`, one object between two tasks."""
    builder = WorkflowBuilder("chain")
    names = "abcdefghijklmnopqrstuvwxyz"[:n_tasks]
    objects = ["in", *(f"{name}.out" for name in names[:-1]), "out"]
    for name in objects:
        builder.add_object(name, n_bytes)
    for i, name in enumerate(names):
        builder.add_task(name, cpu_s=cpu_s, inputs=[objects[i]], outputs=[objects[i + 1]])
    return builder.build()


def fork_join(width: int, *, cpu_s: float = 1.0, n_bytes: int = 1_000_000) -> Workflow:
    """F makes one object, which w0, w1, … read; j reads what each of them makes."""
    builder = WorkflowBuilder("fork-join")
    works = [f"w{i}" for i in range(width)]
    made = {name: builder.add_object(f"{name}.out", n_bytes) for name in ("f", *works, "j")}
    builder.add_task("f", cpu_s=cpu_s, outputs=[made["f"]])
    for name in works:
        builder.add_task(name, cpu_s=cpu_s, inputs=[made["f"]], outputs=[made[name]])
    builder.add_task("j", cpu_s=cpu_s, inputs=[made[name] for name in works], outputs=[made["j"]])
    return builder.build()


def in_tree(n_leaves: int, *, cpu_s: float = 1.0, n_bytes: int = 1_000_000) -> Workflow:
    """Binary: the leaves first (tasks 0 … n−1), then level by level; each task makes one object, no input initial."""
    builder = WorkflowBuilder("in-tree")
    level = [str(i) for i in range(n_leaves)]
    below: dict[str, list[str]] = {name: [] for name in level}
    number = n_leaves
    while len(level) > 1:
        above = [str(number + i) for i in range(len(level) // 2)]
        below |= {name: level[2 * i : 2 * i + 2] for i, name in enumerate(above)}
        number, level = number + len(above), above
    for name, inputs in below.items():
        builder.add_object(name, n_bytes)
        builder.add_task(name, cpu_s=cpu_s, inputs=inputs, outputs=[name])
    return builder.build()


def pair() -> Workflow:
    """Roots a and b, of 1 s; j reads what both make (1 MB each)."""
    builder = WorkflowBuilder("pair")
    for name, inputs in (("a", []), ("b", []), ("j", ["a.out", "b.out"])):
        builder.add_object(f"{name}.out", 1_000_000)
        builder.add_task(name, cpu_s=1.0, inputs=inputs, outputs=[f"{name}.out"])
    return builder.build()
