"""Objects that are read while they are made: chunks are put while their task runs, and run on as they come."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.instance.bundle import AnyBody, BurnTask
from executor.instance.chunks import Broken, Flow, get_all, get_as_they_come, split
from executor.instance.memory import Reading
from executor.instance.messages import Running
from executor.instance.records import EXECUTE, NO_OPERATION, UPLOAD, Did
from executor.store.store import Data, Missing, StoreError
from executor.worker.events import ExecuteFailed, FetchFailed
from executor.worker.instructions import Execute, Fetch
from planners.orders import EarlyCall, Orders, Stream
from tests.executor_instance import tasks
from tests.executor_instance.platform import MiniPlatform
from tests.executor_instance.processes import Process
from tests.executor_instance.stage import Functions, Ref, Stage, view_of
from workloads import Workflow, WorkflowBuilder

CHUNKS = 4
STREAMED = Orders(stream=(Stream(0, 1, CHUNKS),), call_early=(EarlyCall(0, 1, after_s=0.0),))


class Objects:
    """Objects in memory, of which puts fail as often as told."""

    def __init__(self, fails: int = 0) -> None:
        self.held: dict[tuple[int, int, int], bytes] = {}
        self.fails = fails

    def put(self, found: int, version: int, chunk: int, data: Data) -> None:
        if self.fails:
            self.fails -= 1
            raise StoreError("not now")
        self.held[found, version, chunk] = bytes(data)

    def get(self, found: int, version: int, chunk: int) -> bytes:
        try:
            return self.held[found, version, chunk]
        except KeyError:
            raise Missing("not there") from None

    def has(self, found: int, version: int, chunk: int) -> bool:
        return (found, version, chunk) in self.held


def pair() -> Workflow:
    builder = WorkflowBuilder("pair")
    builder.add_object("middle", 4000)
    builder.add_object("out", 10)
    builder.add_task("makes", cpu_s=1.0, outputs=["middle"])
    builder.add_task("reads", cpu_s=1.0, inputs=["middle"], outputs=["out"])
    return builder.build()


def streamed(folder: Path, bodies: list[AnyBody], functions: Functions) -> Stage:
    return Stage(folder, view_of(pair(), [0, 1], orders=STREAMED), bodies, functions, chunk_timeout_s=30.0)


def records_of(stage: Stage, platform: MiniPlatform, worker: int) -> tuple[list[Did], list[object], list[object]]:
    [delivery] = [each for each in platform.deliveries if each.worker == worker]
    frames = stage.frames(delivery.number)
    return (
        stage.did(delivery.number),
        [frame.event for frame in frames],
        [instruction for frame in frames for instruction in frame.instructions],
    )


def test_a_burn_runs_on_chunks_of_another(tmp_path: Path) -> None:
    bodies: list[AnyBody] = [BurnTask(1.2, 0.1, 1.0, ((0, 4000),)), BurnTask(0.2, 0.0, 1.0, ((1, 10),))]
    with streamed(tmp_path, bodies, Functions()) as stage:
        platform = MiniPlatform(stage)
        assert platform.run().status == "done"
        made, _, _ = records_of(stage, platform, 0)
        ran, _, asked = records_of(stage, platform, 1)
        assert stage.replayed() is None
    [run] = [did for did in made if did.kind == EXECUTE]
    early = [did for did in made if did.kind == UPLOAD and did.op == NO_OPERATION]
    assert early, "chunks were put while it ran"
    assert all(run.begin_ns < did.end_ns < run.end_ns for did in early[:-1])
    assert sum(did.n_bytes or 0 for did in made if did.kind == UPLOAD) == 4000
    [ahead] = [each for each in asked if isinstance(each, Execute)]
    assert ahead.ahead == (0,)
    [fetch] = [each for each in asked if isinstance(each, Fetch)]
    assert fetch.chunks == CHUNKS
    [reader] = [did for did in ran if did.kind == EXECUTE]
    assert reader.begin_ns < run.end_ns < reader.end_ns


@pytest.mark.parametrize("fails_first", [False, True])
def test_a_function_reads_what_a_generator_makes(tmp_path: Path, fails_first: bool) -> None:
    functions = Functions()
    bodies: list[AnyBody] = [
        functions.task(tasks.pieces, str(tmp_path), fails_first, outputs=[0]),
        functions.task(lambda text: text.upper(), Ref(0), outputs=[1]),
    ]

    def saw(platform: MiniPlatform, _: Process, message: object) -> None:
        if isinstance(message, Running) and platform.deliveries[message.number].worker == 1:
            (tmp_path / "reads").touch()

    with streamed(tmp_path, bodies, functions) as stage:
        platform = MiniPlatform(stage, saw)
        assert platform.run().status == "done"
        assert stage.committed(1, 1) == b"0.1.2.3.4."
        _, events, _ = records_of(stage, platform, 0)
        _, read, asked = records_of(stage, platform, 1)
        assert stage.replayed() is None
    assert any(isinstance(each, ExecuteFailed) for each in events) == fails_first
    assert next(each.ahead for each in asked if isinstance(each, Execute)) == (0,)
    if fails_first:
        # It read some of the first try's, and never mixes them with the second's.
        [broken] = [each for each in read if isinstance(each, FetchFailed)]
        assert broken.reason == "it was made again meanwhile"
        assert [each.reason for each in read if isinstance(each, ExecuteFailed)] == ["what it read ahead did not come"]


def test_a_reader_that_comes_late_fetches_the_chunks_together(tmp_path: Path) -> None:
    functions = Functions()
    bodies: list[AnyBody] = [
        functions.task(lambda: [1, 2, 3], outputs=[0]),
        functions.task(lambda made: sum(made), Ref(0), outputs=[1]),
    ]
    view = view_of(pair(), [0, 1], orders=Orders(stream=(Stream(0, 1, CHUNKS),)))
    with Stage(tmp_path, view, bodies, functions) as stage:
        platform = MiniPlatform(stage)
        assert platform.run().status == "done"
        assert stage.committed(1, 1) == 6
        _, _, asked = records_of(stage, platform, 1)
        assert [each.chunks for each in asked if isinstance(each, Fetch)] == [1]


# chunks by themselves ---------------------------------------------------------------------------------------


@given(st.binary(max_size=30), st.integers(1, 10))
def test_pieces_make_up_the_whole(data: bytes, parts: int) -> None:
    pieces = split(data, parts)
    assert len(pieces) == parts
    assert b"".join(pieces) == data


@given(st.lists(st.binary(max_size=5), max_size=8), st.integers(2, 6), st.integers(0, 4), st.data())
def test_what_is_put_in_whatever_order_of_failures_is_what_was_made(
    pieces: list[bytes], chunks: int, fails: int, data: st.DataObject
) -> None:
    objects = Objects(fails)
    flow = Flow(objects, 7, 1, chunks, 3, Lock())
    for piece in pieces:
        if flow.make(piece) and data.draw(st.booleans()):
            with suppress(StoreError):
                flow.put_made()
    whole = b"".join(pieces)
    while True:
        try:
            flow.finish(whole)
        except StoreError:
            continue
        break
    assert get_all(objects, 7, 1, chunks) == whole


def test_chunks_of_two_runs_are_never_one_object() -> None:
    objects = Objects()
    turn = Lock()
    first, second = (Flow(objects, 7, 1, 3, run, turn) for run in (1, 2))
    first.make(b"a")
    first.put_made()
    first.make(b"b")
    first.stop()
    assert first.put_made() == 0, "who is stopped puts nothing more"
    second.finish(b"xyz")
    assert get_all(objects, 7, 1, 3) == b"xyz"
    objects.put(7, 1, 1, (1).to_bytes(8, "little") + b"a")
    with pytest.raises(Broken, match="of several runs"):
        get_all(objects, 7, 1, 3)


def test_chunks_that_do_not_come_are_waited_for_in_vain() -> None:
    objects = Objects()
    reading = Reading(3)
    flow = Flow(objects, 7, 1, 3, 1, Lock())
    flow.make(b"a")
    flow.put_made()
    with pytest.raises(Broken, match="no chunk came"):
        get_as_they_come(objects, 7, 1, reading, 0.05, lambda: False)
    assert reading.wait_for(1, 0)
    assert not reading.wait_for(2, 0)


def test_chunks_are_read_as_they_come() -> None:
    objects = Objects()
    reading = Reading(3)
    flow = Flow(objects, 7, 1, 3, 1, Lock())
    got: list[bytes] = []
    reader = Thread(target=lambda: got.append(get_as_they_come(objects, 7, 1, reading, 60, lambda: False)))
    reader.start()
    for number, piece in enumerate((b"a", b"b"), 1):
        flow.make(piece)
        flow.put_made()
        assert reading.wait_for(number, 60)
    flow.finish(b"abc")
    reader.join()
    assert got == [b"abc"]
    assert not reading.wait_for(3, 0), "the last one has come when the machine has been told"
    reading.end(got[0])
    assert reading.wait_for(3, 0)
