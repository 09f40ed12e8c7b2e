"""The pool: instances from their start to their end, and who gets one.

invoke → admission → start (cold or warm) → busy → idle → reclaimed. Whether a start is cold is read from the pool
at that instant. Who is over a limit waits, or is refused, as the platform says.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, Generic

from executor.pool.clock import Clock
from executor.pool.fleet import Fleet
from executor.pool.instance import InstanceT
from executor.pool.queue import Queue, Request
from executor.pool.waits import Limit, Waits
from platforms import Platform


class Pool(Generic[InstanceT]):
    """All instances of one platform, shared by every run on it.

    ``admitted`` is told of a request, its instance from now on, and whether that was made for it (cold) or found idle.
    ``make`` makes an instance, given its number, memory in MB, time of birth in ns and origin. ``lifetime_ns`` says how
    long an instance lives that has become idle (None: for ever), ``routing_u`` gives uniform numbers to who draws.
    """

    def __init__(
        self,
        platform: Platform,
        clock: Clock,
        *,
        admitted: Callable[[Any, InstanceT, bool], None],
        make: Callable[[int, int, int, str], InstanceT],
        lifetime_ns: Callable[[], int | None],
        routing_u: Callable[[], float],
    ) -> None:
        self._admitted = admitted
        self._make_instance = make
        self._platform = platform
        self._clock = clock
        self._lifetime_ns = lifetime_ns
        self._routing_u = routing_u
        self._fleets: dict[int, Fleet[InstanceT]] = {}
        self._queue = Queue()
        self._waits = Waits()
        self._looks: list[tuple[int, int]] = []
        """When a ramp lets the first of a line that is shut through, and the size: a heap."""
        self.limit = platform.limits.concurrency or math.inf
        self.active = 0
        self.instances: list[InstanceT] = []
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

    def finish(self, instance: InstanceT) -> None:
        """A busy instance is idle again; whoever waits is served."""
        instance.quiet()
        fleet = self._fleets[instance.memory_mb]
        fleet.put(instance, self._clock.now_ns, self._lifetime_ns())
        self._leave(instance.memory_mb, fleet)

    def kill(self, instance: InstanceT) -> None:
        """A busy instance is gone."""
        instance.end(self._clock.now_ns)
        instance.quiet()
        self._leave(instance.memory_mb, self._fleets[instance.memory_mb])

    def lose(self, instance: InstanceT) -> None:
        """An idle instance is gone by itself."""
        instance.end(self._clock.now_ns)
        self._fleets[instance.memory_mb].lose(instance)

    def withdraw(self, unwanted: Callable[[Any], bool]) -> None:
        """Requests that wait, and that nobody wants any more, wait no longer."""
        self._queue.withdraw(unwanted)

    def reclaim(self) -> int | None:
        """End idle instances whose time has passed; when to look again, at the latest (ns), if ever."""
        now_ns, fleets = self._clock.now_ns, self._fleets.values()
        for fleet in fleets:
            fleet.reclaim(now_ns)
        return min((at_ns for fleet in fleets if (at_ns := fleet.looks_for_ends_ns) is not None), default=None)

    def close(self) -> None:
        """Nobody will ask for an instance any more: every idle one ends where its keep-alive does."""
        for instance in self.instances:
            if instance.idle and instance.ended_ns is None:
                instance.end(instance.expires_ns)

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

    def _leave(self, memory_mb: int, fleet: Fleet[InstanceT]) -> None:
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

    def _note(self, memory_mb: int, fleet: Fleet[InstanceT]) -> None:
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
            self._clock.look_after(at_ns - now_ns, memory_mb, self._pump)

    # instances --------------------------------------------------------------------------------------------

    def _fleet(self, memory_mb: int) -> Fleet[InstanceT]:
        fleet = self._fleets.get(memory_mb)
        if fleet is None:
            fleet = self._fleets[memory_mb] = Fleet(self._platform, memory_mb)
        return fleet

    def _make(self, memory_mb: int, origin: str) -> InstanceT:
        instance = self._make_instance(len(self.instances), memory_mb, self._clock.now_ns, origin)
        self.instances.append(instance)
        return instance
