"""Every rule must be able to fail: tables are falsified a little, and the rule that is meant to see it does."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import pytest

from executor.records.bill import Bill, Item
from executor.records.operations import Kind
from executor.records.run import Run
from executor.records.table import Table
from platforms import Platform
from platforms.sections import InstanceNetwork
from sim import simulate
from tests.sim import accounts, invariants
from tests.sim.figures import figures
from tests.sim.small import fork_join, plan_of
from tests.sim.test_invariants import RULES

Falsify: TypeAlias = Callable[[Run], Run]


@cache
def honest() -> Run:
    """Fork-join on three workers of two slots: warm and cold starts, gets and puts, a worker that waits.

    Workers: f, w0, j on the first; w1, w2 on the second, side by side; w3 on the third.
    """
    workflow = fork_join(4)
    instance = {"burst_bytes": 1e6, "burst_bytes_per_s": 2e6, "sustained_bytes_per_s": 1e6, "refill_s": 3.0}
    platform = figures(
        cpu={"slots": 2},
        keep_alive_s=60,
        limits={"concurrency": 3, "ramp_per_s": 1.0, "ramp_burst": 3},
        pool={"initial": [{"memory_mb": 1769, "count": 1}]},
        prices=dict.fromkeys(("usd_per_gb_s", "usd_per_invocation", "usd_per_get", "usd_per_put"), 1.0),
        **{"network.instance": instance, "host.cores": 2.5},
    )
    return simulate(workflow, plan_of(workflow, [0, 0, 1, 1, 2, 0]), platform, seed=0)


def test_the_honest_run_passes() -> None:
    for rule in RULES:
        rule(honest())


SLOW = InstanceNetwork(burst_bytes=1e5, burst_bytes_per_s=2e6, sustained_bytes_per_s=1e5, refill_s=3.0)

# ways to lie ----------------------------------------------------------------------------------------------


def saying(run: Run, **values: object) -> Run:
    """A copy that says something else; what a run computes when asked is said beforehand."""
    other = copy.copy(run)
    other.__dict__.update(values)
    return other


def row_of(table: Table, **values: object) -> int:
    """The first row with these values."""
    chosen = np.ones(table.n_rows, dtype=bool)
    for column, value in values.items():
        chosen &= np.asarray(table[column] == value)
    return int(np.flatnonzero(chosen)[0])


def change(table: str, where: dict[str, object], **values: Any) -> Falsify:
    """Other values in the first row that fits; a callable makes the new value from the old one."""

    def falsify(run: Run) -> Run:
        old: Table = getattr(run, table)
        row = row_of(old, **where)
        columns = {name: old[name].copy() for name in old}
        for name, value in values.items():
            columns[name][row] = value(columns[name][row]) if callable(value) else value
        return saying(run, **{table: Table(columns)})

    return falsify


def both(first: Falsify, second: Falsify) -> Falsify:
    return lambda run: second(first(run))


def take(table: str, rows: Callable[[Table], Sequence[int]]) -> Falsify:
    """Only these rows, in this order; a row may be taken twice."""

    def falsify(run: Run) -> Run:
        old: Table = getattr(run, table)
        chosen = np.array(rows(old), dtype=np.intp)
        return saying(run, **{table: Table({name: old[name][chosen] for name in old})})

    return falsify


def without(table: str, **where: object) -> Falsify:
    return take(table, lambda old: [row for row in range(old.n_rows) if row != row_of(old, **where)])


def twice(table: str, **where: object) -> Falsify:
    return take(table, lambda old: [*range(old.n_rows), row_of(old, **where)])


def on(**overrides: object) -> Falsify:
    """The same run, said to be on another platform."""

    def falsify(run: Run) -> Run:
        platform: Platform = run.platform.model_copy(update=overrides)
        return saying(run, platform=platform)

    return falsify


def section(name: str, **values: object) -> Falsify:
    """As `on`, for fields of one table."""
    return lambda run: on(**{name: getattr(run.platform, name).model_copy(update=values)})(run)


def billed(name: str, quantity: Callable[[float], float]) -> Falsify:
    """Another quantity on one line of the bill."""

    def falsify(run: Run) -> Run:
        items = [
            Item(item.name, quantity(item.quantity), item.unit, item.usd_per_unit) if item.name == name else item
            for item in run.bill.items
        ]
        return saying(run, bill=Bill(tuple(items)))

    return falsify


def failed(reason: str) -> Falsify:
    return lambda run: saying(run, status="failed", failure=reason, makespan_ns=None, last_operation=None)


def later(by: float) -> Callable[[float], float]:
    return lambda old: old + by


LIES: dict[invariants.Rule, list[Falsify]] = {
    invariants.each_task_is_committed_once: [
        without("tasks", task="w1"),
        twice("tasks", task="w1"),
        change("tasks", {"task": "w1"}, counts=False),
        change("tasks", {"task": "w1"}, committed_s=float("nan")),
        change("tasks", {"task": "w1"}, committed_s=0.1),
    ],
    invariants.no_task_runs_again_without_need: [twice("tasks", task="w1")],
    invariants.inputs_are_there_before_they_are_read: [
        without("transfers", object="f.out", direction="put"),
        without("transfers", object="w1.out", direction="get"),
        without("tasks", task="f"),
        change("transfers", {"object": "f.out", "direction": "get"}, start_s=1.0),
        change("transfers", {"object": "w1.out", "direction": "get"}, end_s=later(1.1)),
        change("tasks", {"task": "w2"}, committed_s=later(5.0)),
        change("tasks", {"task": "w0"}, start_s=0.7),
    ],
    invariants.cpus_are_not_exceeded: [
        change("tasks", {"task": "f"}, end_s=later(-0.1)),
        change("tasks", {"task": "w2"}, alone_s=1.5),
        section("cpu", slots=1),
        section("host", cores=1.0),
        both(change("tasks", {"task": "w1"}, end_s=later(-0.5)), change("tasks", {"task": "w2"}, end_s=later(-0.5))),
    ],
    invariants.networks_are_not_exceeded: [
        change("transfers", {"object": "j.out"}, bytes=1_500_000),
        change("transfers", {"object": "j.out"}, end_s=later(-0.01)),
        section("network", parallel_transfers=1),
        section("network", connection_bytes_per_s=9e5),
        section("network", connection_bytes_per_s=None, instance=SLOW),
    ],
    invariants.an_instance_serves_one_at_a_time: [
        change("invocations", {"worker": "w2"}, instance=1),
        change("invocations", {"worker": "w1"}, memory_mb=128),
        change("instances", {"instance": 1}, created_s=later(0.5)),
        change("instances", {"instance": 1}, ended_s=1.0),
        change("instances", {"instance": 1}, uses=2),
    ],
    invariants.starts_are_cold_without_idle_instances_alone: [
        change("invocations", {"worker": "w0"}, start="cold"),
        change("invocations", {"worker": "w1"}, start="warm"),
        change("instances", {"instance": 1}, origin="prewarm"),
        change("invocations", {"worker": "w0"}, instance=1, admitted_s=40.0, ended_s=41.0),
    ],
    invariants.instances_are_accounted_for: [
        without("instances", instance=1),
        twice("instances", instance=1),
        change("instances", {"instance": 1}, origin="prewarm"),
        change("instances", {"instance": 1}, ended_s=later(1e-9)),
        section("pool", initial=()),
    ],
    invariants.limits_are_kept: [
        section("limits", concurrency=2),
        section("limits", concurrency_per_size=2),
        section("limits", ramp_burst=1, ramp_per_s=0.01),
    ],
    invariants.waits_are_the_fault_of_limits: [
        change("invocations", {"worker": "w1"}, ramp_ns=1),
        change("invocations", {"worker": "w1"}, ramp_ns=1, concurrency_ns=-1),
        change("invocations", {"worker": "w1"}, size_concurrency_ns=1, admission_ns=1),
    ],
    invariants.invocations_go_through_life_in_order: [
        change("invocations", {"worker": "w1"}, started_s=0.0),
        change("invocations", {"worker": "w1"}, admission_ns=1),
        change("invocations", {"worker": "w1"}, instance=-1),
        change("tasks", {"task": "w1"}, start_s=0.0),
        change("tasks", {"task": "w1"}, end_s=100.0),
        change("tasks", {"task": "w1"}, instance=0),
        change("transfers", {"object": "j.out"}, worker="w1"),
        change("transfers", {"object": "j.out"}, end_s=100.0),
    ],
    accounts.the_bill_adds_up: [
        billed("compute", later(0.001)),
        billed("store gets", later(1)),
        billed("invocations", later(-1)),
        billed("store standing", lambda _: 0.0),
        change("invocations", {"worker": "w1"}, ended_s=later(1.0)),
        change("invocations", {"worker": "w1"}, usd=0.0),
        section("prices", usd_per_put=2.0),
        lambda run: saying(run, bill=Bill(run.bill.items[1:])),
    ],
    accounts.no_run_beats_its_bound: [lambda run: saying(run, makespan_ns=round(run.lower_bound_s * 1e9) - 1)],
    accounts.operations_begin_when_their_cause_ends: [
        change("operations", {"kind": Kind.COMMIT}, cause=-1),
        change("operations", {"kind": Kind.COMMIT}, begin_ns=later(1)),
        change("operations", {"kind": Kind.EXECUTE}, end_ns=0),
        change("operations", {"kind": Kind.EXECUTE}, cause=10**6),
    ],
    accounts.the_critical_path_explains_the_makespan: [
        lambda run: saying(run, makespan_ns=run.makespan_ns and run.makespan_ns + 1),
        change("operations", {"kind": Kind.EXECUTE, "task": 0}, end_ns=later(-1)),
        change("operations", {"kind": Kind.START, "invocation": 0}, begin_ns=later(1)),
    ],
    accounts.a_failure_has_a_reason: [
        failed(""),
        failed("deadlock: no worker is live"),
        failed("killed at the maximum duration of 1 s"),
        failed("the invocation for task 3 was refused: over the platform's limit"),
        failed("who knows"),
    ],
}


def test_every_rule_is_lied_to() -> None:
    assert set(LIES) == set(RULES)


@pytest.mark.parametrize(
    ("rule", "number"),
    [pytest.param(rule, i, id=f"{rule.__name__}-{i}") for rule, lies in LIES.items() for i in range(len(lies))],
)
def test_a_lie_is_seen(rule: invariants.Rule, number: int) -> None:
    with pytest.raises(AssertionError):
        rule(LIES[rule][number](honest()))
