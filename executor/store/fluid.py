"""How fast transfers go that share an instance's network: like water, in the platform's words.

All that are under way have the same rate, at most a connection's; together at most the network's, which follows a
token bucket: fast while there is something in it, then sustained. Only what is faster than the sustained rate takes
from the bucket; what that leaves over fills it again, at rest in ``refill_s``. No clock is read here.
"""

from math import ceil, inf

from msgspec import Struct

_NS_PER_S = 1_000_000_000
_CRUMB_BYTES = 1e-3
"""What is too little to count."""


class Burst(Struct, frozen=True):
    """The token bucket of one instance's network."""

    burst_bytes: float
    """Bytes that a rested instance moves at the burst rate, those included that it gains meanwhile."""
    burst_bytes_per_s: float
    sustained_bytes_per_s: float
    refill_s: float
    """Rest after which the whole burst is there again."""


class Flow:
    """A transfer: from when on it moves, how much it has moved, and how much it has to."""

    __slots__ = ("begins_ns", "left_bytes", "moved_bytes")

    def __init__(self, begins_ns: int) -> None:
        self.begins_ns = begins_ns
        self.moved_bytes = 0.0
        self.left_bytes = inf
        """Infinite as long as nobody has said how much it is."""

    @property
    def is_done(self) -> bool:
        """Whether all of it has arrived, as of the last look."""
        return self.left_bytes <= _CRUMB_BYTES


class Fluid:
    """The transfers under way on one network, in one direction or in both. Rates in bytes per ns."""

    __slots__ = ("_budget", "_cap", "_depth", "_fast", "_flows", "_now_ns", "_refill", "_slow")

    def __init__(self, connection_bytes_per_s: float | None, burst: Burst | None, now_ns: int) -> None:
        self._cap = inf if connection_bytes_per_s is None else connection_bytes_per_s / _NS_PER_S
        self._slow = self._fast = inf
        self._depth = self._refill = 0.0
        if burst:
            self._slow = self._fast = burst.sustained_bytes_per_s / _NS_PER_S
            if burst.burst_bytes:
                self._fast = burst.burst_bytes_per_s / _NS_PER_S
            self._depth = burst.burst_bytes * (self._fast - self._slow) / self._fast
            self._refill = self._depth / (burst.refill_s * _NS_PER_S) / self._slow
            """What the bucket gains of each byte that the sustained rate leaves over."""
        self._budget = self._depth
        self._now_ns = now_ns
        self._flows: dict[Flow, None] = {}

    def begin(self, begins_ns: int) -> Flow:
        """A transfer that moves from then on, not before the last look; of how much is said by `settle`."""
        flow = Flow(max(begins_ns, self._now_ns))
        self._flows[flow] = None
        return flow

    def settle(self, flow: Flow, n_bytes: int) -> None:
        """Say how much a transfer has to move in all."""
        # Who moves nothing is done once he has begun.
        flow.left_bytes = max(n_bytes, 2 * _CRUMB_BYTES) - flow.moved_bytes

    def end(self, flow: Flow) -> None:
        """Forget a transfer, done or given up."""
        self._flows.pop(flow, None)

    def advance(self, now_ns: int) -> None:
        """Bring everything up to now, change by change."""
        while self._now_ns < now_ns:
            until_ns = min(now_ns, self.changes_ns or now_ns)
            self._move(until_ns - self._now_ns)
            self._now_ns = until_ns

    @property
    def changes_ns(self) -> int | None:
        """When a rate changes next, or a transfer has arrived, if nothing is added; None is never."""
        moving, rate = self._moving()
        now_ns, total = self._now_ns, rate * len(moving)
        changes = [flow.begins_ns for flow in self._flows if flow.begins_ns > now_ns]
        changes += [now_ns + _whole(flow.left_bytes, rate) for flow in moving if flow.left_bytes < inf]
        if self._budget and total > self._slow:
            changes.append(now_ns + _whole(self._budget, total - self._slow))
        return min(changes, default=None)

    def _moving(self) -> tuple[list[Flow], float]:
        """The transfers that move now, and the rate of each."""
        moving = [flow for flow in self._flows if flow.begins_ns <= self._now_ns and not flow.is_done]
        capacity = self._fast if self._budget else self._slow
        return moving, min(self._cap, capacity / max(1, len(moving)))

    def _move(self, passed_ns: int) -> None:
        moving, rate = self._moving()
        for flow in moving:
            flow.moved_bytes += rate * passed_ns
            flow.left_bytes -= rate * passed_ns
        if self._depth:
            spare = self._slow - rate * len(moving)
            gain = spare * self._refill if spare > 0 else spare
            budget = min(self._depth, self._budget + gain * passed_ns)
            self._budget = budget if budget > _CRUMB_BYTES else 0.0


def _whole(n_bytes: float, rate: float) -> int:
    """How long so much takes, rounded up to the next nanosecond; at least one, so that time passes."""
    return max(1, ceil(n_bytes / rate))
