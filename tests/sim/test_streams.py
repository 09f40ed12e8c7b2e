"""Random runs with early calls and streams: complete, committed once, explained, within their bounds, replayed."""

from __future__ import annotations

import io
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executor.records.operations import Kind
from executor.worker.replay import replay
from optimizations.async_upload import AsyncUpload
from optimizations.stream import Stream
from planners.bounds import lower_bound
from planners.check import check_plan
from planners.orders import EarlyCall, Orders
from planners.orders import Stream as Order
from planners.plan import Plan
from platforms import load_platform
from sim import simulate
from tests.executor.cases import random_plan, random_streams, random_workflow
from tests.sim import accounts, invariants
from tests.sim.small import plan_of
from tests.support import is_deep
from workloads import Workflow, WorkflowBuilder

RULES = (
    invariants.each_task_is_committed_once,
    invariants.an_instance_serves_one_at_a_time,
    invariants.starts_are_cold_without_idle_instances_alone,
    invariants.instances_are_accounted_for,
    invariants.limits_are_kept,
    invariants.invocations_go_through_life_in_order,
    accounts.operations_begin_when_their_cause_ends,
    accounts.the_critical_path_explains_the_makespan,
)
INSTANCE = {"burst_bytes": 200.0, "burst_bytes_per_s": 3000.0, "sustained_bytes_per_s": 1000.0, "refill_s": 3.0}
SHARED = {"network.model": "shared", "store.total_bytes_per_s": 2000.0, "network.instance": INSTANCE}
NETWORKS: tuple[dict[str, Any], ...] = ({}, {"network.instance": INSTANCE}, SHARED)
CPUS: tuple[dict[str, Any], ...] = ({}, {"cpu.slots": 2}, {"host.cores": 2.5}, {"parallel_transfers": 1})
RATES = {
    "task_error": 0.05,
    "store_error": 0.05,
    "request_loss": 0.05,
    "message_loss": 0.1,
    "message_delay": 0.1,
    "message_duplication": 0.2,
    "crash_per_s": 0.02,
    "false_alarm_per_s": 0.01,
}
FIGURES = {
    "sizes.mb_per_vcpu": 1024,
    "start.provisioning_s": 0.2,
    "start.init_s": 0.3,
    "start.warm_s": 0.1,
    "invocation.call_s": 0.05,
    "store.get_latency_s": 0.1,
    "store.put_latency_s": 0.1,
    "ledger.request_s": 0.02,
    "ledger.notify_s": 0.03,
    "network.connection_bytes_per_s": 1000,
    "limits.max_attempts": 30,
    "limits.backoff": {"attempts": 30, "initial_s": 0.1, "maximum_s": 5.0},
    "faults.poll_s": 2.0,
    "faults.timeout_s": 1.0,
    "faults.retry": {"attempts": 30, "initial_s": 0.1, "maximum_s": 5.0, "jitter": 0.5},
}


def optimized(rng: Random, workflow: Workflow) -> Plan | None:
    """A plan with streams, and calls for those who read; None if the dice want none."""
    plan = random_plan(rng, workflow, release=False)
    streams = random_streams(rng, workflow, plan)
    homes = plan.assignment
    roots = {homes[task] for task in range(workflow.n_tasks) if not workflow.parents.row(task).size}
    wanted = {(each.producer, homes[each.consumer]) for each in streams}
    calls = tuple(
        EarlyCall(task, worker, rng.choice((None, 0.0, 0.0, 0.5)))
        for task, worker in sorted(wanted, key=str)
        if worker is not None and worker not in roots
    )
    return msgspec.structs.replace(plan, orders=Orders(stream=streams, call_early=calls)) if streams else None


@given(st.integers(0, 2**32), st.sampled_from(NETWORKS), st.sampled_from(CPUS), st.booleans())
@settings(max_examples=2000 if is_deep() else 150)
def test_random_streams(seed: int, network: dict[str, Any], cpu: dict[str, Any], stormy: bool) -> None:
    rng = Random(seed)
    workflow = random_workflow(rng)
    plan = optimized(rng, workflow)
    if plan is None:
        return
    rates = {f"faults.rates.{name}": rate for name, rate in RATES.items()} if stormy else {}
    platform = load_platform("ideal", FIGURES | network | cpu | rates)
    assert not check_plan(plan, workflow, platform)
    file = io.BytesIO()
    run = simulate(workflow, plan, platform, seed=seed, event_log=file, check=True)
    assert run.status == "complete", run.failure
    for rule in RULES:
        rule(run)
    assert run.makespan_s is not None
    assert run.lower_bound_s <= run.makespan_s
    assert stormy or lower_bound(workflow, plan, platform).makespan_s <= run.makespan_s + 1e-9
    account = Stream().account(run)
    assert 0 <= account.used <= account.applied <= account.planned
    early = AsyncUpload().account(run)
    assert early.used + early.wasted == early.applied
    file.seek(0)
    assert replay(file) is None


@pytest.mark.parametrize("network", NETWORKS, ids=["alone", "instance", "shared"])
def test_streams_are_among_what_is_tried(network: dict[str, Any]) -> None:
    used = wasted = 0
    for seed in range(60):
        rng = Random(seed)
        workflow = random_workflow(rng)
        plan = optimized(rng, workflow)
        if plan:
            rates = {"faults.rates.crash_per_s": 0.1} if seed % 2 else {}
            run = simulate(workflow, plan, load_platform("ideal", FIGURES | network | rates), seed=seed)
            account = Stream().account(run)
            used, wasted = used + account.used, wasted + account.wasted
    assert used > 5
    assert wasted > 0


@pytest.mark.parametrize("n", [1, 2, 9])
def test_who_asks_for_an_offer_is_answered_alone(n: int) -> None:
    """One task and its n readers, whose workers are called when it begins: n offers that nobody hears, n asked for.

    Each reader asks once, is answered once, and is told of its task once; the client is told of each goal.
    """
    fan = WorkflowBuilder("fan")
    whole = fan.add_object("whole", 2000)
    fan.add_task("makes", io_s=9.0, outputs=[whole])
    for reader in range(n):
        fan.add_task(f"reads {reader}", io_s=1.0, inputs=[whole])
    workflow, platform = fan.build(), load_platform("ideal", FIGURES)
    plan = plan_of(workflow, range(n + 1))
    orders = Orders(
        stream=tuple(Order(0, reader, 4) for reader in range(1, n + 1)),
        call_early=tuple(EarlyCall(0, worker, 0.0) for worker in range(1, n + 1)),
    )
    run = simulate(workflow, msgspec.structs.replace(plan, orders=orders), platform, seed=1)
    assert Stream().account(run).used == n
    assert (run.operations["kind"] == Kind.NOTIFY).sum() == 3 * n + n + n


def test_the_same_under_any_name() -> None:
    """Two simulations are the same to the last row."""
    rng = Random(11)
    workflow = random_workflow(rng)
    plan = next(p for seed in range(50) if (p := optimized(Random(seed), workflow)))
    platform = load_platform("ideal", FIGURES | SHARED)
    first, second = (simulate(workflow, plan, platform, seed=3) for _ in range(2))
    assert all((first.operations[name] == second.operations[name]).all() for name in first.operations)
