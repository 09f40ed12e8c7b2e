"""An instance: one sandbox of the platform, from its start to its end."""

from __future__ import annotations

from sim.clock import Due
from sim.cpu import Cpu
from sim.host import Guest
from sim.network import Way

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
        self.cpu: Cpu | Guest | None = None
        self.down: Way | None = None
        self.up: Way | None = None

    @property
    def under_way(self) -> list[Due]:
        """What will be done when things that move or compute here are through."""
        return [due for shared in self._shared for due in shared.under_way]

    def quiet(self) -> None:
        """Whatever still computes or moves here is given up."""
        for shared in self._shared:
            shared.stop()

    @property
    def _shared(self) -> list[Cpu | Guest | Way]:
        """What its tasks and transfers share, as far as it can be shared; each once."""
        up = None if self.up is self.down else self.up
        return [shared for shared in (self.cpu, self.down, up) if shared]
