"""A pool under watch: a book is kept beside it, and every admission is judged by the rules, instance by instance.

The book is kept the slow way, with lists that are searched from end to end, so that it shares no idea with the pool.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from executor.pool.instance import FOREVER_NS
from executor.pool.waits import NO_WAIT, Waited
from platforms import Platform
from sim.clock import ADMISSION, IDLE, NS_PER_S, Clock, Happening
from sim.instance import Instance
from sim.pool import Pool


@dataclass
class Caller:
    """Somebody who comes at a time and then wants an instance of a size for a while."""

    at_ns: int
    memory_mb: int
    busy_ns: int
    is_prewarm: bool = False
    admitted_ns: int | None = None
    instance: Instance | None = None
    cold: bool = False
    refused: bool = False
    waited: Waited = NO_WAIT
    held_up_ns: list[int] = field(default_factory=lambda: [0, 0, 0])
    """By the book: for the account's concurrency, the size's, the ramp."""


@dataclass
class Bucket:
    """Tokens of one size, counted as exact fractions."""

    per_ns: Fraction
    depth: int
    tokens: Fraction = field(init=False)
    at_ns: int = 0

    def __post_init__(self) -> None:
        self.tokens = Fraction(self.depth)

    def refill(self, now_ns: int) -> None:
        self.tokens = min(Fraction(self.depth), self.tokens + self.per_ns * (now_ns - self.at_ns))
        self.at_ns = now_ns


class WatchedPool:
    """Carries out callers on a pool and asserts the rules of admission, routing and keep-alive as it goes."""

    def __init__(self, platform: Platform, callers: Sequence[Caller], seed: int = 0) -> None:
        self.platform = platform
        self.clock = Clock()
        self.busy: list[Instance] = []
        self.idle: list[Instance] = []
        """In the order of their last use."""
        self.waiting: list[Caller] = []
        self.looked_ns = 0
        self.buckets: dict[int, Bucket] = {}
        self.callers = callers
        self.pool = Pool(platform, self.clock, seed, self.admitted)
        self.idle += self.pool.instances
        for number, caller in enumerate(callers):
            self.clock.after(caller.at_ns, ADMISSION + number, Happening(self.arrived, caller))

    def run(self) -> WatchedPool:
        """Until all that can be served have been."""
        self.clock.run()
        self.judge_waiting()
        self.pool.close()
        return self

    # what happens -----------------------------------------------------------------------------------------

    def arrived(self, happening: Happening) -> None:
        caller: Caller = happening.about
        self.time_passes()
        self.judge_waiting()
        self.waiting.append(caller)
        could_wait = self.platform.limits.over_limit == "queue"
        if not self.pool.request(caller):
            assert not could_wait, "refused although the platform queues"
            assert self.over_limit(caller.memory_mb), "refused although there was room"
            self.waiting.remove(caller)
            caller.refused = True
        assert could_wait or caller not in self.waiting, "queued although the platform refuses"
        self.judge_waiting()

    def admitted(self, caller: Caller, instance: Instance, cold: bool) -> None:
        self.time_passes()
        assert not self.over_limit(caller.memory_mb), "admitted over a limit"
        for earlier in self.waiting[: self.waiting.index(caller)]:
            assert earlier.memory_mb != caller.memory_mb, "served before an earlier caller of its size"
            assert self.over_limit(earlier.memory_mb), "served before an earlier caller who could be"
        self.waiting.remove(caller)
        candidates = self.warm(caller.memory_mb)
        if cold:
            assert not candidates, "a cold start although an instance was idle"
            assert instance.origin == ("prewarm" if caller.is_prewarm else "cold")
            if bucket := self.bucket(caller.memory_mb):
                bucket.tokens -= 1
        else:
            assert instance in candidates, "served by an instance that was not idle"
            self.judge_routing(instance, candidates)
            self.idle.remove(instance)
        assert instance not in self.busy
        assert instance.memory_mb == caller.memory_mb
        self.busy.append(instance)
        caller.admitted_ns, caller.instance, caller.cold = self.clock.now_ns, instance, cold
        self.clock.after(caller.busy_ns, IDLE + instance.serial, Happening(self.left, instance))

    def left(self, happening: Happening) -> None:
        instance: Instance = happening.about
        self.time_passes()
        self.busy.remove(instance)
        self.idle.append(instance)
        self.pool.finish(instance)
        self.judge_waiting()

    # what must hold ---------------------------------------------------------------------------------------

    def warm(self, memory_mb: int) -> list[Instance]:
        """Idle instances of a size that have not expired: at the very instant they still serve."""
        now_ns = self.clock.now_ns
        return [
            instance
            for instance in self.idle
            if instance.memory_mb == memory_mb and (instance.expires_ns == FOREVER_NS or instance.expires_ns >= now_ns)
        ]

    def over_limit(self, memory_mb: int) -> bool:
        if self.is_full() or self.is_full(memory_mb):
            return True
        bucket = self.bucket(memory_mb)
        return bucket is not None and bucket.tokens < 1 and not self.warm(memory_mb)

    def is_full(self, memory_mb: int | None = None) -> bool:
        """Whether as many as may be are busy: of a size, or in all."""
        limits = self.platform.limits
        most = limits.concurrency if memory_mb is None else limits.concurrency_of(memory_mb)
        busy = [instance for instance in self.busy if memory_mb in (None, instance.memory_mb)]
        return most is not None and len(busy) >= most

    def time_passes(self) -> None:
        """Since the last look each of those who wait was held up by the first limit that was reached."""
        now_ns = self.clock.now_ns
        for caller in self.waiting:
            limit = 0 if self.is_full() else 1 if self.is_full(caller.memory_mb) else 2
            caller.held_up_ns[limit] += now_ns - self.looked_ns
        self.looked_ns = now_ns

    def judge_waiting(self) -> None:
        """Nobody waits although there is room."""
        for memory_mb in sorted({caller.memory_mb for caller in self.waiting}):
            assert self.over_limit(memory_mb), f"somebody waits for {memory_mb} MB although there is room"

    def judge_routing(self, chosen: Instance, candidates: list[Instance]) -> None:
        match self.platform.routing:
            case "newest":
                assert chosen is max(candidates, key=lambda instance: instance.serial)
            case "oldest":
                assert chosen is min(candidates, key=lambda instance: instance.serial)
            case "most-recently-used":
                assert chosen is candidates[-1]
            case "least-recently-used":
                assert chosen is candidates[0]

    def bucket(self, memory_mb: int) -> Bucket | None:
        limits = self.platform.limits
        if limits.ramp_per_s is None:
            return None
        if memory_mb not in self.buckets:
            self.buckets[memory_mb] = Bucket(Fraction(str(limits.ramp_per_s)) / NS_PER_S, limits.ramp_burst or 1)
        bucket = self.buckets[memory_mb]
        bucket.refill(self.clock.now_ns)
        return bucket
