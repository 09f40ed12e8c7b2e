"""The door: where calls reach the platform.

On a shared host that is one process among the others, with one core at most: taking a call is work, which competes with
all that computes there. Elsewhere a call takes its time, and nobody waits for another.
"""

from __future__ import annotations

from platforms.sections import Host
from sim.clock import Clock, Happening, to_ns
from sim.host import Guest
from sim.operation import Operation


class Door:
    """Takes the calls of one platform; ``guest`` is who does so on a shared host."""

    __slots__ = ("_clock", "_guest", "_work_ns")

    def __init__(self, clock: Clock, host: Host, guest: Guest | None) -> None:
        self._clock = clock
        self._guest = guest
        self._work_ns = to_ns(host.call_cpu_s) if guest else 0

    def take(self, operation: Operation, delay_ns: int, rank: int) -> None:
        """A call is under way for so long, and then it is taken."""
        if self._work_ns:
            operation.alone_ns += self._work_ns
            self._clock.after(delay_ns, rank, Happening(self._has_come, operation, rank))
        else:
            self._clock.after(delay_ns, rank, operation)

    def _has_come(self, happening: Happening) -> None:
        assert self._guest  # for there is work
        self._guest.compute(self._work_ns, 1.0, happening.detail, happening.about)
