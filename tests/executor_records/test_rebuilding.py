"""What a simulated run would have left, rebuilt, is what the simulator itself noted: operation by operation."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executor.records.critical_path import WaitCause, path_rows
from executor.records.operations import Kind, Outcome
from executor.records.real.recounting import recount
from executor.records.real.remains import RecordsError, Remains
from executor.records.run import Run
from executor.records.table import Table
from planners.registry import make_planner
from platforms import load_platform
from tests.executor.cases import random_plan, random_workflow
from tests.executor_records.simulated import Twin, measured, twin, without
from tests.sim.test_streams import FIGURES, optimized
from workloads import load_workflow

ROW = ("kind", "outcome", "invocation", "task", "object", "begin_ns", "end_ns")
STORM = {
    "faults.rates.task_error": 0.05,
    "faults.rates.crash_per_s": 0.05,
    "faults.rates.false_alarm_per_s": 0.02,
    "faults.rates.store_error": 0.05,
    "faults.rates.request_loss": 0.03,
    "faults.rates.message_loss": 0.05,
    "faults.rates.message_delay": 0.05,
    "faults.rates.message_duplication": 0.05,
    "faults.rates.invocation_refusal": 0.05,
    "faults.poll_s": 2,
    "faults.detection_s": 0.3,
    "limits.max_attempts": 4,
    "limits.backoff.attempts": 5,
}
UNHEARD = {Kind.NOTIFY, Kind.COMMIT, Kind.READ, Kind.LOST}
"""What may have happened, and no machine heard of it: no record tells when. (Somebody may be found dead twice.)"""


def rebuilt(found: Twin, remains: Remains | None = None) -> Run:
    run = found.run
    return recount(run.workflow, run.plan, run.platform, remains or found.remains)


def own_rows(operations: Table) -> list[tuple[Any, ...]]:
    return list(zip(*(operations[name].tolist() for name in ROW), strict=True))


def with_causes(operations: Table) -> Counter[Any]:
    """Each operation with the one that caused it, whatever their numbers."""
    rows = own_rows(operations)
    return Counter(
        (row, rows[cause] if cause >= 0 else None) for row, cause in zip(rows, operations["cause"], strict=True)
    )


def case(seed: int, changes: dict[str, Any] | None = None) -> Twin:
    rng = Random(seed)
    workflow = random_workflow(rng)
    return twin(workflow, random_plan(rng, workflow), load_platform("aws-lambda-s3", changes or {}), seed)


def assert_same(run: Run, again: Run) -> None:
    """The same operations for the same causes, and so the same tables, path and bill."""
    assert with_causes(again.operations) == with_causes(run.operations)
    assert (again.status, again.makespan_ns, again.bill) == (run.status, run.makespan_ns, run.bill)
    assert [each.length_ns for each in again.critical_path()] == [each.length_ns for each in run.critical_path()]
    for name in ("tasks", "transfers", "invocations"):
        columns = [*getattr(run, name)]
        assert Counter(map(repr, getattr(again, name).rows())) == Counter(map(repr, getattr(run, name).rows())), columns


@given(st.integers(0, 2**32))
@settings(max_examples=40)
def test_a_calm_run_is_rebuilt_in_full(seed: int) -> None:
    found = case(seed)
    assert_same(found.run, rebuilt(found))


@pytest.mark.parametrize("planner", ["one-per-task", "all-on-one", "wukong", "uniform", "heft"])
def test_a_workflow_is_rebuilt_in_full(planner: str) -> None:
    workflow, platform = load_workflow("text_analysis"), load_platform("aws-lambda-s3")
    found = twin(workflow, make_planner(planner).plan(workflow, platform), platform, seed=1)
    assert_same(found.run, rebuilt(found))


@given(st.integers(0, 2**32))
@settings(max_examples=60)
def test_of_a_storm_all_is_rebuilt_that_anybody_heard_of(seed: int) -> None:
    """Where a commit's answer was lost the run counts as complete when it was next heard of, so maybe later."""
    found = case(seed, STORM)
    run, again = found.run, rebuilt(found)
    before, after = Counter(own_rows(run.operations)), Counter(own_rows(again.operations))
    assert {Kind(row[0]) for row in before - after} <= UNHEARD
    assert {Kind(row[0]) for row in after - before} <= {Kind.NOTIFY}  # an equal one, sent at another time
    assert run.status == again.status
    if again.makespan_ns is not None and run.makespan_ns is not None:
        assert again.makespan_ns >= run.makespan_ns
        assert sum(segment.length_ns for segment in again.critical_path()) == again.makespan_ns


@given(st.integers(0, 2**32))
@settings(max_examples=30)
def test_every_operation_begins_when_its_cause_ended(seed: int) -> None:
    operations = rebuilt(case(seed, STORM)).operations
    cause = operations["cause"]
    caused = cause >= 0
    assert (operations["begin_ns"][caused] == operations["end_ns"][cause[caused]]).all()
    assert (cause < range(operations.n_rows)).all()
    assert (operations["end_ns"][1:] >= operations["end_ns"][:-1]).all()


@given(st.integers(0, 2**32), st.integers(1, 1000))
@settings(max_examples=30)
def test_what_was_measured_is_told_and_the_rest_is_overhead(seed: int, late_ns: int) -> None:
    """All that was measured began and ended a while after its cause and before its machine heard of it."""
    found = case(seed)
    again = rebuilt(found, measured(found.remains, late_ns, n_bytes=7, cpu_ns=5))
    path = again.critical_path()
    assert sum(segment.length_ns for segment in path) == again.makespan_ns == found.run.makespan_ns
    assert sum(segment.length_ns for segment in path if segment.cause is WaitCause.OVERHEAD) == _around(
        found.run, late_ns
    )
    assert not any(segment.cause in (WaitCause.CPU_SHARE, WaitCause.NETWORK_SHARE) for segment in path)
    assert again.tasks["cpu_s"].tolist() == [5e-9] * again.tasks.n_rows
    assert again.transfers["bytes"].tolist() == [7] * again.transfers.n_rows
    took_ns = ((again.tasks["end_s"] - again.tasks["start_s"]) * 1e9).round()
    simulated_ns = ((found.run.tasks["end_s"] - found.run.tasks["start_s"]) * 1e9).round()
    assert Counter(took_ns.tolist()) == Counter((simulated_ns - 2 * late_ns).clip(0).tolist())


def _around(run: Run, late_ns: int) -> int:
    """What was not measured of the gets, puts and runs on a critical path."""
    rows = path_rows(run.operations, run.last_operation or 0)
    lengths_ns = [int(run.operations["end_ns"][row] - run.operations["begin_ns"][row]) for row in rows]
    kinds = [run.operations["kind"][row] for row in rows]
    moves = (Kind.FETCH, Kind.EXECUTE, Kind.UPLOAD)
    return sum(min(each, 2 * late_ns) for each, kind in zip(lengths_ns, kinds, strict=True) if kind in moves)


STREAMED = {Kind.FETCH, Kind.EXECUTE, Kind.TAIL}


@given(st.integers(0, 2**32))
@settings(max_examples=60)
def test_streams_are_rebuilt_up_to_what_they_waited_for(seed: int) -> None:
    """Whether a reader had to wait for the last chunk is judged by when that was put; all else is as it was."""
    rng = Random(seed)
    workflow = random_workflow(rng)
    plan = optimized(rng, workflow)
    if plan is None:
        return
    found = twin(workflow, plan, load_platform("ideal", FIGURES), seed)
    run, again = found.run, rebuilt(found)
    before, after = (
        Counter(row for row in own_rows(t) if row[0] not in STREAMED) for t in (run.operations, again.operations)
    )
    assert {Kind(row[0]) for row in before - after} <= UNHEARD
    assert {Kind(row[0]) for row in after - before} <= {Kind.NOTIFY}
    assert sum(segment.length_ns for segment in again.critical_path()) == again.makespan_ns == run.makespan_ns


def test_who_waits_for_the_last_chunk_is_told_from_there() -> None:
    kinds = [(set(a["kind"]), set(b["kind"])) for a, b in map(_streamed, range(40)) if a is not b]
    assert sum(Kind.TAIL in again for _, again in kinds) >= sum(Kind.TAIL in was for was, _ in kinds) > 3


def _streamed(seed: int) -> tuple[Table, Table]:
    rng = Random(seed)
    workflow = random_workflow(rng)
    plan = optimized(rng, workflow)
    if plan is None:
        return (nothing := Table({}), nothing)
    found = twin(workflow, plan, load_platform("ideal", FIGURES), seed)
    return found.run.operations, rebuilt(found).operations


# damage ---------------------------------------------------------------------------------------------------


def test_a_message_that_nobody_sent_is_refused() -> None:
    workflow, platform = load_workflow("text_analysis"), load_platform("aws-lambda-s3")
    found = twin(workflow, make_planner("heft").plan(workflow, platform), platform, seed=1)
    hearing = next(number for number, frames in found.remains.steps.items() if _hears(frames))
    others = [number for number in found.remains.steps if number not in (hearing, -1)]
    with pytest.raises(RecordsError, match="which nobody had sent"):
        rebuilt(found, without(found.remains, others))


def _hears(frames: Any) -> bool:
    return any(type(frame.event).__name__ == "TaskReady" for frame in frames)


def test_records_of_another_workflow_are_refused() -> None:
    found = case(1)
    other = load_workflow("gen:chain,depth=20")
    with pytest.raises(RecordsError, match="expected those of gen:chain"):
        recount(other, found.run.plan, found.run.platform, found.remains)


def test_an_end_of_what_was_never_asked_for_is_refused() -> None:
    found = case(1)
    first = next(number for number, frames in found.remains.steps.items() if number >= 0 and len(frames) > 1)
    steps = dict(found.remains.steps)
    steps[first] = steps[first][1:]
    damaged = Remains(found.remains.view, found.remains.account, steps, found.remains.deeds)
    with pytest.raises(RecordsError, match="was never asked for"):
        rebuilt(found, damaged)


def test_what_was_going_on_when_an_instance_died_is_given_up() -> None:
    workflow = load_workflow("gen:chain,depth=4")
    platform = load_platform("aws-lambda-s3", {"limits.max_duration_s": 3})
    found = twin(workflow, make_planner("all-on-one").plan(workflow, platform), platform, seed=1)
    again = rebuilt(found)
    assert_same(found.run, again)
    assert again.status == "failed"
    killed = again.operations["outcome"] == Outcome.KILLED
    assert set(again.operations["kind"][killed]) >= {Kind.LOST, Kind.EXECUTE}
    assert again.lost_invocation == found.run.lost_invocation
