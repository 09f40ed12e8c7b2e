"""An instance as the pool sees it: one sandbox of the platform, from its start to its end."""

from __future__ import annotations

from typing import TypeVar

FOREVER_NS = -1
"""The end of an instance that is never reclaimed."""


class Instance:
    """One sandbox. ``expires_ns`` holds while it is idle; at ``listed_ns`` the pool will see whether it has passed."""

    __slots__ = (
        "created_ns",
        "ended_ns",
        "expires_ns",
        "idle",
        "listed_ns",
        "memory_mb",
        "origin",
        "serial",
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

    def quiet(self) -> None:
        """Whatever it still does is given up."""

    def end(self, at_ns: int) -> None:
        """It is no more."""
        self.ended_ns = at_ns


InstanceT = TypeVar("InstanceT", bound=Instance)
"""The instances of one kind of pool."""
