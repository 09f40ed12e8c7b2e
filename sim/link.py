"""The link: one instance's network in one direction, and the transfers that share it.

Inside an instance n transfers get equal rates, min(connection cap, capacity / n). The capacity is the burst
rate until the burst's bytes are used up, then the sustained one; the burst is refilled while nothing moves.
Equal rates mean one virtual clock: each transfer ends at a fixed reading of "bytes served to everyone".
"""

from __future__ import annotations

import math
from heapq import heappop, heappush

from platforms.sections import Network
from sim.alarm import Alarm
from sim.clock import NS_PER_S, SLACK_NS, Clock, Due, whole_ns


class Link:
    """Transfers under way. Rates in bytes per ns; ``served`` is the virtual clock, in bytes per transfer."""

    __slots__ = (
        "_alarm",
        "_budget",
        "_burst",
        "_burst_rate",
        "_cap",
        "_clock",
        "_flows",
        "_full",
        "_rate",
        "_refill",
        "_served",
        "_sustained_rate",
        "_updated_ns",
    )

    def __init__(self, clock: Clock, network: Network) -> None:
        self._clock = clock
        self._cap = _per_ns(network.connection_bytes_per_s)
        instance = network.instance
        self._burst_rate = _per_ns(instance.burst_bytes_per_s) if instance else math.inf
        self._sustained_rate = _per_ns(instance.sustained_bytes_per_s) if instance else math.inf
        self._full = float(instance.burst_bytes) if instance else math.inf
        self._refill = self._full / (instance.refill_s * NS_PER_S) if instance else 0.0
        self._budget = self._full
        self._flows: list[tuple[float, int, Due]] = []
        self._served = 0.0
        self._rate = 0.0
        self._updated_ns = 0
        self._alarm = Alarm(clock, self._rang)

    def carry(self, n_bytes: int, rank: int, done: Due) -> None:
        """Move bytes; ``done`` happens when they have arrived. ``rank`` orders ends at one instant."""
        self._advance()
        heappush(self._flows, (self._served + n_bytes, rank, done))
        self._plan()

    @property
    def under_way(self) -> list[Due]:
        """What will be done when transfers have arrived."""
        return [done for _, _, done in self._flows]

    def stop(self) -> None:
        """Give up all that is under way."""
        if self._flows:
            self._advance()
            self._flows.clear()
            self._plan()

    def _advance(self) -> None:
        """Bring the virtual clock and the burst's budget up to now."""
        now_ns = self._clock.now_ns
        passed = now_ns - self._updated_ns
        self._updated_ns = now_ns
        if not passed:
            return
        if not self._flows:
            self._budget = min(self._full, self._budget + self._refill * passed)
            return
        served = self._rate * passed
        self._served += served
        if self._budget:
            self._budget = max(0.0, self._budget - served * len(self._flows))
            if self._budget <= self._full * 1e-9:
                self._budget = 0.0

    def _plan(self) -> None:
        """Set the common rate and see to it that the next end of a transfer or of the burst is scheduled."""
        flows = self._flows
        if not flows:
            self._served = 0.0
            self._alarm.stop()
            return
        n, burst_left = len(flows), self._budget
        rate = min(self._cap, (self._burst_rate if burst_left else self._sustained_rate) / n)
        target, rank, _ = flows[0]
        delay = 0 if rate == math.inf else max(0, whole_ns((target - self._served) / rate))
        if burst_left and self._sustained_rate < rate * n < math.inf:
            delay = min(delay, max(1, math.ceil(burst_left / (rate * n))))
        self._rate = rate
        self._alarm.set(delay, rank)

    def _rang(self) -> None:
        """A transfer or the burst has ended."""
        self._advance()
        flows = self._flows
        # What the clock, which is whole, could not tell from arrived counts as arrived.
        arrived = self._served * (1 + 1e-12) + (self._rate * 2 * SLACK_NS if self._rate != math.inf else math.inf)
        done: list[tuple[int, Due]] = []
        while flows and flows[0][0] <= arrived:
            done.append(heappop(flows)[1:])
        self._plan()
        for _, transfer in sorted(done, key=_by_rank) if len(done) > 1 else done:
            transfer.happen()


def _by_rank(entry: tuple[int, Due]) -> int:
    return entry[0]


def _per_ns(bytes_per_s: float | None) -> float:
    return math.inf if bytes_per_s is None else bytes_per_s / NS_PER_S
