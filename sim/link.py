"""The link: one instance's network in one direction, where only its own transfers share it.

n transfers get equal rates, min(connection cap, capacity / n); the capacity follows the instance's token bucket.
Equal rates mean one virtual clock: each transfer ends at a fixed reading of "served to everyone".
"""

from __future__ import annotations

from heapq import heappop, heappush

from sim.alarm import Alarm, tell
from sim.bucket import Bucket, BucketLaw
from sim.clock import Clock, Due
from sim.parts import PARTS, slack, whole_ns_of


class Link:
    """Transfers under way. ``served`` is the virtual clock, in parts per transfer; rates in parts per ns."""

    __slots__ = ("_alarm", "_cap", "_clock", "_rate", "_updated_ns", "bucket", "flows", "served")

    def __init__(self, clock: Clock, cap: int, law: BucketLaw) -> None:
        self._clock = clock
        self._cap = cap
        self.bucket = Bucket(law)
        self._rate = 0
        self._updated_ns = 0
        self._alarm = Alarm(clock, self._rang)
        self.flows: list[tuple[int, int, Due]] = []
        self.served = 0

    def carry(self, n_bytes: int, rank: int, done: Due) -> None:
        """Move bytes; ``done`` happens when they have arrived. ``rank`` orders ends at one instant."""
        self._advance()
        heappush(self.flows, (self.served + n_bytes * PARTS, rank, done))
        self._plan()

    @property
    def under_way(self) -> list[Due]:
        """What will be done when transfers have arrived."""
        return [done for _, _, done in self.flows]

    def stop(self) -> None:
        """Give up all that is under way."""
        if self.flows:
            self._advance()
            self.flows.clear()
            self._plan()

    def _advance(self) -> None:
        """Bring the virtual clock up to now."""
        now_ns = self._clock.now_ns
        self.served += self._rate * (now_ns - self._updated_ns)
        self._updated_ns = now_ns

    def _plan(self) -> None:
        """Set the common rate; see to it that the next end, of a transfer or of the burst, is scheduled."""
        flows, bucket, now_ns = self.flows, self.bucket, self._clock.now_ns
        bucket.advance(now_ns)
        n = len(flows)
        if not n:
            self.served = self._rate = 0
            bucket.moves(0)
            self._alarm.stop()
            return
        total = min(bucket.capacity, self._cap * n)
        self._rate = rate = total // n or 1
        burst_ns = bucket.moves(total)
        target, rank, _ = flows[0]
        delay_ns = whole_ns_of(target - self.served, rate)
        self._alarm.set(delay_ns if burst_ns is None else min(delay_ns, burst_ns), rank)

    def _rang(self) -> None:
        """A transfer or the burst has ended."""
        self._advance()
        flows, arrived = self.flows, self.served + slack(self._rate)
        ended: list[tuple[int, Due]] = []
        while flows and flows[0][0] <= arrived:
            ended.append(heappop(flows)[1:])
        self._plan()
        tell(self._clock, ended)
