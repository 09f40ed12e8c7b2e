"""What a task does wrong, and what is told of it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from executor.instance.bundle import AnyBody, CommandTask
from executor.instance.main import BROKEN
from executor.instance.records import DRIVER, EXECUTE
from executor.worker.events import ExecuteFailed
from executor.worker.view import marker_of
from tests.executor_instance import tasks
from tests.executor_instance.platform import MiniPlatform
from tests.executor_instance.processes import lives
from tests.executor_instance.stage import Functions, Ref, Stage, view_of
from tests.executor_instance.test_bodies import single

HERE = Path(tasks.__file__).name


def failing(
    folder: Path, body: AnyBody, functions: Functions, *inputs: object, n_outputs: int = 1, grace_s: float = 0.3
) -> Stage:
    """A task that fails each time: three tries, and then the worker's delivery fails, and is given up."""
    stage = Stage(folder, view_of(single(len(inputs), n_outputs), [0]), [body], functions, grace_s=grace_s)
    for found, value in enumerate(inputs):
        stage.put(found, value)
    return stage


def told(stage: Stage, platform: MiniPlatform) -> tuple[str, str]:
    """The reason and the note of a task that failed each time it was tried."""
    leave = platform.run()
    assert leave.status == "failed"
    failures = [frame.event for frame in stage.frames(0) if isinstance(frame.event, ExecuteFailed)]
    assert len(failures) == 3
    assert stage.replayed() is None
    notes = [did.note for did in stage.did(0) if did.kind == EXECUTE]
    assert len(notes) == 3
    assert failures[-1].reason in leave.reason
    return failures[0].reason, notes[0]


@pytest.mark.parametrize(
    ("function", "reason", "noted"),
    [
        (tasks.raises, f"ValueError: not b'x' at all ({HERE}:LINE in raises)", ["Traceback", "0: b'x' (bytes)"]),
        (
            tasks.raises_within_the_library,
            f"JSONDecodeError: Expecting value: line 1 column 1 (char 0) ({HERE}:LINE in raises_within_the_library)",
            ["decoder.py", "arguments:"],
        ),
        (tasks.leaves, f"SystemExit: 3 ({HERE}:LINE in leaves)", ["SystemExit"]),
        (tasks.eats_all, f"out of memory ({HERE}:LINE in eats_all)", ["MemoryError"]),
        (tasks.cannot_be_stored, "ValueFault: a tuple cannot be pickled: ", ["0: b'x' (bytes)"]),
        (tasks.takes_nothing, "TypeError: ", ["takes 0 positional arguments"]),
    ],
    ids=["raises", "in a library", "exits", "memory", "unpicklable", "arguments"],
)
def test_an_exception_is_told_in_one_line_and_recorded_in_full(
    tmp_path: Path, function: Callable[..., Any], reason: str, noted: list[str]
) -> None:
    functions = Functions()
    with failing(tmp_path, functions.task(function, Ref(0), outputs=[1]), functions, b"x") as stage:
        found, note = told(stage, MiniPlatform(stage, most_deliveries=1))
    before, _, after = reason.partition(":LINE")
    assert found.startswith(before)
    assert after in found
    assert "\n" not in found
    assert [line for line in noted if line not in note] == []


@pytest.mark.parametrize(
    ("returned", "n_outputs", "reason"),
    [
        ((1, 2), 3, "it returned 2 values; expected 3"),
        (7, 2, "it returned a int; expected 2 values, in a tuple or list"),
    ],
)
def test_the_wrong_number_of_values_is_a_failure(tmp_path: Path, returned: object, n_outputs: int, reason: str) -> None:
    functions = Functions()
    body = functions.task(lambda: returned, outputs=range(n_outputs))
    with failing(tmp_path, body, functions, n_outputs=n_outputs) as stage:
        assert told(stage, MiniPlatform(stage, most_deliveries=1))[0] == reason


@pytest.mark.parametrize(
    ("body", "reason", "noted"),
    [
        (
            CommandTask(("/bin/sh", "-c", "echo one >&2; echo two >&2; exit 3"), stdout=0),
            "the program exited with code 3; the last that it said: two",
            "one\ntwo",
        ),
        (
            CommandTask(("/bin/sh", "-c", "kill -9 $$"), stdout=0),
            "the program was killed by SIGKILL, and said nothing",
            "command: ['/bin/sh'",
        ),
        (CommandTask(("no such program",), stdout=0), "'no such program' cannot be run: No such file", "command:"),
        (CommandTask(("true",), files_out=(("x", 0),)), "the program did not make 'x': No such file", "command:"),
        (CommandTask(("true",), files_out=(("../x", 0),)), "'../x' is no name of a file in the program's", ""),
        (CommandTask(("true",)), "it did not make object 0", ""),
        (CommandTask(("true",), stdin=5, stdout=0), "object 5 is none of its inputs", ""),
    ],
    ids=["exit code", "signal", "no program", "no file", "outside", "nothing", "no input"],
)
def test_a_program_that_fails_is_told_of(tmp_path: Path, body: CommandTask, reason: str, noted: str) -> None:
    with failing(tmp_path, body, Functions()) as stage:
        found, note = told(stage, MiniPlatform(stage, most_deliveries=1))
        assert stage.scratch() == []
    assert found.startswith(reason)
    assert noted in note


def test_a_run_that_failed_is_tried_again(tmp_path: Path) -> None:
    functions = Functions()
    body = functions.task(tasks.first_try_fails, str(tmp_path), outputs=[0])
    with failing(tmp_path, body, functions) as stage:
        assert MiniPlatform(stage).run().status == "done"
        assert stage.result(0, marker_of(0, 1)) == "second"
        assert [bool(did.note) for did in stage.did(0) if did.kind == EXECUTE] == [True, False]


@pytest.mark.parametrize("kind", ["function", "program", "in pieces"])
def test_a_run_that_takes_too_long_is_stopped(tmp_path: Path, kind: str) -> None:
    functions = Functions()

    def for_ever(mark: str) -> None:
        try:
            while True:
                sum(range(1000))
        finally:
            os.close(os.open(mark, os.O_CREAT))

    limited: AnyBody = functions.task(for_ever, str(tmp_path / "cleaned up"), outputs=[0], timeout_s=0.2)
    if kind == "program":
        limited = CommandTask(
            ("/bin/sh", "-c", f"echo $$ > {tmp_path}/pid; sleep 1000 & wait"), stdout=0, timeout_s=0.2
        )
    elif kind == "in pieces":
        limited = functions.task(lambda: (time.sleep(0.01) or b"x" for _ in range(10**9)), outputs=[0], timeout_s=0.2)
    with failing(tmp_path, limited, functions, grace_s=60.0) as stage:
        platform = MiniPlatform(stage, most_deliveries=1)
        assert told(stage, platform)[0] == "it ran for more than 0.2 s"
        [delivery] = platform.deliveries
        assert delivery.left
        assert delivery.left.stays
        assert platform.codes == [0]
    if kind == "program":
        assert not lives(int((tmp_path / "pid").read_text()))
    if kind == "function":
        assert (tmp_path / "cleaned up").exists()


def test_a_run_that_cannot_be_stopped_ends_its_instance(tmp_path: Path) -> None:
    functions = Functions()
    body = functions.task(lambda: time.sleep(1000), outputs=[0], timeout_s=0.1)
    with failing(tmp_path, body, functions) as stage:
        platform = MiniPlatform(stage, most_deliveries=1)
        leave = platform.run()
        [delivery] = platform.deliveries
        left = delivery.left
        assert left
        assert not left.stays
        assert (left.status, left.task) == ("failed", 0)
        assert left.reason == "it ran for more than 0.1 s, and could not be stopped"
        assert leave.status == "failed"
        assert platform.codes == [BROKEN]
        assert [did.note for did in stage.did(0) if did.kind == DRIVER] == [left.reason]
        assert stage.replayed() is None


def test_a_task_that_ends_its_process_is_run_by_the_next_epoch(tmp_path: Path) -> None:
    functions = Functions()

    def dies_once(folder: str) -> int:
        mark = Path(folder) / "died"
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return 7

    with failing(tmp_path, functions.task(dies_once, str(tmp_path), outputs=[0]), functions) as stage:
        platform = MiniPlatform(stage)
        assert platform.run().status == "done"
        assert stage.committed(0, 0) == 7
        assert platform.codes == [-signal.SIGKILL, 0]
        assert stage.frames(0), "the first epoch's steps are there"
        assert stage.replayed() is None


def test_a_function_that_cannot_be_loaded_fails_the_task(tmp_path: Path) -> None:
    functions = Functions()
    body = functions.task(len, outputs=[0])
    functions.packed[0] = b"cno_such_module\nf\n."
    with failing(tmp_path, body, functions) as stage:
        assert told(stage, MiniPlatform(stage, most_deliveries=1))[0].startswith("ModuleNotFoundError: No module named")
