"""Executions: how a task runs on its instance.

Whoever has a slot to itself, and no slot or instance beside it that computes on the same CPU, is over after its run
time: one happening. All others do their own input and output first, which needs no CPU, and then share the CPU.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from executor.records.operations import Kind
from executor.worker.events import Executed
from executor.worker.instructions import Execute
from platforms import Platform
from sim.chores import Chores
from sim.clock import Clock, Happening, whole_ns
from sim.copiers import copier_of
from sim.job import Invocation
from sim.operation import Operation
from sim.streams import Streams

_EXECUTE, _NO_OBJECT = int(Kind.EXECUTE), -1


class Steps(Protocol):
    """What is needed of the driver."""

    clock: Clock
    cause: int
    streams: Streams | None

    def end(self, operation: Operation) -> None:
        """An operation came to its end: its machine is told."""


class Executions:
    """Carries out `Execute`."""

    __slots__ = ("_chores", "_driver", "_host_is_shared", "_on_end", "_schedule")

    def __init__(self, driver: Steps, platform: Platform, chores: Chores | None) -> None:
        self._driver = driver
        self._chores = chores
        self._host_is_shared = platform.host.cores is not None
        self._on_end: tuple[Callable[[Operation], None]] = (driver.end,)
        self._schedule = driver.clock.schedule

    def begin(self, invocation: Invocation, execute: Execute) -> Operation:
        """Run a task."""
        job, task = invocation.job, execute.task
        attempt = job.next_attempt(task, copier_of(invocation, task) if job.has_copies else 0)
        factor = None if attempt == 1 else job.luck.factors.of(task, attempt)
        run_ns = job.run_ns[task] if factor is None else job.run_ns_of(task, factor)
        return self._run(invocation, execute, run_ns, factor)

    def begin_part(self, invocation: Invocation, execute: Execute, part: float, told: Any, outcome: int) -> Operation:
        """Run a task for a part of its time, or for many times that; ``told`` makes its end."""
        job, task = invocation.job, execute.task
        factor = job.luck.factors.of(task, job.next_attempt(task, copier_of(invocation, task))) * part
        return self._run(invocation, execute, job.run_ns_of(task, factor), factor, told, outcome)

    def _run(
        self,
        invocation: Invocation,
        execute: Execute,
        run_ns: int,
        factor: float | None,
        told: Any = Executed,
        outcome: int = 0,
    ) -> Operation:
        driver, job, task = self._driver, invocation.job, execute.task
        told = job.split.ends.get(task, told) if told is Executed else told
        now_ns, cause = driver.clock.now_ns, driver.cause
        operation = Operation(
            self._on_end, invocation, execute, _EXECUTE, task, _NO_OBJECT, now_ns, run_ns, cause, told, outcome
        )
        if driver.streams and driver.streams.runs(operation, factor):
            return operation
        rank = invocation.rank + execute.op
        if self._host_is_shared or job.setting.view.slots_of(invocation.worker) > 1:
            self._share(operation, job.luck.factors.of(task, 1) if factor is None else factor, rank)
        else:
            self._schedule(operation, rank, run_ns)
        return operation

    def _share(self, operation: Operation, factor: float, rank: int) -> None:
        """First its own input and output, then CPU."""
        setting, task = operation.party.job.setting, operation.task
        io_ns, work_ns = whole_ns(setting.io_ns[task] * factor), setting.cpu_ns[task] * factor
        work_ns += self._chores.of_run(operation) if self._chores else 0
        if io_ns:
            self._schedule(Happening(_has_moved, operation, (work_ns, rank)), rank, io_ns)
        else:
            _compute(operation, work_ns, rank)


def _has_moved(happening: Happening) -> None:
    """The task's own input and output is over; now it needs CPU."""
    operation: Operation = happening.about
    if not operation.party.machine.exited:
        _compute(operation, *happening.detail)


def _compute(operation: Operation, work_ns: float, rank: int) -> None:
    """The task has all that it needs but CPU."""
    invocation = operation.party
    cpu = invocation.instance.cpu
    assert cpu  # for there are slots, or a host, to share
    cpu.compute(work_ns, invocation.job.setting.parallelism[operation.task], rank, operation)
