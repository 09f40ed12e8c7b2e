"""The process of an instance: its start, what the platform tells it, and its end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from time import monotonic_ns, sleep
from typing import IO, Any

import pytest

from executor.instance import brief
from executor.instance.bundle import AnyBody, CommandTask
from executor.instance.messages import (
    NOBODY,
    Answered,
    Deliver,
    Halt,
    Handed,
    Left,
    Line,
    Message,
    Nothing,
    Quit,
    Running,
    Up,
)
from executor.worker.instructions import Exit
from tests.executor_instance import tasks
from tests.executor_instance.processes import ROOT, Process, lives
from tests.executor_instance.stage import Functions, Stage, view_of
from tests.executor_instance.test_bodies import single


class Watched:
    """One instance, and what it says."""

    def __init__(self, stdout: IO[bytes] | None = None) -> None:
        self._heard: SimpleQueue[tuple[Process, Any]] = SimpleQueue()
        self.process = Process(self._heard, stdout)
        self.up = self.hear()
        assert isinstance(self.up, Up)

    def hear(self) -> Any:
        return self._heard.get()[1]

    def say(self, *messages: Message) -> None:
        for message in messages:
            self.process.send(message)


@pytest.fixture
def instance() -> Iterator[Watched]:
    watched = Watched()
    yield watched
    if watched.process.popen.poll() is None:
        watched.process.kill()
    watched.process.end()


def deliver(stage: Stage, number: int = 0) -> Deliver:
    return Deliver(stage.folder, number, 0, 1, Handed((0,), ((),)))


def staged(folder: Path, body: AnyBody, functions: Functions | None = None) -> Stage:
    return Stage(folder, view_of(single(), [0]), [body], functions or Functions(), grace_s=60.0)


def test_it_says_when_it_is_up(instance: Watched) -> None:
    assert 0 < instance.up.booted_ns < instance.up.up_ns <= monotonic_ns()


def test_a_prewarm_is_answered_and_a_quit_ends_it(instance: Watched) -> None:
    instance.say(Nothing(), Quit())
    left = instance.hear()
    assert isinstance(left, Left)
    assert (left.number, left.status, left.stays) == (NOBODY, "done", True)
    assert instance.hear() is None
    assert instance.process.end() == 0


def test_it_serves_one_invocation_after_another(instance: Watched, tmp_path: Path) -> None:
    functions = Functions()
    with staged(tmp_path, functions.task(os.getpid, outputs=[0]), functions) as stage:
        for number in range(3):
            # An answer of an invocation that has left must not be taken for one's own.
            instance.say(Deliver(stage.folder, number, 0, number + 1, Handed((0,), ((),))))
            instance.say(Answered(1, True, False, "", 0, number + 1))
            running, left = instance.hear(), instance.hear()
            assert isinstance(running, Running)
            assert isinstance(left, Left)
            assert (running.number, left.number, left.status) == (number, number, "done")
            assert running.at_ns == stage.frames(number)[0].event.time_ns
            assert running.at_ns < left.at_ns
        assert stage.committed(0, 0) == instance.process.popen.pid
        assert stage.replayed() is None


def test_it_serves_several_runs(instance: Watched, tmp_path: Path) -> None:
    for name in ("one", "other", "third"):
        functions = Functions()
        (tmp_path / name).mkdir()
        with staged(tmp_path / name, functions.task(lambda said: said, name, outputs=[0]), functions) as stage:
            instance.say(deliver(stage))
            assert [type(instance.hear()), type(instance.hear())] == [Running, Left]
            assert stage.committed(0, 0) == name


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda path: path.unlink(), "cannot be read: No such file"),
        (lambda path: path.write_bytes(b"\xc1"), "is no "),
        (lambda path: path.chmod(0o620), "can be written by others (mode 620)"),
    ],
    ids=["gone", "damaged", "foreign"],
)
@pytest.mark.parametrize("name", [brief.BRIEF, brief.VIEW, brief.CODE])
def test_a_run_that_cannot_be_served_is_refused(
    instance: Watched, tmp_path: Path, name: str, spoil: Any, why: str
) -> None:
    with staged(tmp_path, CommandTask(("true",))) as stage:
        path = Path(stage.folder) / name
        spoil(path)
        instance.say(deliver(stage), Nothing())
        left = instance.hear()
    assert (left.number, left.status, left.stays) == (0, "failed", True)
    assert left.reason.startswith(f"the run cannot be served: {path}")
    assert why in left.reason
    assert isinstance(instance.hear(), Left), "it can be used for other runs"


def test_a_run_without_its_store_is_refused(instance: Watched, tmp_path: Path) -> None:
    stage = staged(tmp_path, CommandTask(("true",)))
    stage.store.destroy()
    instance.say(deliver(stage))
    assert "the run cannot be served: run run is not in store" in instance.hear().reason


def test_it_goes_where_the_code_is_at_home(instance: Watched, tmp_path: Path) -> None:
    functions = Functions()
    body = functions.task(tasks.whereabouts, outputs=[0])
    said = {"cwd": f"{tmp_path}/home", "folders": (f"{tmp_path}/modules",), "environment": {"SAID": "so"}}
    with Stage(tmp_path, view_of(single(), [0]), [body], functions, **said) as stage:
        instance.say(deliver(stage))
        left = instance.hear()
        assert (left.status, left.stays) == ("failed", True)
        assert left.reason == f"the run cannot be served: its tasks cannot be run in {said['cwd']}: " + os.strerror(2)
        (tmp_path / "home").mkdir()
        instance.say(deliver(stage))
        assert [type(instance.hear()), instance.hear().status] == [Running, "done"]
        assert stage.committed(0, 0) == (said["cwd"], f"{tmp_path}/modules", "so")


def test_a_start_loads_nothing_that_few_need() -> None:
    probe = "import sys; sys.path[:] = {path!r}; import executor.instance.main; print(*sys.modules)"
    command = [sys.executable, "-I", "-S", "-c", probe.format(path=[ROOT, *sys.path])]
    loaded = set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    assert {"executor.worker.machine", "executor.store.opening", "msgspec"} <= loaded
    few = "cloudpickle ctypes hashlib numpy pathlib shutil sqlite3 subprocess tempfile traceback typing_extensions"
    assert loaded & set(few.split()) == set()


def test_a_halt_ends_an_invocation_and_what_it_runs(instance: Watched, tmp_path: Path) -> None:
    functions = Functions()
    with staged(tmp_path, functions.task(tasks.until_stopped, str(tmp_path), outputs=[0]), functions) as stage:
        instance.say(deliver(stage))
        instance.hear()
        _wait_for(tmp_path / "runs")
        instance.say(Halt("enough"))
        left = instance.hear()
        assert (left.status, left.reason, left.stays) == ("stopped", "enough", True)
        assert (tmp_path / "cleaned up").exists()
        assert stage.frames(0)[-1].instructions == [Exit("stopped", "enough")]
        assert stage.did(0)[-1].note.startswith("its worker has left")


def test_a_halt_before_the_start_is_not_lost(instance: Watched, tmp_path: Path) -> None:
    functions = Functions()
    with staged(tmp_path, functions.task(tasks.until_stopped, str(tmp_path), outputs=[0]), functions) as stage:
        instance.say(deliver(stage), Halt("never mind"))
        assert [type(instance.hear()), instance.hear().status] == [Running, "stopped"]


def test_it_does_not_hear_an_interrupt(instance: Watched, tmp_path: Path) -> None:
    os.killpg(instance.process.popen.pid, signal.SIGINT)
    functions = Functions()
    with staged(tmp_path, functions.task(lambda: 1, outputs=[0]), functions) as stage:
        instance.say(deliver(stage))
        assert [type(instance.hear()), instance.hear().status] == [Running, "done"]


@pytest.mark.parametrize("kind", ["idle", "computes", "program"])
def test_it_ends_with_the_platform(instance: Watched, tmp_path: Path, kind: str) -> None:
    functions = Functions()
    body: AnyBody = functions.task(tasks.until_stopped, str(tmp_path), outputs=[0])
    pids = [instance.process.popen.pid]
    if kind == "program":
        script = f"sleep 1000 & echo $! > {tmp_path}/pid; mv {tmp_path}/pid {tmp_path}/runs; wait"
        body = CommandTask(("/bin/sh", "-c", script))
    with staged(tmp_path, body, functions) as stage:
        if kind != "idle":
            instance.say(deliver(stage))
            instance.hear()
            _wait_for(tmp_path / "runs")
        if kind == "program":
            pids.append(int((tmp_path / "runs").read_text()))
        instance.process.hang_up()
        assert instance.process.popen.wait() == -signal.SIGKILL
        for pid in pids:
            while lives(pid):
                sleep(0.01)


def test_a_driver_that_breaks_down_says_so(instance: Watched, tmp_path: Path) -> None:
    functions = Functions()
    with staged(tmp_path, functions.task(lambda: 1, outputs=[0]), functions) as stage:
        instance.say(Deliver(stage.folder, 0, 0, 1, Handed((5,), ((),))))  # there is no task 5
        instance.hear()
        left = instance.hear()
        assert (left.status, left.stays) == ("failed", False)
        assert left.reason.startswith("the driver broke down: IndexError: ")
        assert instance.hear() is None
        assert instance.process.end() == 70
        assert "Traceback" in stage.did(0)[-1].note


def test_what_a_task_prints_is_not_lost_when_its_process_is_killed(tmp_path: Path) -> None:
    functions = Functions()
    printed = tmp_path / "printed"
    with printed.open("wb") as file:
        instance = Watched(file)
    with staged(tmp_path, functions.task(lambda: print("hello"), outputs=[0]), functions) as stage:
        instance.say(deliver(stage))
        assert [type(instance.hear()), instance.hear().status] == [Running, "done"]
        instance.process.kill()
        instance.process.end()
    assert printed.read_text() == "hello\n"


def test_lines_carry_messages_of_any_size() -> None:
    here, there = socket.socketpair()
    with here, there:
        line: Line[Halt] = Line(here, Halt)
        sent = [Halt(""), Halt("x" * 100_000), Halt("y")]
        sender = Line[Halt](there, Halt)
        thread = Thread(target=lambda: [sender.send(message) for message in sent])
        thread.start()
        assert [line.receive() for _ in sent] == sent
        thread.join()
        sender.send(sent[0])
        sender.send(sent[2])
        assert line.take() == [sent[0], sent[2]]
        there.shutdown(socket.SHUT_WR)
        assert line.take() is None
        assert line.receive() is None


def _wait_for(path: Path) -> None:
    while not path.exists():
        sleep(0.005)
