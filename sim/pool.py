"""The pool: instances from their start to their end, and who gets one.

invoke → admission → start (cold or warm) → busy → idle → reclaimed. Whether a start is cold is read from the pool
at that instant. Expiry needs no event: an idle instance whose time has passed is found gone when one is looked
for (one that expires at that very instant still serves), and its end is recorded where it was.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, TypeAlias

from platforms import Platform
from sim.clock import ADMISSION, NS_PER_S, Clock, Happening, to_ns
from sim.cpu import Cpu, Host
from sim.draws import Cause, geometric_half, stream
from sim.instance import FOREVER_NS, Instance
from sim.link import Link
from sim.queue import Queue, Request
from sim.routing import Shelf, make_shelf

_RAMP = ADMISSION + (1 << 95)
"""Rank of a look at the queue when a ramp lets a new instance through: after the calls of that instant."""

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
        self._shelves: dict[int, Shelf] = {}
        self._expiries: dict[int, list[tuple[int, int]]] = {}
        self._queue = Queue()
        self._tokens: dict[int, _Tokens] = {}
        self._fair = platform.cpu.sharing == "fair"
        self._host = Host(clock, platform.host.cores, fair=self._fair) if platform.host.cores else None
        self._pumps_planned: set[int] = set()
        self.limit = platform.limits.concurrency or math.inf
        self.active = 0
        self.instances: list[Instance] = []
        for idle in platform.pool.initial:
            for _ in range(idle.count):
                self._shelve(self._make(idle.memory_mb, "initial"))

    def request(self, request: Request) -> bool:
        """Ask for an instance: True if it was given or the request waits for one, False if it is refused."""
        if not self._queue.holds(request.memory_mb) and self._admit(request):
            return True
        if self._platform.limits.over_limit == "refuse":
            return False
        self._queue.put(request)
        self._plan_pump(request.memory_mb)
        return True

    def finish(self, instance: Instance) -> None:
        """A busy instance is idle again; whoever waits is served."""
        self.active -= 1
        instance.quiet()
        self._shelve(instance)
        if self._queue:
            self._pump()

    def kill(self, instance: Instance) -> None:
        """A busy instance is gone."""
        self.active -= 1
        instance.ended_ns = self._clock.now_ns
        instance.quiet()
        if self._queue:
            self._pump()

    def close(self) -> None:
        """The simulation is over: every idle instance ends where its keep-alive does."""
        for instance in self.instances:
            if instance.idle and instance.ended_ns is None:
                instance.ended_ns = instance.expires_ns

    @property
    def waiting(self) -> int:
        """Requests in the queue."""
        return len(self._queue)

    # admission --------------------------------------------------------------------------------------------

    def _admit(self, request: Request) -> bool:
        if self.active >= self.limit:
            return False
        instance = self._take_idle(request.memory_mb)
        cold = instance is None
        if instance is None:
            if not self._token(request.memory_mb):
                return False
            instance = self._make(request.memory_mb, "prewarm" if request.is_prewarm else "cold")
        self.active += 1
        instance.uses += 1
        self._admitted(request, instance, cold)
        return True

    def _pump(self) -> None:
        """Serve who waits, first come first; a size whose ramp is exhausted does not hold up the others."""
        exhausted: set[int] = set()
        while self.active < self.limit and (request := self._queue.first(exhausted)):
            if self._admit(request):
                self._queue.remove(request)
            else:
                exhausted.add(request.memory_mb)
                self._plan_pump(request.memory_mb)

    def _plan_pump(self, memory_mb: int) -> None:
        """Look again when the ramp lets the next new instance of the size through."""
        ramped = self._platform.limits.ramp_per_s is not None
        if ramped and memory_mb not in self._pumps_planned and self.active < self.limit:
            self._pumps_planned.add(memory_mb)
            delay_ns = self._bucket(memory_mb).wait_ns(self._clock.now_ns)
            self._clock.after(delay_ns, _RAMP + memory_mb, Happening(self._pumped, memory_mb))

    def _pumped(self, happening: Happening) -> None:
        self._pumps_planned.discard(happening.about)
        self._pump()

    def _token(self, memory_mb: int) -> bool:
        if self._platform.limits.ramp_per_s is None:
            return True
        return self._bucket(memory_mb).take(self._clock.now_ns)

    def _bucket(self, memory_mb: int) -> _Tokens:
        if memory_mb not in self._tokens:
            limits = self._platform.limits
            assert limits.ramp_per_s is not None
            self._tokens[memory_mb] = _Tokens(limits.ramp_per_s, limits.ramp_burst or 1)
        return self._tokens[memory_mb]

    # idle instances ---------------------------------------------------------------------------------------

    def _take_idle(self, memory_mb: int) -> Instance | None:
        shelf = self._shelves.get(memory_mb)
        if shelf is None:
            return None
        self._reclaim(memory_mb, shelf)
        instance = shelf.take(self._routing_u)
        if instance is not None:
            instance.idle = False
        return instance

    def _reclaim(self, memory_mb: int, shelf: Shelf) -> None:
        """Take the instances off the shelf whose time passed before now."""
        expiries, now_ns = self._expiries[memory_mb], self._clock.now_ns
        while expiries and expiries[0][0] < now_ns:
            looked_ns, serial = heappop(expiries)
            instance = self.instances[serial]
            if looked_ns != instance.listed_ns:
                continue
            instance.listed_ns = None
            if not instance.idle:
                continue
            if instance.expires_ns < now_ns:
                instance.idle = False
                instance.ended_ns = instance.expires_ns
                shelf.remove(instance)
            else:
                self._list(instance)

    def _shelve(self, instance: Instance) -> None:
        if instance.memory_mb not in self._shelves:
            self._shelves[instance.memory_mb] = make_shelf(self._platform.routing)
            self._expiries[instance.memory_mb] = []
        lifetime_ns = self._lifetime_ns()
        instance.idle = True
        instance.expires_ns = FOREVER_NS if lifetime_ns is None else self._clock.now_ns + lifetime_ns
        listed_ns = instance.listed_ns
        if lifetime_ns is not None and (listed_ns is None or instance.expires_ns < listed_ns):
            self._list(instance)
        self._shelves[instance.memory_mb].put(instance)

    def _list(self, instance: Instance) -> None:
        """One entry that counts an instance, not later than its end; it moves on when found too early."""
        instance.listed_ns = instance.expires_ns
        heappush(self._expiries[instance.memory_mb], (instance.expires_ns, instance.serial))

    def _make(self, memory_mb: int, origin: str) -> Instance:
        clock, network = self._clock, self._platform.network
        instance = Instance(len(self.instances), memory_mb, clock.now_ns, origin)
        instance.cpu = Cpu(clock, self._platform.vcpus(memory_mb), fair=self._fair, host=self._host)
        instance.down = Link(clock, network)
        instance.up = Link(clock, network) if network.directions == "separate" else instance.down
        self.instances.append(instance)
        return instance


class _Tokens:
    """A token bucket of whole tokens, counted in exact ns."""

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
