"""Control groups: the system's own limits on what a group of processes uses, version 1 or 2, where we may set them.

All groups of ours are below the one in which this process is, so what holds for it holds for them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias

_PERIOD_US: Final = 20_000
"""How often a quota is granted anew; as AWS Lambda does, so that small shares come in small pieces."""
_SHARES: Final = 1024
_WEIGHT: Final = 100
_LEAST_QUOTA_US: Final = 1000
Controller: TypeAlias = Literal["cpu", "memory"]
_numbers = count(1)
"""Of this process: it may have several platforms."""


class Group(Protocol):
    """One control group."""

    @property
    def folder(self) -> str:
        """Where it is."""

    def add(self, pid: int) -> None:
        """A process, and all that it starts, belongs to it from now on."""

    def set_cpu(self, vcpus: float, *, is_capped: bool) -> None:
        """The weight of so many CPUs beside others, and no more than these if that is asked for."""

    def set_memory(self, n_bytes: int) -> None:
        """At most so much."""

    def ran_out_of_memory(self) -> bool:
        """Whether the system has ended a process of it for its memory."""

    def remove(self) -> bool:
        """Remove it; False if processes of it are not quite gone yet."""


class _Files:
    """A group is a folder, and its settings are files."""

    def __init__(self, folder: Path) -> None:
        self._path = folder
        folder.mkdir(mode=0o755)

    @property
    def folder(self) -> str:
        return str(self._path)

    def add(self, pid: int) -> None:
        self._set("cgroup.procs", pid)

    def remove(self) -> bool:
        try:
            self._path.rmdir()
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True

    def _set(self, name: str, value: object) -> None:
        (self._path / name).write_text(str(value))

    def _read(self, name: str, field: str) -> int:
        for line in (self._path / name).read_text().splitlines():
            found, _, value = line.partition(" ")
            if found == field:
                return int(value)
        return 0


class GroupV1(_Files):
    """Version 1: a hierarchy for each kind of limit."""

    def set_cpu(self, vcpus: float, *, is_capped: bool) -> None:
        """See `Group`."""
        self._set("cpu.shares", max(2, round(vcpus * _SHARES)))
        if is_capped:
            self._set("cpu.cfs_period_us", _PERIOD_US)
            self._set("cpu.cfs_quota_us", max(_LEAST_QUOTA_US, round(vcpus * _PERIOD_US)))

    def set_memory(self, n_bytes: int) -> None:
        """See `Group`."""
        self._set("memory.limit_in_bytes", n_bytes)
        with suppress(OSError):  # where swap is not accounted for, there is none to speak of
            self._set("memory.memsw.limit_in_bytes", n_bytes)

    def ran_out_of_memory(self) -> bool:
        """See `Group`."""
        with suppress(OSError):
            return self._read("memory.oom_control", "oom_kill") > 0
        return False


class GroupV2(_Files):
    """Version 2: one hierarchy for all."""

    def set_cpu(self, vcpus: float, *, is_capped: bool) -> None:
        """See `Group`."""
        self._set("cpu.weight", min(10_000, max(1, round(vcpus * _WEIGHT))))
        if is_capped:
            self._set("cpu.max", f"{max(_LEAST_QUOTA_US, round(vcpus * _PERIOD_US))} {_PERIOD_US}")

    def set_memory(self, n_bytes: int) -> None:
        """See `Group`."""
        self._set("memory.max", n_bytes)
        with suppress(OSError):
            self._set("memory.swap.max", 0)

    def ran_out_of_memory(self) -> bool:
        """See `Group`."""
        with suppress(OSError):
            return self._read("memory.events", "oom_kill") > 0
        return False


class Place(NamedTuple):
    """Where groups of one kind of limit can be made, and how."""

    name: str
    """For people."""
    make: Callable[[Path], Group]
    parent: Path


def next_name() -> str:
    """The name of a new group, which no other platform of this process gives to one of its own."""
    return f"faascast-{os.getpid()}-{next(_numbers)}"


def find_place(controller: Controller, own: str = "/proc/self/cgroup", root: str = "/sys/fs/cgroup") -> Place | None:
    """Where this process may make groups that limit ``cpu`` or ``memory``; None if it may not."""
    for line in _lines(own):
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            place = Place("cgroup v1", GroupV1, Path(root) / controllers / path.lstrip("/"))
        elif not controllers:
            place = Place("cgroup v2", GroupV2, Path(root) / path.lstrip("/"))
        else:
            continue
        if _works(place, controller):
            return place
    return None


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def _works(place: Place, controller: Controller) -> bool:
    """Whether a group can be made there and limited; tried out, for nothing else tells."""
    try:
        group = place.make(place.parent / next_name())
    except OSError:
        return False
    try:
        if controller == "cpu":
            group.set_cpu(1.0, is_capped=True)
        else:
            group.set_memory(1 << 40)
    except OSError:
        return False
    finally:
        group.remove()
    return True
