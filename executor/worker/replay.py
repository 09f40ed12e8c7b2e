"""Replay: a recorded run's events, given to fresh machines, must bring the same instructions.

A log is a header (the view and what the client was told) and one frame a step: who, the event, the instructions.
The same log comes from a simulated and from a real run, so "does the simulator do what the system does" is a test.
"""

from collections.abc import Callable, Iterator
from typing import BinaryIO, TypeVar

from msgspec import DecodeError, Struct, msgpack

from .client import Client
from .entries import as_entry, read_entries
from .events import WorkerEvent
from .instructions import CLIENT, AnyInstruction
from .machine import Worker
from .view import View

_T = TypeVar("_T")


class LogError(ValueError):
    """What was given is no event log, or a damaged one."""


class Header(Struct, frozen=True):
    """What the machines of a run were made of."""

    view: View
    prewarms: tuple[tuple[int, int], ...] = ()
    deadline_ns: int | None = None


class Frame(Struct, frozen=True, array_like=True):
    """One step of one machine. The client is worker `CLIENT`, epoch 1."""

    worker: int
    epoch: int
    event: WorkerEvent
    instructions: list[AnyInstruction]


class Difference(Struct, frozen=True):
    """The first step at which a fresh machine wanted something else (or failed)."""

    step: int
    worker: int
    epoch: int
    event: WorkerEvent
    recorded: list[AnyInstruction]
    replayed: list[AnyInstruction] | str


class EventLog:
    """Writes frames to a binary file as they come: nothing is kept in memory."""

    def __init__(self, file: BinaryIO, header: Header) -> None:
        self._write = file.write
        self._encoder = msgpack.Encoder()
        self._put(self._encoder.encode(header))

    def record(self, worker: int, epoch: int, event: WorkerEvent, instructions: list[AnyInstruction]) -> None:
        """Append one step."""
        self._put(self._encoder.encode((worker, epoch, event, instructions)))

    def _put(self, frame: bytes) -> None:
        self._write(as_entry(frame))


def read_log(file: BinaryIO) -> tuple[Header, Iterator[Frame]]:
    """The header and the frames of a log; LogError, at once or at the frame, if it is none."""
    frames = _frames(file)
    header = _decode(next(frames, b""), msgpack.Decoder(Header), 0)
    decoder = msgpack.Decoder(Frame)
    return header, (_decode(frame, decoder, number) for number, frame in enumerate(frames, 1))


def _decode(frame: bytes, decoder: msgpack.Decoder[_T], number: int) -> _T:
    try:
        return decoder.decode(frame)
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        what = f"frame {number}" if number else "the header"
        raise LogError(f"{what} of the event log cannot be read: {error}") from error


def _frames(file: BinaryIO) -> Iterator[bytes]:
    try:
        yield from read_entries(file)
    except EOFError:
        raise LogError("the event log ends in the middle of a frame") from None


def replay(file: BinaryIO, worker_type: Callable[[View, int, int], Worker] = Worker) -> Difference | None:
    """Give the events of a log to fresh machines; None if all instructions are the recorded ones."""
    header, frames = read_log(file)
    machines: dict[tuple[int, int], Worker | Client] = {}
    for step, frame in enumerate(frames):
        name = (frame.worker, frame.epoch)
        if name not in machines:
            machines[name] = (
                Client(header.view, header.prewarms, header.deadline_ns)
                if frame.worker == CLIENT
                else worker_type(header.view, frame.worker, frame.epoch)
            )
        replayed = _replayed(machines[name], frame.event)
        if replayed != frame.instructions:
            return Difference(step, *name, frame.event, frame.instructions, replayed)
    return None


def _replayed(machine: Worker | Client, event: WorkerEvent) -> list[AnyInstruction] | str:
    try:
        return machine.handle(event)
    except Exception as error:  # a machine that breaks down is a difference too, and is reported as one
        return f"{type(error).__name__}: {error}"
