"""The pool in virtual time: its instances compute and move data in the simulator's ways, and its luck is the seed's."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from executor.pool.keep_alive import lifetimes
from executor.pool.pool import Pool as AnyPool
from platforms import Platform
from sim.clock import Clock
from sim.cpu import Cpu
from sim.door import Door
from sim.draws import Cause, stream
from sim.host import Host
from sim.instance import Instance
from sim.network import Network

Admitted: TypeAlias = "Callable[[Any, Instance, bool], None]"
"""Told of a request, its instance from now on, and whether that was made for it (cold) or found idle."""


class Pool(AnyPool[Instance]):
    """All simulated instances of one platform, shared by every run on it."""

    def __init__(self, platform: Platform, clock: Clock, seed: int, admitted: Admitted) -> None:
        fair = platform.cpu.sharing == "fair"
        self._host = Host(clock, platform.host.cores, fair=fair) if platform.host.cores else None
        self.door = Door(clock, platform.host, self._host.guest(1.0) if self._host else None)
        self.network = Network(platform, clock)

        def make(serial: int, memory_mb: int, now_ns: int, origin: str) -> Instance:
            instance = Instance(serial, memory_mb, now_ns, origin)
            if self._host:
                instance.cpu = self._host.guest(platform.vcpus(memory_mb))
            elif platform.slots(memory_mb) > 1:
                instance.cpu = Cpu(clock, platform.vcpus(memory_mb), fair=fair)
            instance.down, instance.up = self.network.ways()
            return instance

        super().__init__(
            platform,
            clock,
            admitted=admitted,
            make=make,
            lifetime_ns=lifetimes(platform.keep_alive, partial(stream, seed, Cause.KEEP_ALIVE)),
            routing_u=stream(seed, Cause.ROUTING, lambda u: u),
        )
