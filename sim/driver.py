"""The driver: carries out the machines' instructions in virtual time.

It decides nothing. Each asynchronous instruction becomes one row of the operation log and one happening (two
where a latency comes before a shared resource), whose end is told to the machine as the terminal event.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

from executor.records.operations import Kind
from executor.worker.events import (
    Committed,
    CompletedElsewhere,
    Executed,
    Fetched,
    SetsRead,
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
from sim.clock import END, TIMER, Clock, Happening
from sim.front import Front
from sim.job import Invocation, Job, Party
from sim.pool import Pool

_NONE = -1

Watch: TypeAlias = Callable[[Party, WorkerEvent, list[AnyInstruction]], None]
"""Somebody who looks on: told of every step of every machine."""


class Driver:
    """One platform in virtual time, for any number of jobs."""

    def __init__(self, platform: Platform, seed: int, watch: Watch | None = None) -> None:
        self._watch = watch
        self.clock = Clock()
        self.cause = _NONE
        self._platform = platform
        network = platform.network
        per_s = network.connection_bytes_per_s
        self._ns_per_byte = 0.0 if per_s is None else 1e9 / per_s
        self._network_is_shared = network.instance is not None
        self._cpu_is_shared = platform.host.cores is not None
        self.front = Front(self, platform)
        self.pool = Pool(platform, self.clock, seed, self.front.admitted)
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
            Prewarm: self.front.call_prewarm,
            Exit: self.front.leave,
        }

    def step(self, party: Party, event: WorkerEvent, row: int) -> None:
        """Tell a machine something, caused by the operation of ``row``, and carry out what it wants."""
        machine = party.machine
        if machine.exited:
            return
        self.cause = row
        carry_out = self._carry_out
        instructions = machine.handle(event)
        if self._watch is not None:
            self._watch(party, event, instructions)
        for instruction in instructions:
            carry_out[type(instruction)](party, instruction)

    def end(self, happening: Happening) -> int:
        """Close the row of an operation that ends now; the time."""
        now_ns = self.clock.now_ns
        happening.about.job.log.end_ns[happening.row] = now_ns
        return now_ns

    # data -------------------------------------------------------------------------------------------------

    def _fetch(self, invocation: Invocation, fetch: Fetch) -> None:
        job = invocation.job
        setting = job.setting
        job.counters.gets += 1
        slot = setting.slot_of[fetch.task] + setting.view.inputs[fetch.task].index(fetch.object)
        latency_ns = job.luck.get.ns(slot, invocation.epoch)
        happening = Happening(self._fetched, invocation, fetch)
        self._transfer(invocation, fetch, Kind.FETCH, latency_ns, happening, self._fetch_flows)

    def _upload(self, invocation: Invocation, upload: Upload) -> None:
        job = invocation.job
        job.counters.puts += 1
        latency_ns = job.luck.put.ns(upload.object, invocation.epoch)
        happening = Happening(self._uploaded, invocation, upload)
        self._transfer(invocation, upload, Kind.UPLOAD, latency_ns, happening, self._upload_flows)

    def _transfer(
        self,
        invocation: Invocation,
        transfer: Fetch | Upload,
        kind: Kind,
        latency_ns: int,
        done: Happening,
        flow: Callable[[Happening], None],
    ) -> None:
        """Latency, then bytes: in one happening where nothing can share the way, else in two."""
        job, clock = invocation.job, self.clock
        found = transfer.object
        n_bytes = job.setting.object_bytes[found]
        alone_ns = latency_ns + math.ceil(n_bytes * self._ns_per_byte)
        done.row = job.log.begin(kind, invocation.number, transfer.task, found, clock.now_ns, alone_ns, self.cause)
        rank = END + invocation.rank + transfer.op
        if n_bytes and self._network_is_shared:
            clock.after(latency_ns, rank, Happening(flow, done, n_bytes))
        else:
            clock.after(alone_ns, rank, done)

    def _fetch_flows(self, happening: Happening) -> None:
        done = happening.about
        if not done.about.machine.exited:
            done.about.instance.down.carry(happening.detail, done.about.rank + done.detail.op, done)

    def _upload_flows(self, happening: Happening) -> None:
        done = happening.about
        if not done.about.machine.exited:
            done.about.instance.up.carry(happening.detail, done.about.rank + done.detail.op, done)

    def _fetched(self, happening: Happening) -> None:
        now_ns = self.end(happening)
        self.step(happening.about, Fetched(now_ns, happening.detail.op), happening.row)

    def _uploaded(self, happening: Happening) -> None:
        now_ns = self.end(happening)
        self.step(happening.about, Uploaded(now_ns, happening.detail.op), happening.row)

    # computing --------------------------------------------------------------------------------------------

    def _execute(self, invocation: Invocation, execute: Execute) -> None:
        job, clock, task = invocation.job, self.clock, execute.task
        setting = job.setting
        factor = job.luck.factors.of(task, execute.attempt)
        alone_ns = math.ceil(setting.alone_ns[task] * factor)
        done = Happening(self._executed, invocation, execute)
        done.row = job.log.begin(Kind.EXECUTE, invocation.number, task, _NONE, clock.now_ns, alone_ns, self.cause)
        rank = END + invocation.rank + execute.op
        if self._cpu_is_shared or setting.view.slots_of(invocation.worker) > 1:
            io_ns = math.ceil(setting.io_ns[task] * factor)
            clock.after(io_ns, rank, Happening(self._computes, done, setting.cpu_ns[task] * factor))
        else:
            clock.after(alone_ns, rank, done)

    def _computes(self, happening: Happening) -> None:
        """The task's own input and output is over; now it needs CPU."""
        done: Happening = happening.about
        invocation, execute = done.about, done.detail
        if invocation.machine.exited:
            return
        parallelism = invocation.job.setting.parallelism[execute.task]
        invocation.instance.cpu.compute(happening.detail, parallelism, invocation.rank + execute.op, done)

    def _executed(self, happening: Happening) -> None:
        now_ns = self.end(happening)
        self.step(happening.about, Executed(now_ns, happening.detail.op), happening.row)

    # ledger -----------------------------------------------------------------------------------------------

    def _commit(self, invocation: Invocation, commit: Commit) -> None:
        job, task = invocation.job, commit.entries[-1].task
        job.counters.ledger_requests += 1
        self._request(
            invocation, commit, Kind.COMMIT, task, job.luck.commit.ns(task, invocation.epoch), self._committed
        )

    def _committed(self, happening: Happening) -> None:
        """The request reaches the ledger; its answer is there at the same instant."""
        invocation, commit = happening.about, happening.detail
        job: Job = invocation.job
        now_ns = self.end(happening)
        ready, lost, superseded = job.ledger.commit(invocation.machine.marker, commit.entries)
        if not (lost or superseded):
            self._note_commits(job, commit, now_ns, happening.row)
        self.step(invocation, Committed(now_ns, commit.op, ready, lost, superseded), happening.row)

    def _note_commits(self, job: Job, commit: Commit, now_ns: int, row: int) -> None:
        goals_left = job.goals_left
        for entry in commit.entries:
            job.commits.append((entry.task, row))
            if entry.task in goals_left:
                goals_left.discard(entry.task)
                if not goals_left:
                    job.done_ns = now_ns
                    job.last_row = row

    def _read(self, invocation: Invocation, question: ReadSets | Subscribe | Release) -> None:
        job = invocation.job
        job.counters.ledger_requests += 1
        delay_ns = job.luck.read.ns(question.task, invocation.epoch)
        self._request(invocation, question, Kind.READ, question.task, delay_ns, self._sets_read)

    def _sets_read(self, happening: Happening) -> None:
        invocation, question = happening.about, happening.detail
        ledger, marker = invocation.job.ledger, invocation.machine.marker
        now_ns = self.end(happening)
        released = False
        if isinstance(question, Subscribe):
            ledger.subscribe(marker)
        elif isinstance(question, Release):
            released = ledger.release(marker, question.tasks)
        sets = ledger.read(question.tasks)
        answer = SetsRead(now_ns, question.op, sets, ledger.superseded(marker), released)
        self.step(invocation, answer, happening.row)

    def _request(
        self,
        party: Party,
        instruction: Any,
        kind: Kind,
        task: int,
        delay_ns: int,
        act: Callable[[Happening], None],
    ) -> None:
        row = party.job.log.begin(kind, party.number, task, _NONE, self.clock.now_ns, delay_ns, self.cause)
        self.clock.after(delay_ns, END + party.rank + instruction.op, Happening(act, party, instruction, row))

    # messages and timers ----------------------------------------------------------------------------------

    def _publish(self, invocation: Invocation, publish: Publish) -> None:
        job = invocation.job
        job.counters.notifications += 1
        delay_ns = job.luck.notify.ns(publish.task)
        row = job.log.begin(
            Kind.NOTIFY, invocation.number, publish.task, _NONE, self.clock.now_ns, delay_ns, self.cause
        )
        rank = END + invocation.rank + publish.task
        self.clock.after(delay_ns, rank, Happening(self._notified, invocation, publish, row))

    def _notified(self, happening: Happening) -> None:
        job: Job = happening.about.job
        publish: Publish = happening.detail
        now_ns = self.end(happening)
        if publish.worker == CLIENT:
            self.step(job.client, CompletedElsewhere(now_ns, publish.task), happening.row)
            return
        listener = job.live.get(publish.worker)
        if listener is None:
            job.counters.unheard += 1
        else:
            self.step(listener, TaskReady(now_ns, publish.task, publish.versions), happening.row)

    def _set_timer(self, party: Party, timer: SetTimer) -> None:
        row = party.job.log.begin(Kind.TIMER, party.number, _NONE, _NONE, self.clock.now_ns, timer.delay_ns, self.cause)
        rank = TIMER + party.rank + timer.op
        self.clock.after(timer.delay_ns, rank, Happening(self._fired, party, timer, row))

    def _fired(self, happening: Happening) -> None:
        now_ns = self.end(happening)
        self.step(happening.about, TimerFired(now_ns, happening.detail.op), happening.row)
