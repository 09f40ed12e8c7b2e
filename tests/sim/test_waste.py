"""Waste: by hand, and by another computation, nanosecond by nanosecond from the rows; never more than the bill."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.faults import ScriptedFault
from executor.records.operations import Kind
from executor.records.run import Run
from executor.records.waste import Waste, is_calm
from planners.plan import Plan
from platforms import Platform, load_platform
from sim import simulate
from tests.sim.small import chain, independent_tasks, plan_of
from tests.sim.strategies import limits, settings_of_runs
from tests.sim.test_storms import Setting, store_rates, storm, stormy, weathers
from workloads import Workflow, WorkflowBuilder

KINDS = (Kind.FETCH, Kind.EXECUTE, Kind.UPLOAD)


def priced(**overrides: object) -> Platform:
    """A dollar a second and worker of 1,769 MB, billed to the millisecond; nothing else costs."""
    prices = {"usd_per_gb_s": 1024 / 1769, "billing_step_s": 0.001}
    return load_platform("ideal", {"prices": prices, **{k.replace("__", "."): v for k, v in overrides.items()}})


def run_of(workflow: Workflow, plan: Plan, *faults: ScriptedFault, **overrides: object) -> Run:
    return simulate(workflow, plan, priced(**overrides), seed=1, faults=faults)


# by hand --------------------------------------------------------------------------------------------------


def test_a_run_that_fails_half_way_costs_half() -> None:
    """One task of 2 s on an instance billed for 3 s: 1 s failed."""
    workflow = independent_tasks([(0.0, 2.0, 1.0)])
    run = run_of(workflow, plan_of(workflow, [0]), ScriptedFault("t0", 1, "task-error"))
    part = run.waste.runs_s / 2
    assert 0 < part < 1
    assert run.cost_usd == pytest.approx(2 + 2 * part)
    assert run.waste == Waste(
        runs_s=2 * part,
        transfers_s=0.0,
        starts_s=0.0,
        n_runs=1,
        n_redeliveries=0,
        usd=pytest.approx(2 * part),  # type: ignore[arg-type]
    )


def test_what_goes_on_together_shares_the_instance() -> None:
    """Four tasks that wait for 1 s side by side on one instance of four slots, killed in their midst: half a second.

    Half a second of the instance was in vain, not two; so it costs half a dollar, of a dollar and a half.
    """
    workflow = independent_tasks([(1.0, 0.0, 1.0)] * 4)
    fault = ScriptedFault("t3", 1, "crash", "run", 0.5)
    run = run_of(workflow, plan_of(workflow, [0] * 4), fault, cpu__slots=4, limits__max_attempts=2)
    assert run.cost_usd == pytest.approx(1.5)
    assert (run.waste.n_runs, run.waste.n_redeliveries) == (4, 1)
    assert (run.waste.runs_s, run.waste.usd) == pytest.approx((0.5, 0.5))


@pytest.mark.parametrize(("bill_init", "usd"), [(False, 0.5), (True, 0.7)])
def test_a_start_costs_what_is_billed_of_it(bill_init: bool, usd: float) -> None:
    """Provisioning .3 s, initialization .2 s; killed after half a second, so that it is started once more."""
    workflow = independent_tasks([(0.0, 1.0, 1.0)])
    start = {"start.provisioning_s": 0.3, "start.init_s": 0.2, "prices.bill_init": bill_init}
    overrides = {name.replace(".", "__"): value for name, value in start.items()}
    fault = ScriptedFault("t0", 1, "crash")
    run = run_of(workflow, plan_of(workflow, [0]), fault, **overrides, limits__max_attempts=2)
    assert (run.waste.runs_s, run.waste.starts_s) == pytest.approx((0.5, 0.5))
    assert run.waste.usd == pytest.approx(usd)


def test_what_a_dead_epoch_had_read_was_in_vain() -> None:
    """Reading `in` takes 1 s; the worker dies in the midst of the run of 2 s, and its next epoch reads it again."""
    builder = WorkflowBuilder("reader")
    builder.add_object("in", 1_000_000)
    builder.add_task("t0", cpu_s=2.0, inputs=["in"])
    workflow = builder.build()
    fault = ScriptedFault("t0", 1, "crash")
    run = run_of(workflow, plan_of(workflow, [0]), fault, limits__max_attempts=2, network__connection_bytes_per_s=1e6)
    assert (run.waste.runs_s, run.waste.transfers_s, run.waste.usd) == pytest.approx((1.0, 1.0, 2.0))
    assert run.cost_usd == pytest.approx(5.0)


def test_what_is_stopped_was_in_vain() -> None:
    """T1, of 10 s, is stopped after 3 s, when t0, of 6 s, dies half way, for good."""
    workflow = independent_tasks([(0.0, 6.0, 1.0), (0.0, 10.0, 1.0)])
    run = run_of(workflow, plan_of(workflow, [0, 1]), ScriptedFault("t0", 1, "crash"), limits__max_attempts=1)
    assert run.status == "failed"
    assert run.waste.runs_s == pytest.approx(6.0)
    assert run.waste.usd == pytest.approx(run.cost_usd) == pytest.approx(6.0)


def test_a_worker_that_is_superseded_worked_in_vain() -> None:
    """W0 is taken for dead half way through t0, of 2 s, and finds out when it commits: one of two runs is in vain."""
    workflow = chain(2, cpu_s=2.0, n_bytes=0)
    fault = ScriptedFault(workflow.task_names[0], 1, "false-alarm")
    run = run_of(workflow, plan_of(workflow, [0, 1]), fault, limits__max_attempts=2)
    assert run.status == "complete"
    assert (run.waste.n_runs, run.waste.n_redeliveries) == (1, 1)
    assert run.waste.runs_s == pytest.approx(2.0)
    assert run.waste.usd == pytest.approx(2.0)


def test_what_a_superseded_worker_had_under_way_was_in_vain() -> None:
    """Two tasks side by side, of 1 and 4 s: taken for dead after half a second, it finds out when the first commits."""
    workflow = independent_tasks([(1.0, 0.0, 1.0), (4.0, 0.0, 1.0)])
    fault = ScriptedFault("t0", 1, "false-alarm")
    run = run_of(workflow, plan_of(workflow, [0, 0]), fault, cpu__slots=2, limits__max_attempts=2)
    assert run.makespan_s == 4.5
    assert (run.waste.n_runs, run.waste.runs_s, run.waste.usd) == pytest.approx((2, 1.0, 1.0))


# by another computation -----------------------------------------------------------------------------------


def spells_of(run: Run) -> dict[int, list[tuple[int, int, bool, bool]]]:
    """Per invocation: begin, end, whether it is a run of a task, whether it was in vain."""
    names, objects = run.workflow.task_names, run.workflow.object_names
    counting = {(row["task"], row["invocation"]) for row in run.tasks.rows() if row["counts"]}
    readers = {(name, invocation) for task, invocation in counting for name in run.workflow.task(task).inputs}
    found = defaultdict[int, list[tuple[int, int, bool, bool]]](list)
    executions = iter(run.tasks.rows())
    for row in run.operations.rows():
        if row["kind"] not in KINDS:
            continue
        invocation = int(row["invocation"])
        if row["kind"] == Kind.EXECUTE:
            in_vain = not next(executions)["counts"]
        else:
            of = readers if row["kind"] == Kind.FETCH else counting
            about = objects[row["object"]] if row["kind"] == Kind.FETCH else names[row["task"]]
            in_vain = row["outcome"] != 0 or (about, invocation) not in of
        found[invocation].append((int(row["begin_ns"]), int(row["end_ns"]), row["kind"] == Kind.EXECUTE, in_vain))
    return found


def shared_ns(spells: list[tuple[int, int, bool, bool]], is_run: bool) -> Fraction:
    """Between two neighbouring moments nothing changes: there, the part of those in vain."""
    moments = sorted({moment for begin, end, _, _ in spells for moment in (begin, end)})
    total = Fraction(0)
    for begin, end in pairwise(moments):
        going_on = [spell for spell in spells if spell[0] <= begin and spell[1] >= end]
        of_them = [spell for spell in going_on if spell[3] and spell[2] is is_run]
        total += Fraction(len(of_them) * (end - begin), len(going_on) or 1)
    return total


def check(run: Run) -> None:
    """Waste is what another way finds, at least 0, and no more than the bill."""
    waste, spells = run.waste, spells_of(run)
    assert 0 <= waste.usd <= run.cost_usd * (1 + 1e-12)
    assert min(waste.runs_s, waste.transfers_s, waste.starts_s) >= 0
    if is_calm(run.operations):
        assert waste.total_s == waste.usd == 0
        return
    runs_ns = {invocation: shared_ns(found, is_run=True) for invocation, found in spells.items()}
    moves_ns = {invocation: shared_ns(found, is_run=False) for invocation, found in spells.items()}
    assert waste.runs_s == pytest.approx(float(sum(runs_ns.values())) / 1e9, abs=1e-9)
    assert waste.transfers_s == pytest.approx(float(sum(moves_ns.values())) / 1e9, abs=1e-9)
    usd = 0.0
    for invocation, row in enumerate(run.invocations.rows()):
        begin = row["provisioned_s"] if row["start"] == "cold" and run.platform.prices.bill_init else row["started_s"]
        spent_s = float(runs_ns.get(invocation, 0) + moves_ns.get(invocation, 0)) / 1e9
        if spent_s:
            usd += row["usd"] * spent_s / (row["ended_s"] - begin)
    assert waste.usd >= usd - 1e-12
    if not waste.n_redeliveries or not run.platform.prices.bill_init:
        assert waste.usd == pytest.approx(usd, abs=1e-12)


@stormy
@given(settings_of_runs(limits), weathers, store_rates)
def test_waste_is_part_of_the_bill_in_storms(
    setting: Setting, weather: dict[str, object], rates: dict[str, float | None]
) -> None:
    workflow, plan, platform, seed = setting
    check(simulate(workflow, plan, storm(platform, weather, rates), seed=seed))


@given(st.integers(0, 10_000))
def test_waste_is_part_of_the_bill_where_everything_goes_wrong(seed: int) -> None:
    """A third of everything fails, and two tasks run side by side on each of two instances."""
    rates = dict.fromkeys(("task_error", "store_error", "crash_per_s", "false_alarm_per_s"), 0.3)
    retry = {"initial_s": 0.5, "maximum_s": 0.5, "attempts": 9}
    overrides = {"faults__rates": rates, "faults__retry": retry, "limits__max_attempts": 9, "cpu__slots": 2}
    network = {"network__connection_bytes_per_s": 1e6, "prices__bill_init": True, "start__init_s": 0.2}
    workflow = chain(6, n_bytes=500_000)
    check(simulate(workflow, plan_of(workflow, [0, 1, 0, 1, 0, 1]), priced(**overrides, **network), seed=seed))
