"""Memory: who needs more than there is dies, and a worker that can make room does."""

from __future__ import annotations

import pytest

from executor.records.run import Run
from planners.check import check_plan
from planners.plan import Plan, PlannedWorker
from platforms import Platform, load_platform
from sim import simulate
from workloads import Workflow, WorkflowBuilder

MB = 2**20


def platform(**limits: object) -> Platform:
    overrides = {"sizes.min_mb": 1024, "sizes.step_mb": 1024, "sizes.default_mb": 1024, "sizes.mb_per_vcpu": 1024}
    return load_platform("ideal", {**overrides, **{f"limits.{name}": value for name, value in limits.items()}})


def on_one(workflow: Workflow, size_mb: int = 1024, *, flexible: bool = False) -> Plan:
    n = workflow.n_tasks
    return Plan(
        planner="by hand",
        workflow=workflow.fingerprint,
        workers=() if flexible else (PlannedWorker("w0", size_mb),),
        assignment=(None if flexible else 0,) * n,
        flexible_mb=size_mb if flexible else None,
        priority=tuple(range(n)),
    )


def two_floors(floor_mb: float) -> Workflow:
    """Two tasks without edges, a second each."""
    builder = WorkflowBuilder("two")
    for name in "ab":
        builder.add_task(name, cpu_s=1.0, memory_mb=floor_mb)
    return builder.build()


def chain(n_tasks: int, object_mb: int) -> Workflow:
    """t0 → t1 → …, an object of so many MB between two."""
    builder = WorkflowBuilder("chain")
    for i in range(n_tasks):
        builder.add_object(f"o{i}", object_mb * MB)
        builder.add_task(f"t{i}", inputs=[f"o{i - 1}"] if i else [], outputs=[f"o{i}"], cpu_s=1.0)
    return builder.build()


def star(width: int, object_mb: int) -> Workflow:
    """t0, t1, … make an object each; j reads one of them, and comes after all."""
    builder = WorkflowBuilder("star")
    for i in range(width):
        builder.add_object(f"o{i}", object_mb * MB)
        builder.add_task(f"t{i}", outputs=[f"o{i}"], cpu_s=1.0)
    builder.add_task("j", inputs=[f"o{i}" for i in range(width)], cpu_s=1.0)
    return builder.build()


def run(workflow: Workflow, size_mb: int = 1024, *, flexible: bool = False, **limits: object) -> Run:
    return simulate(workflow, on_one(workflow, size_mb, flexible=flexible), platform(**limits), seed=1, check=True)


def test_floors_that_run_at_once_and_do_not_fit_kill() -> None:
    """Two slots at 2048 MB: 1000 MB twice fits, 1100 MB twice does not, one after the other at one slot does."""
    assert run(two_floors(1000), 2048).status == "complete"
    killed = run(two_floors(1100), 2048, max_attempts=2)
    assert killed.status == "failed"
    assert killed.failure is not None
    assert "attempt 2 of 2: out of memory: 2,200.0 MB needed of 2,048" in killed.failure
    assert killed.invocations["status"].tolist() == ["killed", "killed"]
    one_slot = platform().model_copy(update={"cpu": platform().cpu.model_copy(update={"slots": 1})})
    assert simulate(two_floors(1100), on_one(two_floors(1100), 2048), one_slot, seed=1).status == "complete"


@pytest.mark.parametrize("flexible", [False, True])
def test_a_worker_makes_room_where_objects_count(flexible: bool) -> None:
    """400 MB between two tasks of a chain: never more than 800 MB at once, though 8 GB pass through in all."""
    assert run(chain(20, 400), flexible=flexible, memory_holds_objects=True).status == "complete"
    assert run(chain(20, 400), flexible=flexible, memory_holds_objects=False).status == "complete"


def test_objects_that_are_needed_together_and_do_not_fit() -> None:
    """Of three objects of 400 MB all are read by one task: that is seen beforehand, and kills who tries."""
    workflow, limited = star(3, 400), platform(memory_holds_objects=True)
    [fault] = check_plan(on_one(workflow), workflow, limited)
    assert (
        str(fault)
        == "plan: tasks['j'] floor and data objects is 1200.0; expected at most 1024 MB, the size of its worker"
    )
    assert not check_plan(on_one(workflow), workflow, platform())
    killed = run(workflow, memory_holds_objects=True)
    assert killed.status == "failed"
    assert "out of memory: 1,200.0 MB needed of 1,024" in (killed.failure or "")
    assert run(star(2, 400), memory_holds_objects=True).status == "complete"
