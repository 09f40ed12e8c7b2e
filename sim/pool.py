"""The pool: instances from their start to their end, and who gets one.

invoke → admission → start (cold or warm) → busy → idle → reclaimed. Whether a start is cold is read from the pool
at that instant. Who is over a limit waits, or is refused, as the platform says.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, TypeAlias

from platforms import Platform
from sim.clock import ADMISSION, Clock, Happening, to_ns
from sim.cpu import Cpu
from sim.draws import Cause, geometric_half, stream
from sim.fleet import Fleet
from sim.host import Host
from sim.instance import Instance
from sim.network import Network
from sim.queue import Queue, Request
from sim.waits import Limit, Waits

_LOOK = ADMISSION - (1 << 95)
"""Rank of a look at the queue when a ramp lets a new instance through: before the calls of that instant."""

Admitted: TypeAlias = "Callable[[Any, Instance, bool], None]"
"""Told of a request, its instance from now on, and whether that was made for it (cold) or found idle."""


class Pool:
    """All instances of one platform, shared by every run on it."""

    def __init__(self, platform: Platform, clock: Clock, seed: int, admitted: Admitted) -> None:
        self._admitted = admitted
        self._platform = platform
        self._clock = clock
        self._lifetime_ns = _lifetime(platform, seed)
        self._routing_u = stream(seed, Cause.ROUTING, lambda u: u)
        self._fleets: dict[int, Fleet] = {}
        self._queue = Queue()
        self._waits = Waits()
        self._looks: list[tuple[int, int]] = []
        """When a ramp lets the first of a line that is shut through, and the size: a heap."""
        self._fair = platform.cpu.sharing == "fair"
        self._host = Host(clock, platform.host.cores, fair=self._fair) if platform.host.cores else None
        self.network = Network(platform, clock)
        self.limit = platform.limits.concurrency or math.inf
        self.active = 0
        self.instances: list[Instance] = []
        for idle in platform.pool.initial:
            for _ in range(idle.count):
                instance = self._make(idle.memory_mb, "initial")
                self._fleet(idle.memory_mb).put(instance, clock.now_ns, self._lifetime_ns())

    def request(self, request: Request) -> bool:
        """Ask for an instance: True if it was given or the request waits for one, False if it is refused."""
        if self._queue.n and self._queue.holds(request.memory_mb):
            self._wait(request)
            return True
        limit = self._admit(request)
        if limit is None:
            return True
        if self._platform.limits.over_limit == "refuse":
            return False
        self._wait(request)
        self._pump()
        return True

    def finish(self, instance: Instance) -> None:
        """A busy instance is idle again; whoever waits is served."""
        instance.quiet()
        fleet = self._fleets[instance.memory_mb]
        fleet.put(instance, self._clock.now_ns, self._lifetime_ns())
        self._leave(instance.memory_mb, fleet)

    def kill(self, instance: Instance) -> None:
        """A busy instance is gone."""
        instance.ended_ns = self._clock.now_ns
        instance.quiet()
        self._leave(instance.memory_mb, self._fleets[instance.memory_mb])

    def close(self) -> None:
        """The simulation is over: every idle instance ends where its keep-alive does."""
        for instance in self.instances:
            if instance.idle and instance.ended_ns is None:
                instance.ended_ns = instance.expires_ns

    @property
    def waiting(self) -> int:
        """Requests in the queue."""
        return self._queue.n

    def limit_on(self, memory_mb: int) -> Limit:
        """What holds up the first of a size that waits."""
        fleet = self._fleet(memory_mb)
        if self.active >= self.limit:
            return Limit.CONCURRENCY
        return Limit.SIZE_CONCURRENCY if fleet.active >= fleet.limit else Limit.RAMP

    # admission --------------------------------------------------------------------------------------------

    def _admit(self, request: Request) -> Limit | None:
        """Give an instance; or else the first limit that is against it."""
        memory_mb, now_ns = request.memory_mb, self._clock.now_ns
        fleet = self._fleets.get(memory_mb) or self._fleet(memory_mb)
        if self.active >= self.limit:
            return Limit.CONCURRENCY
        if fleet.active >= fleet.limit:
            return Limit.SIZE_CONCURRENCY
        instance = fleet.take(now_ns, self._routing_u)
        cold = instance is None
        if instance is None:
            if fleet.ramp and not fleet.ramp.take(now_ns):
                return Limit.RAMP
            instance = self._make(memory_mb, "prewarm" if request.is_prewarm else "cold")
        self.active += 1
        fleet.active += 1
        if self._queue.n:
            self._note(memory_mb, fleet)
        instance.uses += 1
        self._admitted(request, instance, cold)
        return None

    def _leave(self, memory_mb: int, fleet: Fleet) -> None:
        """An instance is no longer busy."""
        self.active -= 1
        fleet.active -= 1
        if self._queue.n:
            self._note(memory_mb, fleet)
            self._queue.open(memory_mb)
            self._pump()

    # the queue --------------------------------------------------------------------------------------------

    def _wait(self, request: Request) -> None:
        """Queue, with the watches as they stand."""
        memory_mb, now_ns = request.memory_mb, self._clock.now_ns
        self._note(memory_mb, self._fleets[memory_mb])
        self._queue.put(request, self._waits.ticket(memory_mb, now_ns))

    def _note(self, memory_mb: int, fleet: Fleet) -> None:
        """Somebody waits, and how many are busy has changed."""
        full, size_full = self.active >= self.limit, fleet.active >= fleet.limit
        self._waits.note(memory_mb, self._clock.now_ns, full=full, size_full=size_full)

    def _pump(self) -> None:
        """Serve who waits, first come first; a size that cannot be served does not hold up the others."""
        queue, now_ns = self._queue, self._clock.now_ns
        while self._looks and self._looks[0][0] <= now_ns:
            queue.open(heappop(self._looks)[1])
        while self.active < self.limit and (first := queue.first()):
            request, ticket = first
            limit = self._admit(request)
            if limit is None:
                request.waited = self._waits.since(ticket, request.memory_mb, now_ns)
                queue.served()
            else:
                queue.shut()
                if limit is Limit.RAMP:
                    self._plan_look(request.memory_mb)

    def _plan_look(self, memory_mb: int) -> None:
        """Look again when the ramp lets the next new instance of the size through."""
        fleet, now_ns = self._fleets[memory_mb], self._clock.now_ns
        assert fleet.ramp is not None
        at_ns = now_ns + fleet.ramp.wait_ns(now_ns)
        if at_ns != fleet.looks_ns:
            fleet.looks_ns = at_ns
            heappush(self._looks, (at_ns, memory_mb))
            self._clock.after(at_ns - now_ns, _LOOK + memory_mb, Happening(self._look))

    def _look(self, _: Happening) -> None:
        self._pump()

    # instances --------------------------------------------------------------------------------------------

    def _fleet(self, memory_mb: int) -> Fleet:
        fleet = self._fleets.get(memory_mb)
        if fleet is None:
            fleet = self._fleets[memory_mb] = Fleet(self._platform, memory_mb)
        return fleet

    def _make(self, memory_mb: int, origin: str) -> Instance:
        platform, clock = self._platform, self._clock
        instance = Instance(len(self.instances), memory_mb, clock.now_ns, origin)
        if self._host:
            instance.cpu = self._host.guest(platform.vcpus(memory_mb))
        elif platform.slots(memory_mb) > 1:
            instance.cpu = Cpu(clock, platform.vcpus(memory_mb), fair=self._fair)
        instance.down, instance.up = self.network.ways()
        self.instances.append(instance)
        return instance


def _lifetime(platform: Platform, seed: int) -> Callable[[], int | None]:
    """A source of idle lifetimes, in ns; None is forever."""
    keep_alive = platform.keep_alive
    if keep_alive.kind == "fixed":
        fixed = None if math.isinf(keep_alive.duration_s) else to_ns(keep_alive.duration_s)
        return lambda: fixed
    if keep_alive.kind == "half_life":
        periods = stream(seed, Cause.KEEP_ALIVE, geometric_half)
        half_life_s = keep_alive.half_life_s
        return lambda: to_ns(half_life_s * periods())
    durations = stream(seed, Cause.KEEP_ALIVE, keep_alive.duration.draw_s)
    return lambda: to_ns(durations())
