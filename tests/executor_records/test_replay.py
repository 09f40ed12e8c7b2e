"""Runs in folders: real ones are read from their records, any can be replayed, and the first difference is told."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from executor.records.evidence import EVENT_LOG
from executor.records.real.merged import write_log
from executor.records.real.recounting import recount
from executor.records.real.remains import Remains, read_remains, read_steps
from executor.records.run import Run
from executor.worker.instructions import CLIENT, Publish
from executor.worker.replay import EventLog, read_log
from executor.worker.replay import replay as replay_log
from faascast import load_run, save
from faascast.cli.app import app
from faascast.experiments.replaying import replay_folder
from faascast.faults import BadInput
from planners.registry import make_planner
from platforms import load_platform
from tests.executor_records.simulated import Twin, twin
from workloads import load_workflow


def program(*arguments: str) -> Any:
    return CliRunner().invoke(app, arguments)


@pytest.fixture(scope="module")
def found() -> Twin:
    workflow, platform = load_workflow("gen:forkjoin,width=3"), load_platform("aws-lambda-s3")
    return twin(workflow, make_planner("heft").plan(workflow, platform), platform, seed=1)


@pytest.fixture
def real(found: Twin) -> Run:
    """The same as if it had been real."""
    run = found.run
    return recount(run.workflow, run.plan, run.platform, found.remains)


def test_what_is_kept_is_read_again(found: Twin, tmp_path: Path) -> None:
    found.remains.keep(tmp_path)
    again = read_remains(tmp_path)
    assert (again.view, again.account, dict(again.steps)) == (
        found.remains.view,
        found.remains.account,
        dict(found.remains.steps),
    )


def test_a_real_run_is_loaded_from_its_folder(real: Run, tmp_path: Path) -> None:
    save(real, tmp_path / "run")
    again = load_run(tmp_path / "run")
    assert again.backend == real.backend
    assert again.backend.is_real
    assert again.critical_path() == real.critical_path()
    save(again, tmp_path / "copy")
    assert load_run(tmp_path / "copy").makespan_ns == real.makespan_ns
    written = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (written["backend"]["name"], written["lower_bound_s"]) == ("local", None)


def test_a_real_run_replays_without_a_difference(real: Run, tmp_path: Path) -> None:
    save(real, tmp_path / "run")
    said = program("replay", str(tmp_path / "run"))
    assert (said.exit_code, said.stdout.split(":")[0]) == (0, "no difference")
    replayed = replay_folder(tmp_path / "run")
    assert replayed.difference is None
    assert replayed.n_machines == real.invocations.n_rows + 1


def test_a_run_that_was_killed_replays_as_far_as_it_came(real: Run, tmp_path: Path) -> None:
    save(real, tmp_path / "run")
    attempt = tmp_path / "run" / "attempt-1"
    (attempt / "platform.msgpack").unlink()
    frames = attempt / "records" / "0.frames"
    frames.write_bytes(frames.read_bytes()[:-3])
    assert replay_folder(tmp_path / "run").difference is None


def test_the_merged_log_has_all_steps_in_the_order_of_time(found: Twin, tmp_path: Path) -> None:
    found.remains.keep(tmp_path)
    view, steps = read_steps(tmp_path)
    file = io.BytesIO()
    write_log(view, steps, (), file)
    file.seek(0)
    header, frames = read_log(file)
    times_ns = [frame.event.time_ns for frame in frames]
    assert header.view == view
    assert times_ns == sorted(times_ns)
    assert len(times_ns) == sum(map(len, steps))
    file.seek(0)
    assert replay_log(file) is None


def test_the_first_difference_is_told_in_words(real: Run, tmp_path: Path) -> None:
    """A worker forgot to tell the client of its goal: who replays it wants to."""
    assert isinstance(real.evidence, Remains)
    save(_without_word(real), tmp_path / "run")
    said = program("replay", str(tmp_path / "run"))
    assert said.exit_code == 1
    difference, worker, event, *_ = said.stdout.splitlines()
    recorded, replayed = said.stdout.split("recorded  ")[1].split("replayed  ")
    assert difference.startswith("step ")
    assert worker.startswith("worker    w")
    assert event.startswith("event     Committed(op ")
    assert "Publish" not in recorded
    assert "Publish(worker client, task join" in replayed
    plain = json.loads(program("replay", str(tmp_path / "run"), "--json").stdout)
    assert plain["kind"] == "replay"
    assert plain["difference"]["epoch"] == 1


def _without_word(run: Run) -> Any:
    remains = run.evidence
    assert isinstance(remains, Remains)
    steps = {
        number: tuple(
            replace(frame, instructions=[each for each in frame.instructions if not _tells_client(each)])
            for frame in frames
        )
        for number, frames in remains.steps.items()
    }
    return dataclasses.replace(run, evidence=Remains(remains.view, remains.account, steps, remains.deeds))


def _tells_client(instruction: Any) -> bool:
    return isinstance(instruction, Publish) and instruction.worker == CLIENT


# simulated runs -------------------------------------------------------------------------------------------


def test_a_simulated_run_keeps_its_event_log_if_asked(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    asked = ("simulate", "gen:chain,depth=2", "--out", str(folder))
    assert program(*asked, "--event-log").exit_code == 0
    assert program("replay", str(folder)).exit_code == 0
    save(load_run(folder), tmp_path / "copy")
    assert (tmp_path / "copy" / EVENT_LOG).read_bytes() == (folder / EVENT_LOG).read_bytes()


def test_a_folder_without_an_event_log_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert program("simulate", "gen:chain,depth=2", "--out", str(folder)).exit_code == 0
    said = program("replay", str(folder))
    assert said.exit_code == 2
    assert "holds no event log" in said.stderr


def test_a_damaged_event_log_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert program("simulate", "gen:chain,depth=2", "--out", str(folder), "--event-log").exit_code == 0
    log = folder / EVENT_LOG
    log.write_bytes(log.read_bytes()[:-2])
    with pytest.raises(BadInput, match="middle of a frame"):
        replay_folder(folder)


def test_an_event_log_without_a_folder_is_refused() -> None:
    said = program("simulate", "gen:chain,depth=2", "--event-log")
    assert said.exit_code == 2
    assert "--event-log is given without --out" in said.stderr


def test_the_log_of_another_run_is_replayed_as_what_it_is(found: Twin) -> None:
    """`EventLog` and the merged log have one format."""
    file = io.BytesIO(found.log)
    header, frames = read_log(file)
    copy = io.BytesIO()
    log = EventLog(copy, header)
    for frame in frames:
        log.record(frame.worker, frame.epoch, frame.event, frame.instructions)
    assert copy.getvalue() == found.log
