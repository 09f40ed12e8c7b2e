"""A branch: one instance's network in one direction, where all instances share the store (`sim.trunk`).

While the trunk's level is the bottleneck, its transfers are on the trunk's clock. While the instance is the bottleneck
it is a link like any other, with a clock of its own. Crossing over, what is left of each transfer stays the same.
"""

from __future__ import annotations

from typing import Protocol

from sim.bucket import BucketLaw
from sim.clock import Clock, Due
from sim.link import Link


class Shared(Protocol):
    """What a branch asks of its trunk."""

    def carry(self, branch: Branch, n_bytes: int, rank: int, done: Due) -> None:
        """Move bytes on the trunk's clock."""

    def stop(self, branch: Branch) -> None:
        """Give up all that a branch has on the trunk's clock."""

    def changed(self, branch: Branch) -> None:
        """A branch with a clock of its own may have another capacity, or other transfers."""


class Branch(Link):
    """One instance's transfers in one direction; ``is_own`` tells whether they are on a clock of their own."""

    __slots__ = ("_trunk", "counted", "crossings", "empty_at", "is_own", "serial", "transfers")

    def __init__(self, clock: Clock, cap: int, law: BucketLaw, trunk: Shared, serial: int) -> None:
        super().__init__(clock, cap, law)
        self._trunk = trunk
        self.serial = serial
        self.is_own = False
        self.crossings = 0
        """Tells what the trunk has noted of it since its last crossing from what is past."""
        self.transfers: dict[int, tuple[int, Due]] = {}
        """Its transfers on the trunk's clock: by rank, where they end, and what happens then."""
        self.empty_at = 0
        """While it is on the trunk's clock: the reading at which its bucket is empty (`sim.bursts`)."""
        self.counted = 0
        """While its clock is its own: what the trunk has set aside for it."""

    def carry(self, n_bytes: int, rank: int, done: Due) -> None:
        """Move bytes; ``done`` happens when they have arrived. ``rank`` orders ends at one instant."""
        if self.is_own:
            super().carry(n_bytes, rank, done)
        else:
            self._trunk.carry(self, n_bytes, rank, done)

    def stop(self) -> None:
        """Give up all that is under way."""
        super().stop()
        if self.transfers:
            self._trunk.stop(self)

    @property
    def under_way(self) -> list[Due]:
        """What will be done when transfers have arrived."""
        return super().under_way + [done for _, done in self.transfers.values()]

    def _plan(self) -> None:
        super()._plan()
        self._trunk.changed(self)

    @property
    def limit(self) -> int:
        """What each of its transfers gets on its own clock."""
        return self._rate

    @property
    def capacity(self) -> int:
        """What its transfers get together on its own clock, if their connections let them."""
        return self.bucket.capacity

    # crossing ---------------------------------------------------------------------------------------------

    def part(self, served: int) -> None:
        """Go on with a clock of its own, from what the trunk's clock has served; the bucket was put to rest."""
        self.is_own = True
        self.crossings += 1
        self.flows = sorted((target, rank, done) for rank, (target, done) in self.transfers.items())
        self.transfers.clear()
        self.served = served
        self._updated_ns = self._clock.now_ns
        super()._plan()

    def join(self, served: int) -> None:
        """Go on with the trunk's clock."""
        self._advance()
        self._alarm.stop()
        self.is_own = False
        self.crossings += 1
        shift = served - self.served
        self.transfers = {rank: (target + shift, done) for target, rank, done in self.flows}
        self.flows = []
