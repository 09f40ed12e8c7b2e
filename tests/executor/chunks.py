"""What the fake world knows of streams: who waits for chunks, whose streams broke, what was read of which version."""

from __future__ import annotations

from dataclasses import dataclass, field

from executor.worker import events
from executor.worker import instructions as do
from executor.worker.client import Client
from executor.worker.instructions import AnyInstruction
from executor.worker.machine import Worker
from executor.worker.view import View, marker_of


@dataclass
class Seat:
    """A machine, where it sits, and what lies in its memory."""

    worker: int
    epoch: int
    machine: Worker | Client
    memory: set[int] = field(default_factory=set)
    made: dict[int, int] = field(default_factory=dict)
    """The version of each object in memory that a task made."""
    cancelled: set[int] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)
    """Objects of which chunks did not come: who reads them ahead fails."""
    read: dict[int, dict[int, int]] = field(default_factory=dict)
    """Per task that was run, its inputs that tasks made, with the versions that were read."""
    executed: list[int] = field(default_factory=list)
    must_run: set[int] | None = None
    """What a later epoch has to run, worked out when it learned of the state of its tasks."""


@dataclass(frozen=True)
class Again:
    """The platform notices a death, and delivers the worker again."""

    dead: Seat


@dataclass(frozen=True)
class Pending:
    """Something that will end, for somebody."""

    seat: Seat
    instruction: AnyInstruction | events.Started | Again


class Chunks:
    """The part of a world that streams have to do with."""

    view: View
    pending: list[Pending]
    seats: dict[int, Seat]
    zombies: list[Seat]
    store: set[tuple[int, int]]
    ever_committed: set[tuple[int, int]]
    broken: set[tuple[int, int, int]]
    """Streams whose run failed: who reads, its operation."""

    def waits_for_chunks(self, seat: Seat, what: AnyInstruction) -> bool:
        """Whether something cannot end yet: a run before what it reads ahead has come, that before it is all made."""
        if isinstance(what, do.Execute):
            mine = [entry.instruction for entry in self.pending if entry.seat is seat]
            fetched = {each.object for each in mine if isinstance(each, do.Fetch)}
            return bool(fetched.intersection(what.ahead)) and not seat.failed.intersection(what.ahead)
        if not isinstance(what, do.Fetch) or what.chunks == 1 or (what.object, what.version) in self.store:
            return False
        return self.is_at_work(what.version) and (seat.worker, seat.epoch, what.op) not in self.broken

    def is_at_work(self, marker: int) -> bool:
        seats = (*self.seats.values(), *self.zombies)
        return any(marker_of(each.worker, each.epoch) == marker and not each.machine.exited for each in seats)

    def lacks_chunks(self, seat: Seat, what: AnyInstruction) -> bool:
        """Whether something can only fail: a run one of whose streams broke, a fetch of what nobody makes."""
        if isinstance(what, do.Execute):
            return bool(seat.failed.intersection(what.ahead))
        return isinstance(what, do.Fetch) and what.chunks > 1 and (what.object, what.version) not in self.store

    def break_streams(self, task: int) -> None:
        """A run failed: whoever reads what it made will not get the rest."""
        for entry in self.pending:
            what = entry.instruction
            if isinstance(what, do.Fetch) and what.chunks > 1 and what.object in self.view.outputs[task]:
                self.broken.add((entry.seat.worker, entry.seat.epoch, what.op))

    def check_read(self, seat: Seat, task: int) -> None:
        """What leaves a worker was computed from what is committed, or from what it made itself."""
        own = marker_of(seat.worker, seat.epoch)
        for found, version in seat.read.get(task, {}).items():
            committed = version in (0, own) or (self.view.producer[found], version) in self.ever_committed
            assert committed, "built on what is not committed"
