"""A local instance: the pool's view of a process."""

from __future__ import annotations

import signal
from typing import Protocol

from executor.instance.messages import Up
from executor.local.account import NOT_YET, InstanceAccount
from executor.local.duty import cpu_ns_of
from executor.local.limits import Hold
from executor.local.process import Process
from executor.pool.instance import Instance

_KB_PER_MB = 1024


class Served(Protocol):
    """Whom an instance serves."""

    @property
    def is_prewarm(self) -> bool:
        """Whether it only warms it up."""


class LocalInstance(Instance):
    """One process, from its start until it is reaped."""

    __slots__ = ("_deployment", "deliver_ns", "hold", "process", "serving", "up", "why_not")

    def __init__(self, serial: int, memory_mb: int, created_ns: int, origin: str) -> None:
        super().__init__(serial, memory_mb, created_ns, origin)
        self.process: Process | None = None
        """None if it could not be started."""
        self.hold: Hold | None = None
        self.why_not = ""
        self.up: Up | None = None
        """What it said when it was up."""
        self.serving: Served | None = None
        """Whom it serves, from the admission on."""
        self.deliver_ns: int | None = None
        """When that may be handed over at the earliest."""
        self._deployment: int | None = None
        """Which state of the user's code it has loaded, the oldest if several; None: nothing so far."""

    def loads(self, deployment: int) -> None:
        """It is about to load the user's code as of a deployment."""
        self._deployment = deployment if self._deployment is None else min(self._deployment, deployment)

    def is_outdated(self, deployment: int) -> bool:
        """Whether it has loaded what is no longer the user's code at this deployment."""
        return self._deployment is not None and self._deployment < deployment

    def end(self, at_ns: int) -> None:
        """It is no more, as far as the pool is concerned; its process will be reaped when it is gone."""
        super().end(at_ns)
        if self.process:
            self.process.signal_all(signal.SIGKILL)

    @property
    def cpu_ns(self) -> int:
        """CPU time that it has used."""
        if self.process is None:
            return 0
        return self.process.used.cpu_ns if self.process.used else cpu_ns_of(self.process.pid)

    @property
    def account(self) -> InstanceAccount:
        """What is to be told of it."""
        process, used = self.process, self.process.used if self.process else None
        hold = self.hold
        return InstanceAccount(
            serial=self.serial,
            memory_mb=self.memory_mb,
            origin=self.origin,
            uses=self.uses,
            pid=process.pid if process else NOT_YET,
            created_ns=self.created_ns,
            booted_ns=self.up.booted_ns if self.up else NOT_YET,
            up_ns=self.up.up_ns if self.up else NOT_YET,
            ended_ns=NOT_YET if self.ended_ns is None else self.ended_ns,
            ending=used.ending if used else self.why_not,
            cpu_ns=self.cpu_ns,
            peak_memory_mb=used.memory_mb if used else _peak_mb(process.pid) if process else 0.0,
            vcpus=hold.enforced.vcpus if hold else 0.0,
            cpu_limit=hold.enforced.cpu if hold else "none: it never ran",
            memory_limit=hold.enforced.memory if hold else "none: it never ran",
            troubles=tuple(hold.troubles) if hold else (),
        )


def _peak_mb(pid: int) -> float:
    """The most memory that a living process had at once; 0 if it has just gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:  # noqa: PTH123
            lines = [line for line in status if line.startswith("VmHWM:")]
    except OSError:
        return 0.0
    return int(lines[0].split()[1]) / _KB_PER_MB if lines else 0.0
