"""The ramp: how fast new instances of a size may come into being."""

from __future__ import annotations

from executor.pool.clock import NS_PER_S


class Ramp:
    """A token bucket of whole tokens, counted in exact ns; full at first."""

    __slots__ = ("_burst_ns", "_full_at_ns", "_interval_ns")

    def __init__(self, per_s: float, burst: int) -> None:
        self._interval_ns = round(NS_PER_S / per_s)
        self._burst_ns = (burst - 1) * self._interval_ns
        self._full_at_ns = 0

    def wait_ns(self, now_ns: int) -> int:
        """How long until there is a token."""
        return max(0, self._full_at_ns - self._burst_ns - now_ns)

    def take(self, now_ns: int) -> bool:
        """Take a token if there is one."""
        if self.wait_ns(now_ns):
            return False
        self._full_at_ns = max(self._full_at_ns, now_ns) + self._interval_ns
        return True
