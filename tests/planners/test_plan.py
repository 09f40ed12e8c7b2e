"""A plan is plain data: equal by content, light to import."""

from __future__ import annotations

import subprocess
import sys

import pytest

from planners import Orders, Plan, PlannedWorker, Prewarm
from tests.support import ROOT


def plan_of(**changes: object) -> Plan:
    content: dict[str, object] = {
        "planner": "by hand",
        "workflow": "f",
        "workers": (PlannedWorker("a", 1024), PlannedWorker("b", 2048, hold=False)),
        "assignment": (1, None, 0, 1),
        "flexible_mb": 512,
        "priority": (3, 0, 1, 2),
    }
    return Plan(**content | changes)  # type: ignore[arg-type]


def test_equal_by_content() -> None:
    prewarms = {"prewarms": (Prewarm(512, 1.5),), "orders": Orders(preload=(0,))}
    assert plan_of() == plan_of()
    assert plan_of(**prewarms) == plan_of(**prewarms)
    assert plan_of() != plan_of(priority=(0, 1, 2, 3))
    assert plan_of() != plan_of(**prewarms)


def test_frozen() -> None:
    with pytest.raises(AttributeError):
        plan_of().planner = "other"  # type: ignore[misc]


def test_sizes() -> None:
    plan = plan_of()
    assert [plan.size_of(task) for task in range(plan.n_tasks)] == [2048, 512, 1024, 2048]
    with pytest.raises(ValueError, match="flexible"):
        plan_of(flexible_mb=None).size_of(1)


def test_tasks_by_worker_are_in_their_order() -> None:
    assert plan_of().tasks_by_worker() == ((2,), (3, 0))
    assert plan_of(priority=(0, 0, 0, 0)).tasks_by_worker() == ((2,), (0, 3))
    assert plan_of().n_flexible == 1


def test_reading_a_plan_needs_neither_numpy_nor_another_room() -> None:
    script = "import sys, planners; print([m for m in ('numpy', 'workloads', 'platforms') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"
