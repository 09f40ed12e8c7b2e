"""An instance: one sandbox of the platform, from its start to its end."""

from __future__ import annotations

from sim.clock import Due
from sim.cpu import Cpu
from sim.link import Link

FOREVER_NS = -1
"""The end of an instance that is never reclaimed."""


class Instance:
    """One sandbox. ``expires_ns`` holds while it is idle; at ``listed_ns`` the pool will see whether it has passed."""

    __slots__ = (
        "cpu",
        "created_ns",
        "down",
        "ended_ns",
        "expires_ns",
        "idle",
        "listed_ns",
        "memory_mb",
        "origin",
        "serial",
        "up",
        "uses",
    )

    def __init__(self, serial: int, memory_mb: int, created_ns: int, origin: str) -> None:
        self.serial = serial
        self.memory_mb = memory_mb
        self.created_ns = created_ns
        self.origin = origin
        self.ended_ns: int | None = None
        self.expires_ns = 0
        self.idle = False
        self.listed_ns: int | None = None
        self.uses = 0
        self.cpu: Cpu
        self.down: Link
        self.up: Link

    @property
    def under_way(self) -> list[Due]:
        """What will be done when things that move or compute here are through."""
        both = self.down is not self.up
        return [*self.cpu.under_way, *self.down.under_way, *(self.up.under_way if both else ())]

    def quiet(self) -> None:
        """Whatever still computes or moves here is given up."""
        self.cpu.stop()
        self.down.stop()
        self.up.stop()
