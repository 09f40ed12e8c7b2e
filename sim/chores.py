"""Chores: CPU time on a shared host that no task asks for: to start an instance, to load code, to move data.

Each takes one core at a time, on the vCPUs of its instance, and shares them and the host's cores with all that
computes there. So sixteen cold starts at once on two cores take eight times as long as one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from executor.records.operations import Kind
from platforms.sections import Host
from sim.clock import Due, to_ns
from sim.instance import Instance
from sim.operation import Operation

End: TypeAlias = Callable[[Operation], None]
"""What is done at an operation's end."""


class Chores:
    """What a host's instances have to do besides tasks; work is in vCPU-nanoseconds."""

    __slots__ = ("_first_run_ns", "_ns_per_byte", "_on_end", "_start_ns", "_transfer_ns", "on_moved")

    def __init__(self, host: Host, end: End) -> None:
        self._start_ns = {True: to_ns(host.start_cpu_s), False: to_ns(host.warm_start_cpu_s)}
        self._first_run_ns = to_ns(host.first_run_cpu_s)
        self._transfer_ns = {int(Kind.FETCH): to_ns(host.get_cpu_s), int(Kind.UPLOAD): to_ns(host.put_cpu_s)}
        self._ns_per_byte = host.cpu_s_per_gb
        self._on_end = (end,)
        self.on_moved = (self._moved,)
        """What is done when the bytes of a transfer have found their way."""

    def start_alone_ns(self, instance: Instance, *, cold: bool) -> int:
        """How long the work of a start takes with nothing beside it."""
        return _alone_ns(instance, self._start_ns[cold])

    def boot(self, instance: Instance, rank: int, done: Due, *, cold: bool) -> None:
        """The work of a start begins; then ``done`` happens."""
        _do(instance, self._start_ns[cold], rank, done)

    def burden(self, operation: Operation) -> None:
        """A transfer begins, which is over when its work is done, too."""
        operation.alone_ns += _alone_ns(operation.party.instance, self._of_transfer(operation))
        operation.callbacks = self.on_moved

    def of_run(self, operation: Operation) -> int:
        """The work beyond the task's own of a run that begins now: something the first time on an instance alone."""
        instance: Instance = operation.party.instance
        if instance.has_run:
            return 0
        instance.has_run = True
        operation.alone_ns += _alone_ns(instance, self._first_run_ns)
        return self._first_run_ns

    def _moved(self, operation: Operation) -> None:
        operation.callbacks = self._on_end
        invocation = operation.party
        if not invocation.machine.exited:
            rank = invocation.rank + operation.instruction.op
            _do(invocation.instance, self._of_transfer(operation), rank, operation)

    def _of_transfer(self, operation: Operation) -> int:
        n_bytes: int = operation.party.job.setting.object_bytes[operation.found]
        return round(self._transfer_ns[operation.kind] + self._ns_per_byte * n_bytes)


def chores_of(host: Host, end: End) -> Chores | None:
    """The chores of a host; None where there are none, or no cores are shared. ``end`` is what ends a transfer."""
    return Chores(host, end) if host.cores is not None and host.chores else None


def _alone_ns(instance: Instance, work_ns: int) -> int:
    """How long a chore takes with nothing beside it."""
    assert instance.cpu  # for chores are done where a host is shared
    return round(work_ns / min(1.0, instance.cpu.vcpus))


def _do(instance: Instance, work_ns: int, rank: int, done: Due) -> None:
    assert instance.cpu  # as above
    instance.cpu.compute(work_ns, 1.0, rank, done)
