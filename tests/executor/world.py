"""N machines over a fake link: operations end in any order, or fail, messages come late, twice or never, instances die.

The world keeps the books that the machines must not break: what lies in whose memory, what is in the store under
which version, who committed what. It uses no simulator and no clock but a step counter.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random

from executor.worker import events
from executor.worker import instructions as do
from executor.worker.client import Client
from executor.worker.instructions import CLIENT, AnyInstruction, Entry
from executor.worker.invariants import check_machine
from executor.worker.ledger import Ledger
from executor.worker.machine import Worker
from executor.worker.messages import heard
from executor.worker.replay import EventLog
from executor.worker.view import INITIAL, View, marker_of
from tests.executor.chunks import Again, Chunks, Pending, Seat
from tests.executor.lanes import void_by

TOO_MANY_STEPS = 100_000


@dataclass(frozen=True)
class Weather:
    """How bad it may get: counts of deaths and false alarms, probabilities of everything else."""

    twice: float = 0.2
    """A message comes twice."""
    lost: float = 0.0
    """A message does not come."""
    fails: float = 0.0
    """An operation fails; a request or its answer is lost."""
    kills: int = 0
    false_alarms: int = 0
    """A worker is taken for dead, and goes on beside its next epoch."""


class World(Chunks):
    """Carries out instructions; `run` until nothing is left to happen."""

    def __init__(
        self,
        view: View,
        rng: Random,
        weather: Weather = Weather(),
        *,
        worker_type: type[Worker] = Worker,
        log: EventLog | None = None,
        ledger_type: type[Ledger] = Ledger,
        widths: dict[int, int] | None = None,
    ) -> None:
        self.view = view
        self.widths = widths or {}
        self.void, self.unmade = void_by(view, self.widths)
        self.rng = rng
        self.weather = weather
        self.kills = weather.kills
        self.false_alarms = weather.false_alarms
        self.worker_type = worker_type
        self.log = log
        self.ledger = ledger_type(view)
        self.now = 0
        self.pending: list[Pending] = []
        self.seats: dict[int, Seat] = {}
        self.zombies: list[Seat] = []
        self.first: dict[int, events.Started] = {}
        self.epochs: dict[int, int] = {}
        self.store: set[tuple[int, int]] = set()
        self.commits: Counter[int] = Counter()
        self.executions: Counter[int] = Counter()
        self.superseded_commits: Counter[int] = Counter()
        self.kept: dict[int, tuple[int, ...]] = {}
        self.ever_committed: set[tuple[int, int]] = set()
        self.failures: Counter[str] = Counter()
        self.recoveries = 0
        self.drops = 0
        self.broken: set[tuple[int, int, int]] = set()
        """Streams whose run failed: who reads, its operation."""
        self.ahead = self.ahead_used = 0
        self.client = Seat(CLIENT, 1, Client(view))
        self.tell(self.client, events.Started(0, (), ()))

    # running ----------------------------------------------------------------------------------------------

    def run(self) -> World:
        """Until everybody is home (watches go on for ever) or nothing is left to happen."""
        while self.pending and (self.anybody_out() or not self.only_watches()):
            assert self.now < TOO_MANY_STEPS, "nobody gets anywhere"
            self.now += 1
            if self.kills and self.rng.random() < 0.05:
                self.kill()
            elif self.false_alarms and self.rng.random() < 0.05:
                self.alarm()
            else:
                self.end(self.pending.pop(self.rng.randrange(len(self.pending))))
        return self

    def anybody_out(self) -> bool:
        seats = [self.client, *self.seats.values(), *self.zombies]
        return any(not seat.machine.exited for seat in seats)

    def only_watches(self) -> bool:
        return all(isinstance(e.instruction, do.SetTimer) and e.instruction.is_watch for e in self.pending)

    def tell(self, seat: Seat, event: events.WorkerEvent) -> None:
        if seat.machine.exited:
            return
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
                self.exit(seat, instruction)
                return
            case do.Fetch():
                producer = self.view.producer[instruction.object]
                if producer != INITIAL and instruction.chunks == 1:
                    assert (instruction.object, instruction.version) in self.store, "fetched before it was stored"
                    assert (producer, instruction.version) in self.ever_committed, "fetched what was never committed"
            case do.Execute():
                missing = set(self.view.inputs[instruction.task]) - seat.memory
                unmade = self.unmade.intersection(self.view.inputs[instruction.task])
                assert set(instruction.absent) == unmade, "takes a lane for void that is not, or the other way round"
                assert instruction.task not in self.void, "a task of a void lane is run"
                assert missing == {*instruction.ahead, *unmade}, "run without an input, or waits for what is there"
                self.check_inputs(seat, instruction.task)
                seat.executed.append(instruction.task)
                seat.failed.difference_update(instruction.ahead)
                self.ahead += bool(instruction.ahead)
            case do.Upload():
                assert instruction.object in seat.memory, "uploaded what it does not have"
                self.check_read(seat, instruction.task)
            case do.Drop():
                assert instruction.object in seat.memory, "dropped what it does not have"
                seat.memory.discard(instruction.object)
                self.drops += 1
                return
            case do.Cancel():
                seat.cancelled.add(instruction.op)
                return
            case do.Publish() | do.Offer():
                luck = self.rng.random()
                if luck < self.weather.lost:
                    return
                if luck > 1 - self.weather.twice:
                    self.pending.append(Pending(seat, instruction))
        self.pending.append(Pending(seat, instruction))

    def exit(self, seat: Seat, leave: do.Exit) -> None:
        if seat.worker == CLIENT:
            assert leave.status == "done" or self.weather.fails, leave
            return
        if seat in self.zombies:
            self.zombies.remove(seat)
            return
        del self.seats[seat.worker]
        if leave.status == "failed":
            self.failures[leave.reason.partition(" failed")[0]] += 1
            self.pending.append(Pending(seat, Again(seat)))
        else:
            assert leave.status in ("done", "released") or self.weather.false_alarms, leave
        if leave.status == "done" and self.view.is_frugal(seat.worker):
            assert not seat.memory, "a frugal worker leaves something lying about"
        if leave.status == "done" and seat.must_run is not None:
            once = set(seat.executed) - self.view.copied, seat.must_run - self.view.copied
            assert once[0] == once[1], "recovery did not run the least set"
            copies = {task for task in seat.executed if self.view.is_copy(seat.worker, task)}
            assert set(seat.executed) <= seat.must_run | copies, "recovery ran what was done"
            self.recoveries += 1

    # deaths -----------------------------------------------------------------------------------------------

    def kill(self) -> None:
        """An instance dies. What has left it may still arrive; the platform notices later."""
        seat = self.pick()
        if seat is None:
            return
        self.kills -= 1
        seat.machine.exited = True
        del self.seats[seat.worker]
        own = [entry for entry in self.pending if entry.seat is seat]
        self.pending = [entry for entry in self.pending if entry.seat is not seat]
        for entry in own:
            # Messages and calls that have left the instance arrive; a commit may or may not be carried out.
            if isinstance(entry.instruction, do.Publish | do.Offer) or (
                isinstance(entry.instruction, do.Commit | do.Invoke | do.Release) and self.rng.random() < 0.5
            ):
                self.pending.append(entry)
        self.pending.append(Pending(seat, Again(seat)))

    def alarm(self) -> None:
        """The platform takes a worker for dead that is not."""
        seat = self.pick()
        if seat is None:
            return
        self.false_alarms -= 1
        self.zombies.append(self.seats.pop(seat.worker))
        self.deliver_again(seat)

    def pick(self) -> Seat | None:
        seats = [self.seats[worker] for worker in sorted(self.seats)]
        return seats[self.rng.randrange(len(seats))] if seats else None

    def deliver_again(self, dead: Seat) -> None:
        self.ledger.bury(dead.worker, dead.epoch)
        if self.epochs[dead.worker] == dead.epoch:
            self.sit(dead.worker, dead.epoch + 1, self.first[dead.worker])

    # ends -------------------------------------------------------------------------------------------------

    def end(self, entry: Pending) -> None:
        seat, what = entry.seat, entry.instruction
        if isinstance(what, Again):
            self.deliver_again(what.dead)
        elif isinstance(what, events.Started):
            self.tell(seat, what)
        elif isinstance(what, do.Publish | do.Offer):
            self.deliver(what)
        elif self.waits_for_chunks(seat, what):
            self.pending.append(entry)
        elif self.lacks_chunks(seat, what):
            self.fail(seat, what)
        elif isinstance(what, do.SetTimer) or self.rng.random() >= self.weather.fails:
            answer = self.carry_out(seat, what)
            self.tell(seat, answer)
        else:
            self.fail(seat, what)

    def carry_out(self, seat: Seat, what: AnyInstruction) -> events.WorkerEvent:
        """Its effect, and what its machine is told of it."""
        now = self.now
        match what:
            case do.Fetch():
                assert what.chunks == 1 or what.object not in seat.memory, "fetched what is there"
                seat.memory.add(what.object)
                seat.made[what.object] = what.version
                return events.Fetched(now, what.op)
            case do.Execute():
                self.executions[what.task] += 1
                assert (seat.memory | self.unmade).issuperset(self.view.inputs[what.task]), "ends without an input"
                seat.read[what.task] = {o: seat.made[o] for o in self.view.inputs[what.task] if o in seat.made}
                self.ahead_used += bool(what.ahead)
                if what.op not in seat.cancelled:
                    made = [found for found in self.view.outputs[what.task] if found not in self.unmade]
                    seat.memory.update(made)
                    seat.made |= dict.fromkeys(made, marker_of(seat.worker, seat.epoch))
                return events.Executed(now, what.op, self.widths.get(what.task))
            case do.Upload():
                self.store.add((what.object, what.version))
                return events.Uploaded(now, what.op)
            case do.Commit():
                return self.commit(seat, what)
            case do.ReadSets() | do.Subscribe() | do.Release():
                return self.read(seat, what)
            case do.Invoke():
                return events.InvokeAccepted(now, what.op, not self.invoke(what))
            case do.SetTimer():
                return events.TimerFired(now, what.op)
            case _:
                raise AssertionError(f"not expected: {what}")

    def fail(self, seat: Seat, what: AnyInstruction) -> None:
        now = self.now
        match what:
            case do.Fetch():
                seat.failed.add(what.object)
                self.tell(seat, events.FetchFailed(now, what.op, False, "the store did not answer"))
            case do.Execute():
                self.break_streams(what.task)
                self.tell(seat, events.ExecuteFailed(now, what.op, "an exception"))
            case do.Upload():
                self.tell(seat, events.UploadFailed(now, what.op, "the store did not answer"))
            case do.Invoke() if self.rng.random() < 0.3:
                self.tell(seat, events.InvokeFailed(now, what.op, "refused"))
            case do.Commit() | do.ReadSets() | do.Subscribe() | do.Release() | do.Invoke():
                if self.rng.random() < 0.5:
                    self.carry_out(seat, what)
                self.tell(seat, events.OpLost(now, what.op, "no answer"))

    def commit(self, seat: Seat, what: do.Commit) -> events.Committed:
        assert isinstance(seat.machine, Worker)
        before = {entry.task: self.ledger.committed_version(entry.task) for entry in what.entries}
        for entry in what.entries:
            self.check_entry(entry)
            if entry.version == seat.machine.marker:
                self.check_read(seat, entry.task)
        ready, lost, superseded = self.ledger.commit(seat.machine.marker, what.entries)
        news = () if lost or superseded else self.ledger.news(what.entries)
        again = self.ledger.commit(seat.machine.marker, what.entries)
        assert again == (ready, lost, superseded), "a repeated commit got another answer"
        if not (lost or superseded):
            for entry in what.entries:
                self.kept[entry.task] = entry.kept
                if before[entry.task] != entry.version:
                    (self.superseded_commits if before[entry.task] else self.commits)[entry.task] += 1
                    self.ever_committed.add((entry.task, entry.version))
        return events.Committed(self.now, what.op, ready, lost, superseded, news)

    def check_inputs(self, seat: Seat, task: int) -> None:
        """Nothing is computed from what another version has made void, or may yet; unless it reads ahead."""
        for found in self.view.inputs[task]:
            producer = self.view.producer[found]
            if producer != INITIAL and task not in self.view.reads_ahead and found not in self.unmade:
                version = seat.made[found]
                is_own = version == marker_of(seat.worker, seat.epoch) and producer not in self.view.copied
                assert is_own or (producer, version) in self.ever_committed, "computed from a version that is void"

    def check_entry(self, entry: Entry) -> None:
        assert entry.task not in self.void, "a task of a void lane is committed"
        for found in self.view.outputs[entry.task]:
            is_there = found in entry.kept or (found, entry.version) in self.store
            assert is_there != (found in self.unmade), "committed as stored before its upload, or what nobody made"

    def read(self, seat: Seat, what: do.ReadSets | do.Subscribe | do.Release) -> events.SetsRead:
        marker = seat.machine.marker if isinstance(seat.machine, Worker) else 1
        ledger = self.ledger
        if isinstance(what, do.Subscribe):
            if seat.epoch > 1 and not ledger.superseded(marker):
                seat.must_run = seat.must_run or self.least_set(seat.worker) - self.void
            sets, released = ledger.subscribe(marker, what.tasks)
        else:
            released = isinstance(what, do.Release) and ledger.release(marker, what.tasks)
            sets = ledger.read(what.tasks)
        return events.SetsRead(self.now, what.op, sets, ledger.superseded(marker), released)

    def invoke(self, what: do.Invoke) -> bool:
        """Invocations are idempotent by name; whether this one is new."""
        is_new = self.epochs.get(what.worker, 0) < what.epoch
        if is_new:
            tasks, versions = ((), ()) if what.is_early else ((what.task,), (what.versions,))
            self.sit(what.worker, what.epoch, events.Started(0, tasks, versions, what.also))
        return is_new

    def sit(self, worker: int, epoch: int, started: events.Started) -> None:
        self.epochs[worker] = epoch
        self.first[worker] = started
        if worker in self.seats:  # who was released, or is superseded, and does not know yet
            self.zombies.append(self.seats[worker])
        seat = Seat(worker, epoch, self.worker_type(self.view, worker, epoch))
        self.seats[worker] = seat
        self.pending.append(Pending(seat, started))

    def deliver(self, what: do.Publish | do.Offer) -> None:
        if what.worker == CLIENT:
            self.tell(self.client, heard(what, self.now))
        elif (seat := self.seats.get(what.worker)) and not self.starting(seat):
            self.tell(seat, heard(what, self.now))

    def starting(self, seat: Seat) -> bool:
        return any(isinstance(e.instruction, events.Started) for e in self.pending if e.seat is seat)

    def least_set(self, worker: int) -> set[int]:
        """Directly: the worker's uncommitted tasks, and who made what they (or the results) need and nobody has."""
        view, version = self.view, self.ledger.committed_version
        if worker < view.n_workers:
            own = set(view.tasks_of[worker])
            open_tasks = {task for task in own if not version(task)}
            again = set(open_tasks)
        else:
            own = {task for task in range(len(view.parents)) if (version(task) >> 32) - 1 == worker}
            open_tasks = {task for task in range(len(view.parents)) if not version(task)}
            again = {view.first_task(worker)} & open_tasks
        while True:
            needed = {found for task in again | open_tasks for found in view.inputs[task]}
            gone = {found for found in needed if view.producer[found] in own and not self.has(found)}
            more = {view.producer[found] for found in gone if version(view.producer[found])} - again
            if not more:
                return again
            again |= more

    def has(self, found: int) -> bool:
        """Whether the store has it, by what was committed (a late upload that nobody spoke of does not count)."""
        return found not in self.kept.get(self.view.producer[found], ())

    # what must hold at the end ----------------------------------------------------------------------------

    def check_end(self) -> None:
        runs = [task for task in range(len(self.view.parents)) if task not in self.void]
        assert self.client.machine.exited, f"the client still waits; goals left: {self.client.machine.open_goals}"
        assert not self.seats, f"workers are left: {sorted(self.seats)}"
        assert not self.zombies, "somebody does not know that he is superseded"
        assert dict(self.commits) == dict.fromkeys(runs, 1), "some task was not committed exactly once"
