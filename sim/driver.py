"""The driver: carries out the machines' instructions in virtual time.

It decides nothing. Each asynchronous instruction becomes an operation: one happening (two where a latency comes before
a shared resource), whose end is told to the machine as the terminal event, and one row of the operation log.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from executor.records.operations import NO_ROW, Kind
from executor.worker.events import (
    Committed,
    CompletedElsewhere,
    Executed,
    Fetched,
    SetsRead,
    Started,
    TaskReady,
    TimerFired,
    Uploaded,
    WorkerEvent,
)
from executor.worker.instructions import (
    CLIENT,
    AnyInstruction,
    Commit,
    Execute,
    Exit,
    Fetch,
    Invoke,
    Prewarm,
    Publish,
    ReadSets,
    Release,
    SetTimer,
    Subscribe,
    Upload,
)
from platforms import Platform
from sim.clock import TIMER, Clock, Happening, whole_ns
from sim.front import Front
from sim.job import NOT_YET, Invocation, Job, Party
from sim.operation import Operation
from sim.pool import Admitted, Pool

_NONE = -1
_MESSAGE = 1 << 31  # messages have no operation number: they stand after all that have, by task
_FETCH, _EXECUTE, _UPLOAD, _COMMIT, _READ, _NOTIFY, _TIMER = (
    int(kind) for kind in (Kind.FETCH, Kind.EXECUTE, Kind.UPLOAD, Kind.COMMIT, Kind.READ, Kind.NOTIFY, Kind.TIMER)
)

Watch: TypeAlias = Callable[[Party, WorkerEvent, list[AnyInstruction]], None]
"""Somebody who looks on: told of every step of every machine."""


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
        self._watch = watch
        self.finished = finished
        self.clock = Clock()
        self.cause = NO_ROW
        self._now_ns = 0
        self._schedule = self.clock.schedule
        self._network_is_shared = platform.network.instance is not None
        self._cpu_is_shared = platform.host.cores is not None
        self.front = Front(self, platform)
        self.pool = Pool(platform, self.clock, seed, admitted or self.front.admitted)
        self._on_end: Act = (self._end,)
        self._on_committed: Act = (self._committed,)
        self._on_sets_read: Act = (self._sets_read,)
        self._on_notified: Act = (self._notified,)
        self._carry_out: dict[type, Callable[[Any, Any], None]] = {
            Fetch: self._fetch,
            Execute: self._execute,
            Upload: self._upload,
            Commit: self._commit,
            ReadSets: self._read,
            Subscribe: self._read,
            Release: self._read,
            Publish: self._publish,
            SetTimer: self._set_timer,
            Invoke: self.front.call,
            Prewarm: self.front.prewarms.call,
            Exit: self.front.leave,
        }

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
        carry_out = self._carry_out
        instructions = party.machine.handle(event)
        if self._watch is not None:
            self._watch(party, event, instructions)
        for instruction in instructions:
            carry_out[type(instruction)](party, instruction)

    def _end(self, operation: Operation) -> None:
        """An operation came to its end: its machine is told, unless that has left (or died with its instance)."""
        party = operation.party
        if not party.machine.exited:
            now_ns = self.clock.now_ns
            row = party.log.end(operation, now_ns)
            self._tell(party, operation.told(now_ns, operation.instruction.op), row)

    # data -------------------------------------------------------------------------------------------------

    def _fetch(self, invocation: Invocation, fetch: Fetch) -> None:
        job = invocation.job
        job.counters.gets += 1
        latency_ns = job.luck.get.ns(job.setting.slot_of[fetch.task] + fetch.place)
        self._transfer(invocation, fetch, _FETCH, latency_ns, Fetched)

    def _upload(self, invocation: Invocation, upload: Upload) -> None:
        job = invocation.job
        job.counters.puts += 1
        latency_ns = job.luck.put.ns(upload.object)
        self._transfer(invocation, upload, _UPLOAD, latency_ns, Uploaded)

    def _transfer(
        self,
        invocation: Invocation,
        transfer: Fetch | Upload,
        kind: int,
        latency_ns: int,
        told: type[Fetched | Uploaded],
    ) -> None:
        """Latency, then bytes: in one happening where nothing can share the way, else in two."""
        found, setting = transfer.object, invocation.job.setting
        alone_ns = latency_ns + setting.bytes_ns[found]
        now_ns, task = self._now_ns, transfer.task
        operation = Operation(self._on_end, invocation, transfer, kind, task, found, now_ns, alone_ns, self.cause, told)
        rank = invocation.rank + transfer.op
        if self._network_is_shared and setting.object_bytes[found]:
            self._schedule(Happening(self._flows, operation, rank), rank, latency_ns)
        else:
            self._schedule(operation, rank, alone_ns)

    def _flows(self, happening: Happening) -> None:
        """The latency is over; the bytes take their way."""
        operation: Operation = happening.about
        invocation = operation.party
        if not invocation.machine.exited:
            instance = invocation.instance
            link = instance.down if operation.kind == _FETCH else instance.up
            link.carry(invocation.job.setting.object_bytes[operation.found], happening.detail, operation)

    # computing --------------------------------------------------------------------------------------------

    def _execute(self, invocation: Invocation, execute: Execute) -> None:
        job, task = invocation.job, execute.task
        attempt = job.executions[task] = job.executions[task] + 1
        run_ns = job.run_ns[task] if attempt == 1 else job.run_again_ns(task, attempt)
        operation = Operation(
            self._on_end, invocation, execute, _EXECUTE, task, _NONE, self._now_ns, run_ns, self.cause, Executed
        )
        rank = invocation.rank + execute.op
        if self._cpu_is_shared or job.setting.view.slots_of(invocation.worker) > 1:
            factor = job.luck.factors.of(task, attempt)
            io_ns = whole_ns(job.setting.io_ns[task] * factor)
            self._schedule(Happening(self._computes, operation, (job.setting.cpu_ns[task] * factor, rank)), rank, io_ns)
        else:
            self._schedule(operation, rank, run_ns)

    def _computes(self, happening: Happening) -> None:
        """The task's own input and output is over; now it needs CPU."""
        operation: Operation = happening.about
        invocation = operation.party
        work_ns, rank = happening.detail
        if not invocation.machine.exited:
            parallelism = invocation.job.setting.parallelism[operation.task]
            invocation.instance.cpu.compute(work_ns, parallelism, rank, operation)

    # ledger -----------------------------------------------------------------------------------------------

    def _commit(self, invocation: Invocation, commit: Commit) -> None:
        task = commit.entries[-1].task
        delay_ns = invocation.job.luck.commit.ns(task)
        self._request(self._on_committed, invocation, commit, _COMMIT, task, delay_ns)

    def _committed(self, operation: Operation) -> None:
        """The request reaches the ledger; its answer is there at the same instant."""
        now_ns, invocation = self.clock.now_ns, operation.party
        commit: Commit = operation.instruction
        job, row = invocation.job, invocation.log.end(operation, now_ns)
        ready, lost, superseded = job.ledger.commit(invocation.marker, commit.entries)
        if not (lost or superseded):
            job.note_commits(commit, now_ns, row)
        self.step(invocation, Committed(now_ns, commit.op, ready, lost, superseded), row)

    def _read(self, invocation: Invocation, question: ReadSets | Subscribe | Release) -> None:
        delay_ns = invocation.job.luck.read.ns(question.task)
        self._request(self._on_sets_read, invocation, question, _READ, question.task, delay_ns)

    def _sets_read(self, operation: Operation) -> None:
        now_ns, invocation, question = self.clock.now_ns, operation.party, operation.instruction
        ledger, marker = invocation.job.ledger, invocation.marker
        if isinstance(question, Subscribe):
            sets, released = ledger.subscribe(marker, question.tasks)
        else:
            released = isinstance(question, Release) and ledger.release(marker, question.tasks)
            sets = ledger.read(question.tasks)
        answer = SetsRead(now_ns, question.op, sets, ledger.superseded(marker), released)
        self.step(invocation, answer, operation.party.log.end(operation, now_ns))

    def _request(
        self,
        act: Act,
        party: Party,
        instruction: Commit | ReadSets | Subscribe | Release,
        kind: int,
        task: int,
        delay_ns: int,
    ) -> None:
        party.job.counters.ledger_requests += 1
        operation = Operation(act, party, instruction, kind, task, _NONE, self._now_ns, delay_ns, self.cause)
        self._schedule(operation, party.rank + instruction.op, delay_ns)

    # messages and timers ----------------------------------------------------------------------------------

    def _publish(self, invocation: Invocation, publish: Publish) -> None:
        job, task = invocation.job, publish.task
        job.counters.notifications += 1
        delay_ns = (job.luck.goal if publish.worker == CLIENT else job.luck.notify).ns(task)
        operation = Operation(
            self._on_notified, invocation, publish, _NOTIFY, task, _NONE, self._now_ns, delay_ns, self.cause
        )
        self._schedule(operation, invocation.rank + _MESSAGE + task, delay_ns)

    def _notified(self, operation: Operation) -> None:
        job: Job = operation.party.job
        publish: Publish = operation.instruction
        now_ns = self.clock.now_ns
        row = operation.party.log.end(operation, now_ns)
        if publish.worker == CLIENT:
            self.step(job.client, CompletedElsewhere(now_ns, publish.task), row)
            return
        listener = job.live.get(publish.worker)
        if listener is not None and listener.started_ns != NOT_YET:  # else it will read what it missed
            self.step(listener, TaskReady(now_ns, publish.task, publish.versions), row)

    def _set_timer(self, party: Party, timer: SetTimer) -> None:
        operation = Operation(
            self._on_end, party, timer, _TIMER, _NONE, _NONE, self._now_ns, timer.delay_ns, self.cause, TimerFired
        )
        self._schedule(operation, TIMER + party.rank + timer.op, timer.delay_ns)
