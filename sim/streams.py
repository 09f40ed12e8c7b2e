"""Streams in virtual time: what a task makes is put in chunks while it runs, got as they come, and run on.

Chunks are made evenly over the time that the run takes alone. A chunk is put once it is made and the one before is put;
got once it is put and the one before is got; and its share of the reader's work is done once it has come and the share
before is done. All three are chains of the same kind, max(what it needs, the one before) + a constant, so each is over
at the later of two instants: that of the first chunk plus all steps, and that of the last chunk plus one. Where
transfers are alone, that is all that is computed: one happening for each put, get and run. Where they share a network,
each chunk is a transfer of its own (`sim.chunks`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

from executor.records.left import NOT_YET
from executor.records.operations import Kind, Outcome
from executor.worker.events import FetchFailed, WorkerEvent
from executor.worker.instructions import Execute, Fetch
from platforms import Platform
from sim.ahead import Runs
from sim.chunks import Chunks
from sim.clock import Clock, ceil_of, to_ns
from sim.flows import Ahead, Flow, Reading
from sim.job import Invocation, Party
from sim.operation import Operation
from sim.pool import Pool


class Carrier(Protocol):
    """What is needed of the driver."""

    clock: Clock
    pool: Pool

    def step(self, party: Party, event: WorkerEvent, row: int) -> None:
        """Tell a machine something, caused by the operation of ``row``."""


class Streams:
    """The streams of all jobs of one simulation."""

    __slots__ = ("_chunks", "_clock", "_driver", "_runs", "_timeout_ns")

    def __init__(self, driver: Carrier, platform: Platform) -> None:
        self._driver = driver
        self._clock = driver.clock
        self._timeout_ns = to_ns(platform.faults.timeout_s)
        self._runs = Runs(driver, host_is_shared=platform.host.cores is not None)
        self._chunks = Chunks(self, driver.clock) if driver.pool.network.is_shared else None

    def carries(self, operation: Operation, latency_ns: int) -> bool:
        """A get or put begins; whether it is one in chunks, and seen to here."""
        if operation.kind == Kind.UPLOAD:
            return self._uploads(operation, latency_ns)
        if operation.instruction.chunks == 1:
            return False
        self._fetches(operation, latency_ns)
        return True

    def runs(self, operation: Operation, factor: float | None) -> bool:
        """A task begins to run; whether it reads ahead, and is seen to here."""
        self._begins(operation)
        if not operation.instruction.ahead or operation.outcome != Outcome.DONE:
            return False
        factor = operation.party.job.luck.factors.of(operation.task, 1) if factor is None else factor
        self._reads_ahead(operation, factor)
        return True

    # putting ----------------------------------------------------------------------------------------------

    def _begins(self, run: Operation) -> None:
        """A task begins to run: what it makes that others read ahead is put while it does."""
        job, setting = run.party.job, run.party.job.setting
        made = [found for found in setting.view.outputs[run.task] if found in setting.view.chunks]
        for found in made:
            former: Flow | None = job.flows.get(found)
            if former:
                self._die(former)
            chunks, turn = setting.view.chunks[found], former.turn + 1 if former else 0
            flow = Flow(run, chunks, job.luck.put.next_ns(found), ceil_of(setting.bytes_ns[found], chunks), turn)
            job.flows[found] = flow
            if self._chunks:
                self._chunks.begins(flow, found)
        if made and run.outcome != Outcome.DONE:
            run.callbacks = (partial(self._run_failed, run.callbacks[0]),)

    def _run_failed(self, act: Callable[[Operation], None], run: Operation) -> None:
        """A run is over, and nothing came of it: whoever reads what it made will not get the rest."""
        for found in run.party.job.setting.view.outputs[run.task]:
            if found in run.party.job.flows:
                self._die(run.party.job.flows[found])
        act(run)

    def _uploads(self, operation: Operation, latency_ns: int) -> bool:
        """What is left of an object is put; whether it was put in chunks so far."""
        party, found = operation.party, operation.found
        flow: Flow | None = party.job.flows.get(found)
        if flow is None or flow.is_dead or flow.invocation is not party or flow.done_ns != NOT_YET:
            return False
        party.job.counters.puts += flow.chunks - 1
        operation.alone_ns = flow.left_ns(operation.begin_ns, latency_ns)
        operation.callbacks = (lambda _: self.put(flow),)
        flow.upload = operation
        if self._chunks:
            self._chunks.uploads(flow, found)
        else:
            self._clock.after(operation.alone_ns, _rank(operation), operation)
        return True

    def put(self, flow: Flow) -> None:
        """The last chunk has been put."""
        upload, party, now_ns = flow.upload, flow.invocation, self._clock.now_ns
        if upload is None or party.machine.exited:
            return
        flow.done_ns, flow.row = now_ns, party.log.end(upload, now_ns)
        self._driver.step(party, upload.told(now_ns, upload.instruction.op), flow.row)
        for reading in flow.readings:
            self._goes_on(reading)

    def leaves(self, invocation: Invocation) -> None:
        """A worker is gone: what it has not put in full will not come."""
        for flow in invocation.job.flows.values():
            if flow.invocation is invocation and flow.done_ns == NOT_YET:
                self._die(flow)

    def _die(self, flow: Flow) -> None:
        if not flow.is_dead and flow.done_ns == NOT_YET:
            flow.is_dead = True
            for reading in flow.readings:
                self._break(reading)

    # getting ----------------------------------------------------------------------------------------------

    def _fetches(self, operation: Operation, latency_ns: int) -> None:
        """A worker reads an object ahead."""
        fetch: Fetch = operation.instruction
        job = operation.party.job
        job.counters.gets += fetch.chunks - 1
        flow: Flow | None = job.flows.get(fetch.object)
        if flow and (flow.is_dead or flow.invocation.marker != fetch.version):
            flow = None
        reading = Reading(operation, latency_ns, flow)
        job.readings[operation.party.number, fetch.object] = reading
        if flow is None:
            self._break(reading)
            return
        flow.readings.append(reading)
        if not self._chunks:
            reading.first_ns = max(flow.first_put_ns, operation.begin_ns) + reading.get_ns
        self._goes_on(reading)

    def _goes_on(self, reading: Reading) -> None:
        """Chunks have been put that can be got."""
        if self._chunks:
            self._chunks.gets(reading)
        elif reading.flow and reading.flow.done_ns != NOT_YET and not reading.is_due:
            self._foresee(reading, reading.flow)

    def _foresee(self, reading: Reading, flow: Flow) -> None:
        """All chunks have been put, so it is known when the last one comes."""
        operation, get_ns = reading.operation, reading.get_ns
        by_first_ns = reading.first_ns + (flow.chunks - 1) * get_ns
        by_last_ns = flow.done_ns + get_ns
        reading.is_due = True
        operation.alone_ns = by_first_ns - operation.begin_ns
        if by_last_ns >= by_first_ns:
            _follow(reading, flow)
        operation.callbacks = (partial(self._got, reading),)
        self._clock.after(max(by_first_ns, by_last_ns) - self._clock.now_ns, _rank(operation), operation)

    def has_first(self, reading: Reading) -> None:
        """The first chunk has come."""
        for run in reading.runs:
            self._runs.look(run)

    def has_last(self, reading: Reading) -> None:
        """The last chunk has come."""
        reading.is_due = True
        flow = reading.flow
        if flow and flow.done_ns >= reading.before_ns:
            _follow(reading, flow)
        else:
            reading.operation.alone_ns = reading.chunks * reading.get_ns
        self._got(reading, reading.operation)

    def _got(self, reading: Reading, operation: Operation) -> None:
        """All chunks are there."""
        party, now_ns = operation.party, self._clock.now_ns
        if party.machine.exited:
            return
        del party.job.readings[party.number, operation.found]
        row = party.log.end(operation, now_ns)
        self._driver.step(party, operation.told(now_ns, operation.instruction.op), row)
        for run in reading.runs:
            if not run.is_gone:
                self._runs.arrived(run, reading, row)

    def _break(self, reading: Reading) -> None:
        """No chunk comes any more: that is noticed after a while."""
        if not reading.is_due:
            reading.is_due = True
            operation = reading.operation
            operation.outcome = Outcome.LOST
            operation.alone_ns = self._timeout_ns
            operation.told = _no_chunk_came
            operation.callbacks = (partial(self._broke, reading),)
            self._clock.after(self._timeout_ns, _rank(operation), operation)

    def is_denied(self, operation: Operation) -> None:
        """The store says no to a get: a task may be run on it all the same, until that is known."""
        if operation.kind == Kind.FETCH and operation.instruction.chunks > 1:
            reading = Reading(operation, 0, None)
            reading.is_due = True
            operation.party.job.readings[operation.party.number, operation.found] = reading
            operation.callbacks = (partial(self._broke, reading),)

    def _broke(self, reading: Reading, operation: Operation) -> None:
        party, now_ns = operation.party, self._clock.now_ns
        if party.machine.exited:
            return
        del party.job.readings[party.number, operation.found]
        row = party.log.end(operation, now_ns)
        self._driver.step(party, operation.told(now_ns, operation.instruction.op), row)
        for run in reading.runs:
            self._runs.broke(run)

    # running ----------------------------------------------------------------------------------------------

    def _reads_ahead(self, operation: Operation, factor: float) -> None:
        """A task begins to run on chunks."""
        execute: Execute = operation.instruction
        party = operation.party
        readings = [party.job.readings[party.number, found] for found in execute.ahead]
        operation.found = execute.ahead[0]
        run = Ahead(operation, factor, readings)
        party.job.ahead[party.number, execute.task] = run
        self._runs.begin(run)

    @staticmethod
    def under_way(invocation: Invocation) -> Iterator[Operation]:
        """What a worker puts in chunks, reads ahead, and runs on it; some of it may be scheduled as well."""
        job, number = invocation.job, invocation.number
        flows = (flow for flow in job.flows.values() if flow.invocation is invocation and flow.done_ns == NOT_YET)
        yield from (flow.upload for flow in flows if flow.upload)
        yield from (reading.operation for (who, _), reading in job.readings.items() if who == number)
        yield from (run.operation for (who, _), run in job.ahead.items() if who == number and not run.is_over)


def _no_chunk_came(now_ns: int, op: int) -> FetchFailed:
    return FetchFailed(now_ns, op, True, "no chunk came")


def _follow(reading: Reading, flow: Flow) -> None:
    """All but the last chunk came in time: what is told of the get is that one, which waited for its put alone."""
    operation = reading.operation
    operation.begin_ns, operation.cause, operation.alone_ns = flow.done_ns, flow.row, reading.get_ns


def _rank(operation: Operation) -> int:
    rank: int = operation.party.rank + operation.instruction.op
    return rank
