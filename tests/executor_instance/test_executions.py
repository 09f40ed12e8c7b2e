"""Runs that are stopped, one by one or with their worker."""

from __future__ import annotations

import sys
from pathlib import Path
from queue import SimpleQueue
from time import sleep

import pytest

from executor.instance.brake import Brake, Stopped
from executor.instance.bundle import AnyBody, BurnTask, CommandTask
from executor.instance.driver import Driver, Turn
from executor.instance.executions import NOT_WANTED, Executions
from executor.instance.memory import Memory
from executor.instance.messages import Handed
from executor.instance.opened import OpenRun
from executor.instance.records import Recorder
from executor.instance.transfers import Transfers
from executor.worker import instructions as do
from executor.worker.events import Executed, ExecuteFailed, TimerFired, WorkerEvent
from tests.executor_instance import tasks
from tests.executor_instance.stage import Functions, Stage, view_of
from tests.executor_instance.test_bodies import single

MS = 1_000_000


class Impatient:
    """A machine that begins a run, and cancels it after a while; with ``leaves``, it exits instead."""

    def __init__(self, *, leaves: bool, waits_ms: int) -> None:
        self.heard: list[WorkerEvent] = []
        self._leaves = leaves
        self._waits_ms = waits_ms

    def handle(self, event: WorkerEvent) -> list[do.AnyInstruction]:
        self.heard.append(event)
        if len(self.heard) == 1:
            return [do.Execute(1, 0), do.SetTimer(2, self._waits_ms * MS)]
        if isinstance(event, TimerFired):
            return [do.Exit("stopped", "")] if self._leaves else [do.Cancel(1)]
        return [do.Exit("done", "")]


def bodies(folder: Path) -> dict[str, tuple[AnyBody, Functions]]:
    """What goes on for ever unless it is stopped."""
    functions = Functions()
    return {
        "function": (functions.task(tasks.until_stopped, str(folder), outputs=[0]), functions),
        "program": (CommandTask((sys.executable, "-c", "while True: pass"), stdout=0), functions),
        "burns": (BurnTask(0.0, 1e6, 2.0, ((0, 1),)), functions),
        "waits": (BurnTask(1e6, 0.0, 1.0, ((0, 1),)), functions),
    }


def driven(folder: Path, stage: Stage, machine: Impatient) -> tuple[bool, list[WorkerEvent], Memory]:
    """The machine driven to its exit; whether what it ran came to rest."""
    run = OpenRun(stage.folder, {})
    recorder = Recorder(f"{stage.folder}/records", "0", 0, 1)
    turns: SimpleQueue[Turn] = SimpleQueue()
    driver, memory = Driver(machine, recorder, turns), Memory()
    carried = driver.tell, recorder, run.carriers, run.store.objects
    transfers = Transfers(*carried, run.view, memory, 1, 1.0)
    runs = driver, recorder, run.runners, memory, run.view, run.code
    executions = Executions(*runs, transfers, f"{folder}/scratch", 60.0)
    driver.carry_out |= executions.table
    driver.run(Handed(), lambda at_ns: None)
    is_at_rest = executions.stop_all("the worker has left")
    recorder.close()
    run.close()
    return is_at_rest, machine.heard, memory


@pytest.mark.parametrize("waits_ms", [0, 150])
@pytest.mark.parametrize("kind", ["function", "program", "burns", "waits"])
def test_a_run_that_nobody_wants_is_stopped(tmp_path: Path, kind: str, waits_ms: int) -> None:
    body, functions = bodies(tmp_path)[kind]
    with Stage(tmp_path, view_of(single(), [0]), [body], functions) as stage:
        is_at_rest, heard, memory = driven(tmp_path, stage, Impatient(leaves=False, waits_ms=waits_ms))
    assert is_at_rest
    failed = heard[-1]
    assert isinstance(failed, ExecuteFailed)
    assert failed.reason == NOT_WANTED
    with pytest.raises(KeyError):
        memory.held(0)


@pytest.mark.parametrize("kind", ["function", "program", "burns", "waits"])
def test_what_runs_when_its_worker_leaves_is_stopped(tmp_path: Path, kind: str) -> None:
    body, functions = bodies(tmp_path)[kind]
    with Stage(tmp_path, view_of(single(), [0]), [body], functions) as stage:
        is_at_rest, heard, _ = driven(tmp_path, stage, Impatient(leaves=True, waits_ms=100))
        [did] = stage.did(0)
    assert is_at_rest
    assert not any(isinstance(event, Executed | ExecuteFailed) for event in heard), "nobody is told"
    assert did.note.startswith("the worker has left")


def test_a_brake_that_is_pulled_before_keeps_a_run_from_beginning() -> None:
    brake = Brake()
    brake.pull("first")
    brake.pull("second")
    assert brake.reason == "first"
    with pytest.raises(Stopped), brake.stops_thread():
        raise AssertionError("it began")


def test_a_brake_that_is_pulled_after_the_end_hurts_nobody() -> None:
    brake = Brake()
    with brake.stops_thread():
        pass
    brake.pull("too late")
    for _ in range(100):
        sleep(0)
