"""Runs on chunks: all shares of the work but the last (the head) from the first chunk on, the last after the last.

That is when a run on chunks is over, whatever comes in between, for chunks come at a steady pace. Where a task computes
alone one happening is enough; where it shares its CPU, head and tail compete for it like any other task.
"""

from __future__ import annotations

from functools import partial
from typing import Protocol

from executor.records.operations import Kind, Outcome
from executor.worker.events import ExecuteFailed, WorkerEvent
from sim.clock import Clock, Happening, ceil_of, whole_ns
from sim.flows import Ahead, Reading
from sim.job import Party
from sim.operation import Operation


class Teller(Protocol):
    """What is needed of the driver."""

    clock: Clock

    def step(self, party: Party, event: WorkerEvent, row: int) -> None:
        """Tell a machine something, caused by the operation of ``row``."""


class Runs:
    """Carries out runs that read ahead."""

    __slots__ = ("_clock", "_driver", "_host_is_shared")

    def __init__(self, driver: Teller, *, host_is_shared: bool) -> None:
        self._driver = driver
        self._clock = driver.clock
        self._host_is_shared = host_is_shared

    def begin(self, run: Ahead) -> None:
        """A task begins to run on what it reads."""
        for reading in run.readings:
            reading.runs.append(run)
        self.look(run)

    def look(self, run: Ahead) -> None:
        """Let it compute, if it has company and its first chunks are known to come."""
        firsts = [reading.first_ns for reading in run.readings]
        if run.has_begun or not self._shares_cpu(run) or min(firsts, default=0) < 0:
            return
        run.has_begun = True
        begin_ns = max([run.first_ns, self._clock.now_ns, *firsts])
        self._after(begin_ns - self._clock.now_ns, self._head, run)

    def _shares_cpu(self, run: Ahead) -> bool:
        invocation = run.invocation
        return self._host_is_shared or invocation.job.setting.view.slots_of(invocation.worker) > 1

    def arrived(self, run: Ahead, reading: Reading, row: int) -> None:
        """All that one reading brings has come."""
        run.readings.remove(reading)
        run.first_ns = max(run.first_ns, reading.first_ns)
        if run.readings:
            self.look(run)
            return
        operation, now_ns = run.operation, self._clock.now_ns
        run.row, run.last_ns, operation.found = row, now_ns, reading.operation.found
        if self._shares_cpu(run):
            self.look(run)
            if run.head_ns >= 0:
                run.is_bound = True
                self._tail(run)
            return
        tail_ns = ceil_of(operation.alone_ns, run.chunks)
        head_ns = run.first_ns + operation.alone_ns - tail_ns
        run.is_bound = head_ns <= now_ns
        self._ends_after(max(head_ns, now_ns) + tail_ns - now_ns, run)

    # computing in company ---------------------------------------------------------------------------------

    def _head(self, happening: Happening) -> None:
        self._compute(happening.about, 1 - 1 / happening.about.chunks, self._head_over)

    def _head_over(self, happening: Happening) -> None:
        run: Ahead = happening.about
        run.head_ns = self._clock.now_ns
        if not run.readings and not run.is_gone:
            self._tail(run)

    def _tail(self, run: Ahead) -> None:
        self._compute(run, 1 / run.chunks, self._tail_over)

    def _tail_over(self, happening: Happening) -> None:
        if not happening.about.is_gone:
            self._ends_after(0, happening.about)

    def _compute(self, run: Ahead, share: float, then: object) -> None:
        """A share of the work: its own input and output first, then CPU."""
        if not run.is_gone:
            io_ns = run.invocation.job.setting.io_ns[run.operation.task] * run.factor * share
            self._after(whole_ns(io_ns), partial(self._on_cpu, share, then), run)

    def _on_cpu(self, share: float, then: object, happening: Happening) -> None:
        run: Ahead = happening.about
        if run.is_gone:
            return
        setting, task = run.invocation.job.setting, run.operation.task
        cpu = run.invocation.instance.cpu
        assert cpu  # for there are slots, or a host, to share
        work_ns = setting.cpu_ns[task] * run.factor * share
        cpu.compute(work_ns, setting.parallelism[task], _rank(run), Happening(then, run))  # type: ignore[arg-type]

    def _after(self, delay_ns: int, act: object, run: Ahead) -> None:
        self._clock.after(delay_ns, _rank(run), Happening(act, run))  # type: ignore[arg-type]

    # ends -------------------------------------------------------------------------------------------------

    def _ends_after(self, delay_ns: int, run: Ahead) -> None:
        run.operation.callbacks = (partial(self._ran, run),)
        self._clock.after(delay_ns, _rank(run), run.operation)

    def _ran(self, run: Ahead, operation: Operation) -> None:
        """It is over. If it had to wait for the last chunk, what came after that is why it ended when it did."""
        if run.is_gone:
            return
        run.is_over = True
        party, now_ns = operation.party, self._clock.now_ns
        row = party.log.end(operation, now_ns)
        if run.is_bound:
            row = self._tail_row(run, now_ns)
        self._driver.step(party, operation.told(now_ns, operation.instruction.op), row)

    @staticmethod
    def _tail_row(run: Ahead, now_ns: int) -> int:
        operation = run.operation
        tail_ns = ceil_of(operation.alone_ns, run.chunks)
        what = operation.task, operation.found
        tail = Operation((), operation.party, None, Kind.TAIL, *what, run.last_ns, tail_ns, run.row)
        return int(operation.party.log.end(tail, now_ns))

    def broke(self, run: Ahead) -> None:
        """Something that it reads will not come."""
        if run.is_gone:
            return
        run.is_over = True
        operation, now_ns = run.operation, self._clock.now_ns
        operation.outcome = Outcome.FAILED
        operation.alone_ns = now_ns - operation.begin_ns
        row = operation.party.log.end(operation, now_ns)
        event = ExecuteFailed(now_ns, operation.instruction.op, "what it read ahead did not come")
        self._driver.step(operation.party, event, row)


def _rank(run: Ahead) -> int:
    rank: int = run.operation.party.rank + run.operation.instruction.op
    return rank
