"""Real runs, recounted: complete, failed, killed on the way, gone on with; explained, drawn, traced, replayed."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

from executor.local.preparing import prewarms_of
from executor.local.run import RealRun
from executor.records.critical_path import WaitCause
from executor.records.operations import Kind, Outcome
from executor.records.real.merged import write_log
from executor.records.real.recounting import recount
from executor.records.real.remains import RecordsError, read_remains, read_steps
from executor.records.run import Run
from executor.worker.replay import replay
from faascast import plots, save_trace
from faascast.explain import explain_run
from faascast.explain.failure import failure_of
from tests.executor_local.programs import always_dies, chain, dies_once, fan, ground, nap, platform_with, square
from tests.sim import invariants

RULES = (
    invariants.each_task_is_committed_once,
    invariants.an_instance_serves_one_at_a_time,
    invariants.invocations_go_through_life_in_order,
)


def recounted(run: RealRun) -> Run:
    """The run, which has to be explained in full and to replay."""
    again = recount(run.program.workflow, run.plan, run.platform, read_remains(Path(run.folder)))
    assert again.status == run.status
    assert sum(each.length_ns for each in again.critical_path()) == (again.makespan_ns or 0)
    file, (view, steps) = io.BytesIO(), read_steps(Path(run.folder))
    write_log(view, steps, prewarms_of(run.plan), file)
    file.seek(0)
    assert replay(file) is None
    return again


@pytest.mark.parametrize("planner", ["one-per-task", "wukong", "all-on-one"])
def test_a_run_is_recounted(tmp_path: Path, planner: str) -> None:
    with ground(tmp_path, platform_with()) as here:
        done = here.run(chain(lambda: list(range(1000)), sum, str), planner)
    run = recounted(done)
    for rule in RULES:
        rule(run)
    assert run.tasks["outcome"].tolist() == ["done"] * 3
    assert np.isfinite(run.tasks["cpu_s"]).all()
    assert (run.tasks["cpu_s"] <= run.tasks["end_s"] - run.tasks["start_s"] + 0.01).all()
    assert run.lower_bound_s is None
    assert run.backend.is_real
    text = explain_run(run).to_text()
    assert "really carried out" in text
    assert "lower bound is not known" in text
    json.dumps(explain_run(run).to_json(), allow_nan=False)


def test_bytes_are_those_that_moved(tmp_path: Path) -> None:
    """The workflow says 1 byte for each object; the list of 1,000 numbers takes more, and is got as it was put."""
    with ground(tmp_path, platform_with()) as here:
        run = recounted(here.run(chain(lambda: list(range(1000)), sum)))
    moved = {(row["direction"], row["object"]): row["bytes"] for row in run.transfers.rows()}
    assert moved["put", "out0"] == moved["get", "out0"] > 2000
    assert run.bytes_fetched == moved["get", "out0"]
    assert run.bytes_uploaded == moved["put", "out0"] + moved["put", "out1"]


def test_a_task_takes_what_it_takes(tmp_path: Path) -> None:
    with ground(tmp_path, platform_with()) as here:
        run = recounted(here.run(fan(nap, 1, 0.3)))
    [took_s] = (run.tasks["end_s"] - run.tasks["start_s"]).tolist()
    assert took_s >= 0.3
    assert run.tasks["alone_s"].tolist() == pytest.approx([took_s])
    assert run.tasks["cpu_s"][0] < 0.2  # it slept
    by_cause = {total.cause: total.length_ns for total in explain_run(run).causes}
    assert by_cause[WaitCause.CPU] >= 300_000_000
    assert WaitCause.OVERHEAD in by_cause


def test_cold_and_warm_starts_are_told_apart(tmp_path: Path) -> None:
    with ground(tmp_path, platform_with()) as here:
        cold, warm = (recounted(here.run(fan(square, 2))) for _ in range(2))
    assert (cold.cold_starts, warm.cold_starts, warm.warm_starts) == (2, 0, 2)
    start_s = [run.invocations["started_s"] - run.invocations["admitted_s"] for run in (cold, warm)]
    assert start_s[0].min() > start_s[1].max()
    assert set(warm.instances["created_s"] < 0) == {True}
    assert set(cold.instances["pid"]) >= set(warm.instances["pid"])


def test_what_died_is_part_of_the_path(tmp_path: Path) -> None:
    with ground(tmp_path, platform_with()) as here:
        run = recounted(here.run(fan(dies_once, 1, str(tmp_path))))
    lost = run.operations["kind"] == Kind.LOST
    killed = run.operations["outcome"] == Outcome.KILLED
    assert lost.sum() == 1
    assert set(run.operations["kind"][killed]) == {Kind.LOST, Kind.EXECUTE}
    assert run.waste.n_redeliveries == 1
    assert WaitCause.RETRY in {segment.cause for segment in run.critical_path()}
    assert run.tasks["outcome"].tolist() == ["killed", "done"]


# failures -------------------------------------------------------------------------------------------------


def breaks(value: int) -> int:
    raise ArithmeticError(f"{value} is too much")


def test_a_failure_is_told_in_full(tmp_path: Path) -> None:
    with ground(tmp_path, platform_with(max_attempts=2)) as here:
        run = recounted(here.run(chain(lambda: 7, breaks)))
    failure = failure_of(run)
    assert failure is not None
    assert (failure.task, failure.worker, failure.epoch) == ("t1", "w1", 2)
    assert (failure.n_committed, failure.n_tasks) == (1, 2)
    assert failure.pid in run.instances["pid"]
    lines = [*failure.lines("faascast run … --resume run")]
    assert lines[0].startswith("failed   worker w1 (invoked for task t1), attempt 2 of 2: task t1: ")
    assert lines[2] == f"where    worker w1, epoch 2, instance {failure.instance} (process {failure.pid})"
    assert any(line.strip() == "ArithmeticError: 7 is too much" for line in lines)
    assert any("0: 7 (int)" in line for line in lines)
    assert lines[-2:] == ["kept     1 of 2 tasks are committed", "resume   faascast run … --resume run"]


def test_a_worker_that_died_each_time_has_nothing_to_show_but_where(tmp_path: Path) -> None:
    with ground(tmp_path, platform_with(max_attempts=1)) as here:
        run = recounted(here.run(fan(always_dies, 1)))
    failure = failure_of(run)
    assert failure is not None
    assert (failure.task, failure.attempt, failure.detail) == ("t0", 1, None)
    assert "killed by SIGKILL" in failure.reason


def test_a_run_that_is_gone_on_with_is_recounted(tmp_path: Path) -> None:
    def breaks_once(value: int) -> int:
        if (mark := tmp_path / "seen").exists():
            return value * 6
        mark.touch()
        raise ValueError("not yet")

    program = chain(lambda: 7, breaks_once, lambda value: value)
    with ground(tmp_path, platform_with(max_attempts=1, **{"faults.retry.attempts": 1})) as here:
        failed = here.run(program)
        assert recounted(failed).status == "failed"
        run = recounted(here.run(program, resume=failed.folder))
    assert set(run.tasks["task"]) == {"t1", "t2"}
    assert run.makespan_ns


# pictures -------------------------------------------------------------------------------------------------


def test_it_can_be_drawn_and_traced(tmp_path: Path) -> None:
    with ground(tmp_path, platform_with(max_attempts=1)) as here:
        runs = [recounted(here.run(fan(square, 3), "wukong")), recounted(here.run(chain(lambda: 7, breaks)))]
    for number, run in enumerate(runs):
        for name in ("gantt", "heat_lines"):
            plots.save(getattr(plots, name)(run), tmp_path / f"{name}{number}.png")
        save_trace(run, tmp_path / f"{number}.json")
        assert json.loads((tmp_path / f"{number}.json").read_text())["traceEvents"]
        assert run.events.n_rows == run.operations.n_rows
    plots.save(plots.causes({"complete": runs[0], "failed": runs[1]}), tmp_path / "causes.png")


# damage ---------------------------------------------------------------------------------------------------


def test_what_is_missing_or_damaged_is_named(tmp_path: Path) -> None:
    with ground(tmp_path, platform_with()) as here:
        folder = Path(here.run(fan(square, 1)).folder)
    account = (folder / "platform.msgpack").read_bytes()
    (folder / "platform.msgpack").write_bytes(account[:-1])
    with pytest.raises(RecordsError, match=r"platform\.msgpack is no PlatformAccount"):
        read_remains(folder)
    (folder / "platform.msgpack").unlink()
    with pytest.raises(RecordsError, match=r"platform\.msgpack cannot be read: No such file"):
        read_remains(folder)
    (folder / "platform.msgpack").write_bytes(account)
    (folder / "records" / "client.frames").unlink()
    with pytest.raises(RecordsError, match="no records of the client"):
        read_remains(folder)
