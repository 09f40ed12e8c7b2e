"""N machines over a fake link: operations end in any order, messages come late or twice, instances die.

The world keeps the books that the machines must not break: what lies in whose memory, what is in the store under
which version, who committed what. It uses no simulator and no clock but a step counter.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random

from executor.worker import instructions as do
from executor.worker.client import Client
from executor.worker.events import (
    Committed,
    CompletedElsewhere,
    Executed,
    Fetched,
    InvokeAccepted,
    SetsRead,
    Started,
    TaskReady,
    TimerFired,
    Uploaded,
    WorkerEvent,
)
from executor.worker.instructions import CLIENT, AnyInstruction, Entry
from executor.worker.invariants import check_machine
from executor.worker.ledger import Ledger
from executor.worker.machine import Worker
from executor.worker.replay import EventLog
from executor.worker.view import INITIAL, View


@dataclass
class Seat:
    """A machine, where it sits, and what lies in its memory."""

    worker: int
    epoch: int
    machine: Worker | Client
    memory: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Pending:
    """Something that will end, for somebody."""

    seat: Seat
    instruction: AnyInstruction | Started


class World:
    """Carries out instructions; `run` until nothing is left to happen."""

    def __init__(
        self,
        view: View,
        rng: Random,
        *,
        twice: float = 0.2,
        kills: int = 0,
        worker_type: type[Worker] = Worker,
        log: EventLog | None = None,
        ledger_type: type[Ledger] = Ledger,
    ) -> None:
        self.view = view
        self.rng = rng
        self.twice = twice
        self.kills = kills
        self.worker_type = worker_type
        self.log = log
        self.ledger = ledger_type(view)
        self.now = 0
        self.pending: list[Pending] = []
        self.seats: dict[int, Seat] = {}
        self.epochs: dict[int, int] = {}
        self.store: set[tuple[int, int]] = set()
        self.commits: Counter[int] = Counter()
        self.executions: Counter[int] = Counter()
        self.superseded_commits: Counter[int] = Counter()
        self.ever_committed: set[tuple[int, int]] = set()
        self.client = Seat(CLIENT, 1, Client(view))
        self.tell(self.client, Started(0, (), ()))

    # running ----------------------------------------------------------------------------------------------

    def run(self) -> World:
        """Until nothing is left to happen."""
        while self.pending:
            if self.kills and self.rng.random() < 0.05:
                self.kill()
            else:
                self.end(self.pending.pop(self.rng.randrange(len(self.pending))))
        return self

    def tell(self, seat: Seat, event: WorkerEvent) -> None:
        if seat.machine.exited:
            return
        self.now += 1
        out = seat.machine.handle(event)
        if self.log:
            self.log.record(seat.worker, seat.epoch, event, out)
        if isinstance(seat.machine, Worker):
            check_machine(seat.machine)
        for instruction in out:
            self.take(seat, instruction)

    def take(self, seat: Seat, instruction: AnyInstruction) -> None:
        """Note an instruction; check that it may be given."""
        match instruction:
            case do.Exit():
                if seat.worker != CLIENT and self.seats.get(seat.worker) is seat:
                    del self.seats[seat.worker]
                    assert instruction.status in ("done", "released"), instruction
                return
            case do.Fetch():
                producer = self.view.producer[instruction.object]
                if producer != INITIAL:
                    assert (instruction.object, instruction.version) in self.store, "fetched before it was stored"
                    assert (producer, instruction.version) in self.ever_committed, "fetched what was never committed"
            case do.Execute():
                assert seat.memory.issuperset(self.view.inputs[instruction.task]), "run without an input"
            case do.Upload():
                assert instruction.object in seat.memory, "uploaded what it does not have"
            case do.Publish() if self.rng.random() < self.twice:
                self.pending.append(Pending(seat, instruction))
        self.pending.append(Pending(seat, instruction))

    def kill(self) -> None:
        """An instance dies; a request of it may still reach the ledger, or not. It is delivered again."""
        running = [seat for seat in self.seats.values() if seat.machine]
        if not running:
            return
        self.kills -= 1
        seat = running[self.rng.randrange(len(running))]
        own = [entry for entry in self.pending if entry.seat is seat]
        self.pending = [entry for entry in self.pending if entry.seat is not seat]
        for entry in own:
            # Messages and calls that have left the instance arrive; a commit may or may not have been carried out.
            if isinstance(entry.instruction, do.Publish) or (
                isinstance(entry.instruction, do.Commit | do.Invoke) and self.rng.random() < 0.5
            ):
                self.end(entry)
        seat.machine.exited = True
        if self.seats.get(seat.worker) is seat:
            del self.seats[seat.worker]
        self.ledger.bury(seat.worker, seat.epoch)
        first = next((e.instruction for e in own if isinstance(e.instruction, Started)), None)
        self.sit(seat.worker, seat.epoch + 1, first or self.first[seat.worker])

    # ends -------------------------------------------------------------------------------------------------

    def end(self, entry: Pending) -> None:
        seat, what, now = entry.seat, entry.instruction, self.now + 1
        match what:
            case Started():
                self.tell(seat, what)
            case do.Fetch():
                seat.memory.add(what.object)
                self.tell(seat, Fetched(now, what.op))
            case do.Execute():
                self.executions[what.task] += 1
                seat.memory.update(self.view.outputs[what.task])
                self.tell(seat, Executed(now, what.op))
            case do.Upload():
                self.store.add((what.object, what.version))
                self.tell(seat, Uploaded(now, what.op))
            case do.Commit():
                self.tell(seat, self.commit(seat, what, now))
            case do.ReadSets() | do.Subscribe() | do.Release():
                self.tell(seat, self.read(seat, what, now))
            case do.Invoke():
                self.invoke(what)
                self.tell(seat, InvokeAccepted(now, what.op))
            case do.Publish():
                self.deliver(what, now)
            case do.SetTimer():
                self.tell(seat, TimerFired(now, what.op))
            case _:
                raise AssertionError(f"not expected: {what}")

    def commit(self, seat: Seat, what: do.Commit, now: int) -> Committed:
        assert isinstance(seat.machine, Worker)
        before = {entry.task: self.ledger.committed_version(entry.task) for entry in what.entries}
        for entry in what.entries:
            self.check_entry(entry)
        ready, lost, superseded = self.ledger.commit(seat.machine.marker, what.entries)
        again = self.ledger.commit(seat.machine.marker, what.entries)
        assert again == (ready, lost, superseded), "a repeated commit got another answer"
        if not (lost or superseded):
            for entry in what.entries:
                if before[entry.task] != entry.version:
                    (self.superseded_commits if before[entry.task] else self.commits)[entry.task] += 1
                    self.ever_committed.add((entry.task, entry.version))
        return Committed(now, what.op, ready, lost, superseded)

    def check_entry(self, entry: Entry) -> None:
        if entry.stored:
            for found in self.view.outputs[entry.task]:
                open_readers = [t for t in self.view.consumers[found] if not self.ledger.committed_version(t)]
                if open_readers or self.view.is_result[found]:
                    assert any(o == found for o, _ in self.store), "committed as stored before its upload"

    def read(self, seat: Seat, what: do.ReadSets | do.Subscribe | do.Release, now: int) -> SetsRead:
        assert isinstance(seat.machine, Worker)
        marker, ledger = seat.machine.marker, self.ledger
        if isinstance(what, do.Subscribe):
            sets, released = ledger.subscribe(marker, what.tasks)
        else:
            released = isinstance(what, do.Release) and ledger.release(marker, what.tasks)
            sets = ledger.read(what.tasks)
        return SetsRead(now, what.op, sets, ledger.superseded(marker), released)

    def invoke(self, what: do.Invoke) -> None:
        """Invocations are idempotent by name."""
        if self.epochs.get(what.worker, 0) < what.epoch:
            self.sit(what.worker, what.epoch, Started(0, (what.task,), (what.versions,)))

    def sit(self, worker: int, epoch: int, started: Started) -> None:
        self.epochs[worker] = epoch
        self.first[worker] = started
        seat = Seat(worker, epoch, self.worker_type(self.view, worker, epoch))
        self.seats[worker] = seat
        self.pending.append(Pending(seat, started))

    @property
    def first(self) -> dict[int, Started]:
        """What each worker was started with."""
        return self.__dict__.setdefault("_first", {})

    def deliver(self, what: do.Publish, now: int) -> None:
        if what.worker == CLIENT:
            self.tell(self.client, CompletedElsewhere(now, what.task))
        elif (seat := self.seats.get(what.worker)) and not self.starting(seat):
            self.tell(seat, TaskReady(now, what.task, what.versions))

    def starting(self, seat: Seat) -> bool:
        return any(isinstance(e.instruction, Started) for e in self.pending if e.seat is seat)

    # what must hold at the end ----------------------------------------------------------------------------

    def check_end(self) -> None:
        n = len(self.view.parents)
        assert self.client.machine.exited, f"the client still waits; goals left: {self.client.machine.open_goals}"
        assert not self.seats, f"workers are left: {sorted(self.seats)}"
        assert dict(self.commits) == dict.fromkeys(range(n), 1), "some task was not committed exactly once"
