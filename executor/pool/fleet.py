"""A fleet: the instances of one size, idle ones and how many are not, and what limits their number.

Expiry needs no event: an idle instance whose time has passed is found gone when one is looked for (one that expires
at that very instant still serves), and its end is recorded where it was. In real time somebody looks then (`reclaim`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Generic

from executor.pool.instance import FOREVER_NS, InstanceT
from executor.pool.ramp import Ramp
from executor.pool.routing import Shelf, make_shelf
from platforms import Platform


class Fleet(Generic[InstanceT]):
    """The instances of one size."""

    __slots__ = ("_expiries", "_shelf", "active", "limit", "looks_ns", "ramp")

    def __init__(self, platform: Platform, memory_mb: int) -> None:
        limits = platform.limits
        self._shelf: Shelf[InstanceT] = make_shelf(platform.routing)
        self._expiries: list[tuple[int, int, InstanceT]] = []
        self.active = 0
        """Busy or starting."""
        self.limit = limits.concurrency_of(memory_mb) or math.inf
        self.ramp = Ramp(limits.ramp_per_s, limits.ramp_burst or 1) if limits.ramp_per_s else None
        self.looks_ns = -1
        """When the pool will look whether the ramp lets somebody through, the last time it planned to."""

    def take(self, now_ns: int, u: Callable[[], float]) -> InstanceT | None:
        """The idle instance that serves next, if there is one; ``u`` gives uniform numbers to who draws."""
        if self._expiries:
            self.reclaim(now_ns)
        instance = self._shelf.take(u)
        if instance is not None:
            instance.idle = False
        return instance

    def put(self, instance: InstanceT, now_ns: int, lifetime_ns: int | None) -> None:
        """An instance is idle from now on, for so long unless it is wanted before; None is forever."""
        instance.idle = True
        instance.expires_ns = FOREVER_NS if lifetime_ns is None else now_ns + lifetime_ns
        listed_ns = instance.listed_ns
        if lifetime_ns is not None and (listed_ns is None or instance.expires_ns < listed_ns):
            self._list(instance)
        self._shelf.put(instance)

    def reclaim(self, now_ns: int) -> None:
        """Take the instances off the shelf whose time passed before now."""
        expiries = self._expiries
        while expiries and expiries[0][0] < now_ns:
            looked_ns, _, instance = heappop(expiries)
            if looked_ns != instance.listed_ns:
                continue
            instance.listed_ns = None
            if not instance.idle:
                continue
            if instance.expires_ns < now_ns:
                instance.idle = False
                instance.end(instance.expires_ns)
                self._shelf.remove(instance)
            else:
                self._list(instance)

    @property
    def looks_for_ends_ns(self) -> int | None:
        """When an idle instance may have to go, at the earliest; None: none has to."""
        return self._expiries[0][0] if self._expiries else None

    def lose(self, instance: InstanceT) -> None:
        """An idle instance is gone by itself."""
        instance.idle = False
        self._shelf.remove(instance)

    def _list(self, instance: InstanceT) -> None:
        """One entry that counts an instance, not later than its end; it moves on when found too early."""
        instance.listed_ns = instance.expires_ns
        heappush(self._expiries, (instance.expires_ns, instance.serial, instance))
