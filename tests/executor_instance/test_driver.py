"""The driver by itself: operations end in any order; the machine is told of each once, and what it wants is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from threading import Thread
from time import monotonic_ns, sleep
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from executor.instance.driver import Driver, Turn
from executor.instance.messages import Handed
from executor.instance.reading import read_frames
from executor.instance.records import Recorder
from executor.worker import events
from executor.worker import instructions as do
from executor.worker.invariants import InvariantError, check_machine
from executor.worker.ledger import Ledger
from executor.worker.machine import Worker
from executor.worker.replay import Frame
from executor.worker.view import View, marker_of
from tests.executor.cases import random_view

FIRST = 1
MARKER = marker_of(0, FIRST)


def one_worker(seed: int) -> View:
    """A random workflow, all on one worker of several slots."""
    _, view = random_view(seed, most=12)
    n_tasks = len(view.parents)
    return replace(
        view,
        worker_of=(0,) * n_tasks,
        tasks_of=(tuple(range(n_tasks)),),
        memory_mb=(1024,),
        hold=(True,),
        slots=(3,),
        frugal=(False,),
        route=tuple(1 if goal else 0 for goal in view.is_goal),
        local_parents=tuple(map(len, view.parents)),
        remote_edges=(0,) * n_tasks,
        uploads=tuple(tuple(found for found in outputs if view.is_result[found]) for outputs in view.outputs),
    )


class Hands:
    """A fake executor: it has what was begun ended by threads, as `choose` says; and the ledger itself."""

    def __init__(self, view: View, driver: Driver, folder: str, choose: Callable[[int], int]) -> None:
        self.ledger = Ledger(view)
        self.driver = driver
        self.folder = folder
        self.choose = choose
        self.begun: list[Any] = []
        self.unwritten: list[Any] = []
        begin = self.begin
        driver.carry_out |= dict.fromkeys((do.Fetch, do.Execute, do.Upload, do.Commit, do.ReadSets), begin)
        driver.carry_out |= dict.fromkeys((do.Subscribe, do.Release), begin)
        driver.carry_out |= {do.Publish: lambda _: None, do.Drop: lambda _: None}

    def begin(self, instruction: Any) -> None:
        last = list(read_frames(self.folder, "0"))[-1]
        if instruction not in last.instructions:
            self.unwritten.append(instruction)
        self.begun.append(instruction)

    def end_some(self) -> bool:
        """Have several end at once, by as many threads; whether there was anything under way."""
        chosen = [self.begun.pop(self.choose(len(self.begun))) for _ in range(1 + self.choose(len(self.begun)))]
        threads = [Thread(target=self.driver.tell, args=(self._turn(each),)) for each in chosen]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return bool(chosen)

    def _turn(self, instruction: Any) -> Turn:
        match instruction:
            case do.Fetch():
                return lambda now_ns: events.Fetched(now_ns, instruction.op)
            case do.Execute():
                return lambda now_ns: events.Executed(now_ns, instruction.op)
            case do.Upload():
                return lambda now_ns: events.Uploaded(now_ns, instruction.op)
            case do.Commit():
                return lambda now_ns: events.Committed(
                    now_ns, instruction.op, *self.ledger.commit(MARKER, instruction.entries)
                )
        raise AssertionError(instruction)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.data())
def test_whatever_the_order_of_ends_the_work_is_done_and_written(seed: int, data: st.DataObject) -> None:
    view = one_worker(seed)

    def choose(below: int) -> int:
        return data.draw(st.integers(0, below - 1)) if below > 1 else 0

    with TemporaryDirectory() as folder:
        recorder = Recorder(folder, "0", 0, FIRST)
        turns: SimpleQueue[Turn] = SimpleQueue()
        machine = Worker(view, 0, FIRST)
        driver = Driver(machine, recorder, turns, lambda: check_machine(machine))
        hands = Hands(view, driver, folder, choose)

        def step_by_step(now_ns: int) -> None:
            """After each round of ends, another."""
            if hands.begun:
                hands.end_some()
            driver.tell(step_by_step)

        driver.tell(step_by_step)
        leave = driver.run(Handed(), lambda at_ns: None)
        recorder.close()
        frames = list(read_frames(folder, "0"))
    assert (leave.status, hands.unwritten) == ("done", [])
    assert all(hands.ledger.committed_version(task) == MARKER for task in range(len(view.parents)))
    times = [frame.event.time_ns for frame in frames]
    assert times == sorted(times)
    assert again(view, frames) == [frame.instructions for frame in frames]


def again(view: View, frames: list[Frame]) -> list[list[do.AnyInstruction]]:
    machine = Worker(view, 0, FIRST)
    return [machine.handle(frame.event) for frame in frames]


class Scripted:
    """A machine that gives what it is told to, step by step, and exits."""

    def __init__(self, *steps: list[do.AnyInstruction]) -> None:
        self.steps = list(steps)
        self.heard: list[events.WorkerEvent] = []

    def handle(self, event: events.WorkerEvent) -> list[do.AnyInstruction]:
        self.heard.append(event)
        return self.steps.pop(0) if self.steps else [do.Exit("done", "")]


def driven(folder: Path, machine: Scripted, *turns: Turn) -> tuple[Driver, Recorder]:
    queue: SimpleQueue[Turn] = SimpleQueue()
    for turn in turns:
        queue.put(turn)
    recorder = Recorder(str(folder), "0", 0, FIRST)
    return Driver(machine, recorder, queue), recorder


def test_timers_fire_in_the_order_of_their_times_and_not_before(tmp_path: Path) -> None:
    ms = 1_000_000
    machine = Scripted([do.SetTimer(1, 30 * ms), do.SetTimer(2, 10 * ms), do.SetTimer(3, 10 * ms)], [], [])
    driver, recorder = driven(tmp_path, machine)
    driver.run(Handed(), lambda at_ns: None)
    recorder.close()
    started, *fired = machine.heard
    assert [event.op for event in fired if isinstance(event, events.TimerFired)] == [2, 3, 1]
    for event, delay_ns in zip(fired, (10 * ms, 10 * ms, 30 * ms), strict=True):
        assert event.time_ns - started.time_ns >= delay_ns


def test_what_comes_before_the_start_is_told_after_it(tmp_path: Path) -> None:
    machine = Scripted([])
    driver, recorder = driven(tmp_path, machine, lambda now_ns: events.Stop(now_ns, "too late"))
    began_ns: list[int] = []
    driver.run(Handed((1,), ((2,),)), began_ns.append)
    recorder.close()
    assert machine.heard[0] == events.Started(began_ns[0], (1,), ((2,),))
    assert isinstance(machine.heard[1], events.Stop)


def test_after_the_exit_turns_are_taken_but_not_told(tmp_path: Path) -> None:
    machine = Scripted()
    driver, recorder = driven(tmp_path, machine)
    driver.run(Handed(), lambda at_ns: None)
    taken: list[int] = []
    helper = Thread(target=lambda: (sleep(0.02), driver.tell(lambda now_ns: taken.append(now_ns))))
    helper.start()
    assert driver.drain(lambda: bool(taken), 60_000_000_000)
    helper.join()
    assert len(machine.heard) == 1
    before_ns = monotonic_ns()
    assert not driver.drain(lambda: False, 20_000_000)
    assert monotonic_ns() - before_ns >= 20_000_000
    recorder.close()


def test_a_broken_promise_ends_the_driver(tmp_path: Path) -> None:
    machine = Scripted([])
    recorder = Recorder(str(tmp_path), "0", 0, FIRST)

    def broken() -> None:
        raise InvariantError(Worker(one_worker(1), 0, FIRST), ("nothing holds",))

    driver = Driver(machine, recorder, SimpleQueue(), broken)
    with pytest.raises(InvariantError, match="nothing holds"):
        driver.run(Handed(), lambda at_ns: None)
    recorder.close()
    assert len(list(read_frames(str(tmp_path), "0"))) == 1, "the step that broke it is there"


def test_the_last_record_may_be_torn(tmp_path: Path) -> None:
    recorder = Recorder(str(tmp_path), "0", 0, FIRST)
    for number in range(3):
        recorder.frame(events.TimerFired(number, number), [])
    recorder.close()
    path = tmp_path / "0.frames"
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        assert len(list(read_frames(str(tmp_path), "0"))) == size * 3 // len(whole)
    assert list(read_frames(str(tmp_path), "nobody")) == []
