"""Runs that can no longer move are ended, and it is told who waits for whom; runs that only take long are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor.local import vigil
from planners.plan import Plan, PlannedWorker
from tests.executor_local.programs import SIZE_MB, Ground, chain, fan, ground, nap, platform_with


@pytest.fixture(autouse=True)
def _impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vigil, "PATIENCE_NS", 1_000_000_000)


def test_workers_that_wait_for_one_another_are_told(tmp_path: Path) -> None:
    """One instance at a time: the worker that holds it waits for a task of one that waits for an instance."""
    with ground(tmp_path, platform_with(concurrency=1)) as here:
        failure = _stuck(here)
    assert failure == ("deadlock: b waits for an instance (at most 1, held by a); a holds one and waits for t1 of b")


def test_a_task_that_takes_long_is_no_deadlock(tmp_path: Path) -> None:
    with ground(tmp_path, platform_with()) as here:
        assert here.run(fan(nap, 1, 3.0)).result() == [0]


def test_who_looks_for_lost_messages_does_not_hide_a_deadlock(tmp_path: Path) -> None:
    with ground(tmp_path, platform_with(concurrency=1, poll_s=0.3)) as here:
        failure = _stuck(here)
    assert failure is not None
    assert failure.startswith("deadlock: ")


def _stuck(here: Ground) -> str | None:
    program = chain(lambda: 1, lambda value: value, lambda value: value)
    plan = Plan(
        planner="by hand",
        workflow=program.workflow.fingerprint,
        workers=(PlannedWorker("a", SIZE_MB), PlannedWorker("b", SIZE_MB)),
        assignment=(0, 1, 0),
        flexible_mb=None,
        priority=(0, 1, 2),
    )
    store = f"files:{here.folder / 'store'}"
    return here.local.run(program, plan, store=store, out=here.folder / "run", seed=1).failure
