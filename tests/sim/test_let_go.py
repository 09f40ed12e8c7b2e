"""A run that is over is let go: nothing of it stays in memory, though what it is made of goes round in circles."""

from __future__ import annotations

import gc
from typing import Any

import msgspec
import pytest

from planners.orders import Orders, Stream
from planners.plan import Plan
from platforms import Platform, load_platform
from sim import Setting
from sim.job import Job
from sim.simulate import simulate_outcome
from tests.sim.small import chain, plan_of
from workloads import Workflow

WAYS: dict[str, dict[str, Any]] = {
    "alone": {},
    "shared-network": {"network.model": "shared", "store.total_bytes_per_s": 3e6},
    "shared-host": {"host.cores": 1},
    "too-slow": {"limits.max_duration_s": 2.5, "limits.max_attempts": 1},
    "stormy": {"faults.rates.task_error": 0.5, "limits.max_attempts": 9},
}
anyhow = pytest.mark.parametrize("figures", WAYS.values(), ids=WAYS)


def n_jobs() -> int:
    """How many there are in this process."""
    gc.collect()
    return sum(type(found) is Job for found in gc.get_objects())


def left_by(workflow: Workflow, plan: Plan, platform: Platform) -> int:
    """The jobs that are still there when a few runs are over."""
    before = n_jobs()
    for seed in range(3):
        simulate_outcome(Setting(workflow, plan, platform), seed)
    return n_jobs() - before


@anyhow
def test_a_run_is_let_go(figures: dict[str, Any]) -> None:
    workflow = chain(3)
    assert left_by(workflow, plan_of(workflow, [0, 1, None]), load_platform("ideal", figures)) == 0


@anyhow
def test_a_run_with_streams_is_let_go(figures: dict[str, Any]) -> None:
    workflow = chain(3)
    orders = Orders(stream=(Stream(0, 1, 3), Stream(1, 2, 2)))
    plan = msgspec.structs.replace(plan_of(workflow, [0, 1, 2]), orders=orders)
    assert left_by(workflow, plan, load_platform("ideal", figures)) == 0
