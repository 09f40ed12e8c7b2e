"""The driver: carries out the machines' instructions in virtual time.

It decides nothing. Each asynchronous instruction becomes an operation: one happening (two where a latency comes before
a shared resource), whose end is told to the machine as the terminal event, and one row of the operation log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from executor.records.left import NOT_YET
from executor.records.operations import NO_ROW, Kind, Outcome
from executor.worker.events import (
    Fetched,
    FetchFailed,
    Started,
    TimerFired,
    Uploaded,
    UploadFailed,
    WorkerEvent,
)
from executor.worker.instructions import (
    CLIENT,
    AnyInstruction,
    Cancel,
    Commit,
    Drop,
    Execute,
    Exit,
    Fetch,
    Invoke,
    Offer,
    Prewarm,
    Publish,
    ReadSets,
    Release,
    SetTimer,
    Subscribe,
    Upload,
)
from executor.worker.messages import heard
from platforms import Platform
from sim.answers import answer
from sim.chores import chores_of
from sim.clock import TIMER, Clock, Happening
from sim.copiers import copier_of
from sim.executions import Executions
from sim.front import Front
from sim.job import Invocation, Job, Party
from sim.operation import Operation
from sim.pool import Admitted, Pool
from sim.streams import Streams
from sim.vigil import Vigil

_NONE = -1
_ON_INSTANCE = (Kind.FETCH, Kind.EXECUTE, Kind.UPLOAD)
_MESSAGE = 1 << 31  # messages have no operation number: they stand after all that have, by task
_FETCH, _UPLOAD, _COMMIT, _READ, _NOTIFY, _TIMER = (
    int(kind) for kind in (Kind.FETCH, Kind.UPLOAD, Kind.COMMIT, Kind.READ, Kind.NOTIFY, Kind.TIMER)
)

Watch: TypeAlias = Callable[[Party, WorkerEvent, list[AnyInstruction]], None]
"""Somebody who looks on: told of every step of every machine."""

Table: TypeAlias = dict[type, Callable[[Any, Any], Any]]
"""How each instruction of a machine is carried out."""

Act: TypeAlias = tuple[Callable[[Operation], None]]
"""What is done at an operation's end, in the form in which SimPy keeps it; made once, not for each operation."""


class Driver:
    """One platform in virtual time, for any number of jobs.

    ``admitted`` is told of admissions in place of the front, for who shares the pool with jobs.
    """

    def __init__(
        self,
        platform: Platform,
        seed: int,
        watch: Watch | None = None,
        finished: Callable[[Job], None] | None = None,
        admitted: Admitted | None = None,
    ) -> None:
        self._watches: tuple[Watch, ...] = () if watch is None else (watch,)
        self.finished = finished
        self._vigil: Vigil | None = None
        self.streams: Streams | None = None
        self._looked: Mapping[int, object] = {}
        self.clock = Clock()
        self.cause = NO_ROW
        self._now_ns = 0
        self._schedule = self.clock.schedule
        self.front = Front(self, platform)
        self.pool = Pool(platform, self.clock, seed, admitted or self.front.admitted)
        self._network_is_shared = self.pool.network.is_shared
        self._chores = chores_of(platform.host, self.end)
        self.executions = Executions(self, platform, self._chores)
        self._on_way: Act = (self._goes,)
        self._on_end: Act = (self.end,)
        self._on_answer: Act = (self._answer,)
        self._on_notified: Act = (self.notified,)
        self.carry_out: Table = {
            Fetch: self._fetch,
            Execute: self.executions.begin,
            Upload: self._upload,
            Commit: self._commit,
            ReadSets: self._read,
            Subscribe: self._read,
            Release: self._read,
            Publish: self._publish,
            Offer: self._publish,
            SetTimer: self._set_timer,
            Drop: _forget,
            Cancel: _forget,
            Invoke: self.front.call,
            Prewarm: self.front.prewarms.call,
            Exit: self.front.leave,
        }

    def watch(self, watch: Watch) -> None:
        """Tell somebody more of every step of every machine."""
        self._watches += (watch,)

    def keep(self, vigil: Vigil) -> None:
        """Have machines that wait for messages watched."""
        self._vigil = vigil
        self._looked = vigil.looked

    def submit(self, job: Job) -> None:
        """A job's client begins, now."""
        job.submitted_ns = self.clock.now_ns
        self.step(job.client, Started(job.submitted_ns, (), ()), NO_ROW)

    def step(self, party: Party, event: WorkerEvent, row: int) -> None:
        """Tell a machine something, caused by the operation of ``row``, and carry out what it wants."""
        if not party.machine.exited:
            self._tell(party, event, row)

    def _tell(self, party: Party, event: WorkerEvent, row: int) -> None:
        self.cause = row
        self._now_ns = event.time_ns
        carry_out = self.carry_out
        instructions = party.machine.handle(event)
        for watch in self._watches:
            watch(party, event, instructions)
        if self._looked and self._vigil is not None:
            self._vigil.saw(party, event, instructions)
        for instruction in instructions:
            carry_out[type(instruction)](party, instruction)

    def end(self, operation: Operation) -> None:
        """An operation came to its end: its machine is told, unless that has left (or died with its instance)."""
        party = operation.party
        if not party.machine.exited:
            now_ns = self.clock.now_ns
            row = party.log.end(operation, now_ns)
            self._tell(party, operation.told(now_ns, operation.instruction.op), row)

    def give_up_operations(self, *over: Invocation) -> None:
        """Note what invocations that are over were still doing on their instances: their requests may still arrive."""
        self._wake()
        now_ns, parties = self.clock.now_ns, set(over)
        scheduled = (due.about if isinstance(due, Happening) else due for due in self.clock.to_come if over)
        shared = (due for invocation in over for due in invocation.instance.under_way)
        streamed = (due for invocation in over for due in Streams.under_way(invocation) if self.streams)
        under_way = {  # by whose it is and its number: the end of what is streamed may be scheduled already
            (due.party.number, due.instruction.op): due
            for due in (*scheduled, *shared, *streamed)
            if isinstance(due, Operation) and due.kind in _ON_INSTANCE and due.party in parties
        }
        for _, operation in sorted(under_way.items()):
            operation.outcome = Outcome.KILLED
            operation.alone_ns = min(operation.alone_ns, now_ns - operation.begin_ns)
            operation.party.log.end(operation, now_ns)

    def _wake(self) -> None:
        """Something went wrong, so that more may go wrong."""
        if self.front.perils:
            self.front.perils.wake()

    # data -------------------------------------------------------------------------------------------------

    def _fetch(self, invocation: Invocation, fetch: Fetch) -> Operation:
        return self._transfer(invocation, fetch, _FETCH, self._get_latency_ns(invocation, fetch), Fetched)

    def _upload(self, invocation: Invocation, upload: Upload) -> Operation:
        return self._transfer(invocation, upload, _UPLOAD, self._put_latency_ns(invocation, upload), Uploaded)

    @staticmethod
    def _get_latency_ns(invocation: Invocation, fetch: Fetch) -> int:
        job, task = invocation.job, fetch.task
        job.counters.gets += 1
        copier = copier_of(invocation, task) if job.has_copies else 0
        return job.luck.get.ns(job.setting.slot_of[task] + fetch.place, copier)

    @staticmethod
    def _put_latency_ns(invocation: Invocation, upload: Upload) -> int:
        job = invocation.job
        job.counters.puts += 1
        return job.luck.put.ns(upload.object, copier_of(invocation, upload.task) if job.has_copies else 0)

    def deny(self, invocation: Invocation, transfer: Fetch | Upload, reason: str, outcome: int) -> Operation:
        """The store takes its latency to say no."""
        self._wake()
        if isinstance(transfer, Fetch):
            kind, delay_ns, told = _FETCH, self._get_latency_ns(invocation, transfer), partial(_get_failed, reason)
        else:
            kind, delay_ns, told = _UPLOAD, self._put_latency_ns(invocation, transfer), partial(_put_failed, reason)
        operation = Operation(
            self._on_end,
            invocation,
            transfer,
            kind,
            transfer.task,
            transfer.object,
            self._now_ns,
            delay_ns,
            self.cause,
            told,
            outcome,
        )
        if self.streams:
            self.streams.is_denied(operation)
        self._schedule(operation, invocation.rank + transfer.op, delay_ns)
        return operation

    def _transfer(
        self,
        invocation: Invocation,
        transfer: Fetch | Upload,
        kind: int,
        latency_ns: int,
        told: type[Fetched | Uploaded],
    ) -> Operation:
        """Latency, then bytes: in one happening where nothing can share the way, else in two."""
        found, setting = transfer.object, invocation.job.setting
        alone_ns = latency_ns + setting.bytes_ns[found]
        now_ns, task = self._now_ns, transfer.task
        operation = Operation(self._on_end, invocation, transfer, kind, task, found, now_ns, alone_ns, self.cause, told)
        if self.streams and self.streams.carries(operation, latency_ns):
            return operation
        rank = invocation.rank + transfer.op
        if self._chores:
            self._chores.burden(operation)
        if self._network_is_shared and setting.object_bytes[found]:
            operation.callbacks = self._on_way
            self._schedule(operation, rank, latency_ns)
        else:
            self._schedule(operation, rank, alone_ns)
        return operation

    def _goes(self, operation: Operation) -> None:
        """The latency is over; the bytes take their way."""
        invocation = operation.party
        if not invocation.machine.exited:
            operation.callbacks = self._chores.on_moved if self._chores else self._on_end
            instance = invocation.instance
            way = instance.down if operation.kind == _FETCH else instance.up
            assert way  # for the network is shared
            rank = invocation.rank + operation.instruction.op
            way.carry(invocation.job.setting.object_bytes[operation.found], rank, operation)

    # ledger -----------------------------------------------------------------------------------------------

    def _commit(self, invocation: Invocation, commit: Commit) -> Operation:
        task, job = commit.entries[-1].task, invocation.job
        delay_ns = job.luck.commit.ns(task, copier_of(invocation, task) if job.has_copies else 0)
        return self._request(invocation, commit, _COMMIT, task, delay_ns)

    def _read(self, party: Party, question: ReadSets | Subscribe | Release) -> Operation:
        task = question.task
        return self._request(party, question, _READ, task, party.job.luck.read.ns(task, copier_of(party, task)))

    def _request(self, party: Party, request: Any, kind: int, task: int, delay_ns: int) -> Operation:
        party.job.counters.ledger_requests += 1
        operation = Operation(self._on_answer, party, request, kind, task, _NONE, self._now_ns, delay_ns, self.cause)
        self._schedule(operation, party.rank + request.op, delay_ns)
        return operation

    def _answer(self, operation: Operation) -> None:
        """The request reaches the ledger; its answer is there at the same instant."""
        now_ns, party = self.clock.now_ns, operation.party
        row = party.log.end(operation, now_ns)
        self.step(party, answer(party, operation.instruction, now_ns, row), row)

    # messages and timers ----------------------------------------------------------------------------------

    def _publish(self, invocation: Invocation, publish: Publish | Offer) -> Operation:
        return self.send(invocation, publish, self._on_notified)

    def send(self, party: Party, publish: Publish | Offer, act: Act, more_ns: int = 0, outcome: int = 0) -> Operation:
        """A message is under way, maybe for longer than others; ``act`` is what comes of it."""
        job, task = party.job, publish.task
        job.counters.notifications += 1
        parent, is_to_client = publish.parent, publish.worker == CLIENT
        if is_to_client or parent in (_NONE, task) or parent not in job.view.parents[task]:
            delay_ns = more_ns + (job.luck.goal if is_to_client else job.luck.notify).ns(task)
            place = task
        else:
            edge = job.setting.edge(parent, task)
            delay_ns = more_ns + job.luck.news.ns(edge)
            place = job.setting.place_of(edge)
        operation = Operation(
            act, party, publish, _NOTIFY, task, _NONE, self._now_ns, delay_ns, self.cause, None, outcome
        )
        self._schedule(operation, party.rank + _MESSAGE + place, delay_ns)
        return operation

    def notified(self, operation: Operation) -> None:
        """A message arrives, if there is somebody to hear it."""
        job: Job = operation.party.job
        publish: Publish | Offer = operation.instruction
        now_ns = self.clock.now_ns
        row = operation.party.log.end(operation, now_ns)
        if publish.worker == CLIENT:
            self.step(job.client, heard(publish, now_ns), row)
            return
        listener = job.live.get(publish.worker)
        if listener is not None and listener.started_ns != NOT_YET:  # else it will read what it missed
            self.step(listener, heard(publish, now_ns), row)

    def _set_timer(self, party: Party, timer: SetTimer) -> None:
        operation = Operation(
            self._on_end, party, timer, _TIMER, _NONE, _NONE, self._now_ns, timer.delay_ns, self.cause, TimerFired
        )
        if timer.is_watch and self._vigil is not None:
            self._vigil.set(operation)
        self._schedule(operation, TIMER + party.rank + timer.op, timer.delay_ns)


def _get_failed(reason: str, now_ns: int, op: int) -> WorkerEvent:
    return FetchFailed(now_ns, op, False, reason)


def _put_failed(reason: str, now_ns: int, op: int) -> WorkerEvent:
    return UploadFailed(now_ns, op, reason)


def _forget(invocation: Invocation, drop: Drop) -> None:
    """Payloads are nowhere here, and letting go of one takes no time."""
