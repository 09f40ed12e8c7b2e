"""An instance in virtual time: what its tasks and transfers share."""

from __future__ import annotations

from executor.pool.instance import Instance as AnyInstance
from sim.clock import Due
from sim.cpu import Cpu
from sim.host import Guest
from sim.network import Way


class Instance(AnyInstance):
    """One simulated sandbox."""

    __slots__ = ("cpu", "down", "has_run", "up")

    def __init__(self, serial: int, memory_mb: int, created_ns: int, origin: str) -> None:
        super().__init__(serial, memory_mb, created_ns, origin)
        self.cpu: Cpu | Guest | None = None
        self.down: Way | None = None
        self.up: Way | None = None
        self.has_run = origin == "initial"
        """Whether a task has run on it; those that a run finds were just used."""

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
