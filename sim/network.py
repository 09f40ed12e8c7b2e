"""The network of a platform: which transfers share what, and the ways that its instances get."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from platforms import Platform
from platforms.sections import InstanceNetwork
from sim.bucket import BucketLaw
from sim.clock import Clock, Due
from sim.link import Link
from sim.parts import cap_of, parts_per_ns
from sim.trunk import Trunk


class Way(Protocol):
    """What the transfers of one instance and direction take."""

    def carry(self, n_bytes: int, rank: int, done: Due) -> None:
        """Move bytes; ``done`` happens when they have arrived. ``rank`` orders ends at one instant."""

    @property
    def under_way(self) -> list[Due]:
        """What will be done when transfers have arrived."""

    def stop(self) -> None:
        """Give up all that is under way."""


class Network:
    """Makes the ways of new instances. Where nothing is shared there is none: transfers go as if alone."""

    __slots__ = ("_down", "_up")

    def __init__(self, platform: Platform, clock: Clock) -> None:
        self._down = _maker(platform, clock)
        self._up = _maker(platform, clock) if platform.network.directions == "separate" else None

    @property
    def is_shared(self) -> bool:
        """Whether a transfer may slow another down."""
        return self._down is not None

    def ways(self) -> tuple[Way | None, Way | None]:
        """A new instance's way down and its way up; one and the same where they are joined."""
        down = self._down and self._down()
        return down, self._up() if self._up else down


def _maker(platform: Platform, clock: Clock) -> Callable[[], Way] | None:
    """What makes an instance's way in one direction; None where nothing is shared."""
    instance, cap = platform.network.instance, cap_of(platform.network.connection_bytes_per_s)
    total = platform.store_bytes_per_s
    if total is not None:
        whole = InstanceNetwork(burst_bytes=0.0, burst_bytes_per_s=total, sustained_bytes_per_s=total, refill_s=1.0)
        # An instance without a network of its own could take the whole store.
        return Trunk(clock, parts_per_ns(total), cap, BucketLaw(instance or whole)).branch
    if instance is not None:
        law = BucketLaw(instance)
        return lambda: Link(clock, cap, law)
    return None
