"""Limits of an instance: the CPU time and memory that its size brings, enforced as well as this machine lets us.

CPU: a quota of the system's control groups where they can be written; else a duty cycle of stops and continuations;
else nothing. An instance is held to it from its first handler on: while it initializes it has all it can get, as
platforms give it, and what that takes is the platform's own figure. No cap is set where the size brings as many vCPUs
as the host has cores.

Memory: `RLIMIT_DATA` bounds what a process may ask for, its stacks and its libraries' reserves included, and then
fails where it asks; each process that it starts has the same bound to itself. A control group bounds what all of them
use together, and the system ends one of them then; but it counts files on shared memory that they wrote, too, so it is
used only where asked for.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from typing import Final, Literal, NamedTuple, TypeAlias

from executor.local.aside import Aside
from executor.local.cgroups import Controller, Group, Place, find_place, next_name
from executor.local.duty import DutyCycle
from executor.local.process import Process
from executor.local.wards import Wards
from platforms import Platform

CpuMeans: TypeAlias = Literal["auto", "cgroup", "duty cycle", "none"]
MemoryMeans: TypeAlias = Literal["auto", "cgroup", "rlimit", "none"]
_BYTES_PER_MB: Final = 1 << 20
_TRIES: Final = 100
_PAUSE_S: Final = 0.01


class Enforced(NamedTuple):
    """What an instance is held to, and by what means; for its record."""

    vcpus: float
    cpu: str
    """The means; ``none`` and why, where nothing is enforced."""
    memory_mb: int
    memory: str

    def without(self, controller: Controller, why: str) -> Enforced:
        """The same, but one of both could not be enforced."""
        told = f"none: {why}"
        return self._replace(cpu=told) if controller == "cpu" else self._replace(memory=told)


class Hold:
    """The limits of one process. ``troubles`` says what could not be enforced, though it should have been."""

    def __init__(self, limits: Limits, process: Process, memory_mb: int) -> None:
        self._limits = limits
        self._process = process
        self._groups: dict[Controller, Group] = {}
        self._is_capped = False
        self.troubles: list[str] = []
        self.ran_out_of_memory = False
        """Whether the system has ended it for its memory, known when it has."""
        self.enforced = limits.enforced(memory_mb)
        if self.enforced.memory == "rlimit":
            bound = memory_mb * _BYTES_PER_MB
            self._try("memory", lambda: _bound_data(process.pid, bound))
        for controller in limits.places:
            limits.aside.do(lambda each=controller: self._try(each, lambda: self._group(each)))  # type: ignore[misc]

    def begin(self) -> None:
        """Its first handler is about to run: its CPU is capped from now on."""
        if not self._is_capped and self.enforced.cpu in ("cgroup v1", "cgroup v2"):
            self._limits.aside.do(lambda: self._try("cpu", self._cap))
        elif not self._is_capped and self.enforced.cpu == "duty cycle" and self._limits.duty:
            self._limits.duty.hold(self._process.pid, self.enforced.vcpus)
        self._is_capped = True

    def rest(self) -> None:
        """It is idle, or about to be reaped."""
        if self._limits.duty:
            self._limits.duty.release(self._process.pid)
            self._is_capped = False

    def end(self) -> None:
        """The process is gone; what its groups have to say is read before they go, too."""
        self.rest()
        if group := self._groups.get("memory"):
            self.ran_out_of_memory = group.ran_out_of_memory()
        if self._limits.uses_groups:
            self._limits.aside.do(self._remove)

    def _group(self, controller: Controller) -> None:
        place = self._limits.places[controller]
        group = place.make(place.parent / next_name())
        self._groups[controller] = group
        self._limits.wards.made(group.folder)
        if controller == "memory":
            group.set_memory(self.enforced.memory_mb * _BYTES_PER_MB)
        else:
            group.set_cpu(self.enforced.vcpus, is_capped=False)
        if self._process.used is None:
            group.add(self._process.pid)

    def _cap(self) -> None:
        if group := self._groups.get("cpu"):
            group.set_cpu(self.enforced.vcpus, is_capped=True)

    def _remove(self) -> None:
        for group in self._groups.values():
            for _ in range(_TRIES):
                if group.remove():
                    self._limits.wards.removed(group.folder)
                    break
                time.sleep(_PAUSE_S)  # a killed process takes a moment to be gone

    def _try(self, controller: Controller, act: Callable[[], None]) -> None:
        """Enforce something; if that cannot be, what is told of it is that it is not."""
        try:
            act()
        except ProcessLookupError:
            pass  # it has ended already
        except (OSError, ValueError) as error:
            why = f"{type(error).__name__}: {error}"
            self.troubles.append(f"{controller}: {why}")
            self.enforced = self.enforced.without(controller, why)


class Limits:
    """What means this machine has, and the instances held by them."""

    def __init__(self, platform: Platform, wards: Wards, cpu: CpuMeans, memory: MemoryMeans) -> None:
        self._platform = platform
        self._cores = os.cpu_count() or 1
        self.wards = wards
        self.aside = Aside("limits")
        self.places: dict[Controller, Place] = {}
        if cpu in ("auto", "cgroup") and (place := find_place("cpu")):
            self.places["cpu"] = place
        if memory == "cgroup" and (place := find_place("memory")):
            self.places["memory"] = place
        self._cpu = self._cpu_means(cpu)
        self._memory = self.places["memory"].name if "memory" in self.places else self._memory_means(memory)
        self.duty = DutyCycle() if self._cpu == "duty cycle" else None

    def _cpu_means(self, wanted: CpuMeans) -> str:
        if "cpu" in self.places:
            return self.places["cpu"].name
        if wanted in ("auto", "duty cycle"):
            return "duty cycle"
        return "none: no control group can be written" if wanted == "cgroup" else "none: not asked for"

    @staticmethod
    def _memory_means(wanted: MemoryMeans) -> str:
        if wanted in ("auto", "rlimit"):
            return "rlimit"
        return "none: no control group can be written" if wanted == "cgroup" else "none: not asked for"

    @property
    def uses_groups(self) -> bool:
        """Whether control groups are made."""
        return bool(self.places)

    def enforced(self, memory_mb: int) -> Enforced:
        """What an instance of a size is held to."""
        vcpus = self._platform.vcpus(memory_mb)
        cpu = self._cpu if vcpus < self._cores else f"none: {vcpus:g} vCPUs, and the host has {self._cores} cores"
        return Enforced(vcpus, cpu, memory_mb, self._memory)

    def hold(self, process: Process, memory_mb: int) -> Hold:
        """Hold a new process to its size."""
        return Hold(self, process, memory_mb)

    def close(self) -> None:
        """All processes are gone."""
        self.aside.close()
        if self.duty:
            self.duty.close()


def _bound_data(pid: int, n_bytes: int) -> None:
    resource.prlimit(pid, resource.RLIMIT_DATA, (n_bytes, n_bytes))
