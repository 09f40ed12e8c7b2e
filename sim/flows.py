"""What is known of streams: an object that is put in chunks, who reads it, and who runs on it. Times in ns."""

from __future__ import annotations

from executor.records.left import NOT_YET
from sim.clock import ceil_of
from sim.job import Invocation
from sim.operation import Operation


class Flow:
    """An object that is put chunk by chunk while a task makes it."""

    __slots__ = (
        "begin_ns",
        "chunks",
        "done_ns",
        "invocation",
        "is_dead",
        "latency_ns",
        "moving_ns",
        "readings",
        "row",
        "run_ns",
        "sent",
        "turn",
        "upload",
    )

    def __init__(self, run: Operation, chunks: int, latency_ns: int, moving_ns: int, turn: int) -> None:
        self.invocation: Invocation = run.party
        self.turn = turn
        """How often the object was put in chunks before: what is left of that may still be on its way."""
        self.begin_ns = run.begin_ns
        self.run_ns = run.alone_ns
        self.chunks = chunks
        self.latency_ns = latency_ns
        """Of each put."""
        self.moving_ns = moving_ns
        """What the bytes of a chunk take on a connection, alone."""
        self.done_ns = NOT_YET
        self.row = NOT_YET
        """The row of the operation that put the last chunk."""
        self.is_dead = False
        self.sent = 0
        """Chunks that were put, where they go one by one."""
        self.upload: Operation | None = None
        """Under way since the run was over; it ends even if nobody reads ahead any more."""
        self.readings: list[Reading] = []

    def made_ns(self, chunk: int) -> int:
        """When a chunk (from 1) is made: they are spread evenly over the time that the run takes alone."""
        return self.begin_ns + ceil_of(self.run_ns * chunk, self.chunks)

    @property
    def first_put_ns(self) -> int:
        """When the first chunk has been put, alone."""
        return self.made_ns(1) + self.latency_ns + self.moving_ns

    def left_ns(self, now_ns: int, latency_ns: int) -> int:
        """After the run: what is left to put takes so long, alone. A chunk waits for the one before."""
        put_ns = latency_ns + self.moving_ns
        return max(put_ns, self.made_ns(1) + self.chunks * put_ns - now_ns)


class Reading:
    """Chunks on their way to one worker, each as soon as it has been put and the one before has come."""

    __slots__ = (
        "before_ns",
        "chunks",
        "first_ns",
        "flow",
        "get_ns",
        "got",
        "is_busy",
        "is_due",
        "latency_ns",
        "operation",
        "runs",
    )

    def __init__(self, operation: Operation, latency_ns: int, flow: Flow | None) -> None:
        self.operation = operation
        self.flow = flow
        """None: nobody makes it, and it will not come."""
        self.chunks: int = operation.instruction.chunks
        self.latency_ns = latency_ns
        self.get_ns = latency_ns + (flow.moving_ns if flow else 0)
        """What a chunk takes to be got, alone."""
        self.first_ns = NOT_YET
        """When the first chunk comes, once that is known."""
        self.before_ns = operation.begin_ns
        """When the last but one came, where they come one by one."""
        self.got = 0
        self.is_busy = False
        self.is_due = False
        """Its end, good or bad, is certain."""
        self.runs: list[Ahead] = []


class Ahead:
    """A run on chunks: each has its share of the work, done when it has come and the share before is done."""

    __slots__ = (
        "chunks",
        "factor",
        "first_ns",
        "has_begun",
        "head_ns",
        "is_bound",
        "is_over",
        "last_ns",
        "operation",
        "readings",
        "row",
    )

    def __init__(self, operation: Operation, factor: float, readings: list[Reading]) -> None:
        self.operation = operation
        self.factor = factor
        self.readings = readings
        """Those that are not over."""
        self.chunks = min(reading.chunks for reading in readings)
        self.first_ns = operation.begin_ns
        """When it can begin to compute: the first chunk of each has come."""
        self.has_begun = False
        self.head_ns = NOT_YET
        """When all but the last share of the work was done, where others compute beside it."""
        self.row = self.last_ns = NOT_YET
        """The row of the get that was the last to end, and when it did."""
        self.is_bound = False
        """Whether the last share began when the last chunk came."""
        self.is_over = False

    @property
    def invocation(self) -> Invocation:
        """Whose run it is."""
        party: Invocation = self.operation.party
        return party

    @property
    def is_gone(self) -> bool:
        """Whether nothing comes of it any more."""
        return self.is_over or self.invocation.machine.exited
