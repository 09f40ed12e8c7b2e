"""The pool in real time: idle instances end when their time has passed, or by themselves; requests withdraw."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from executor.pool.instance import Instance
from executor.pool.pool import Pool
from executor.pool.waits import NO_WAIT, Waited
from platforms import Platform, load_platform

SIZE_MB = 1769


class Clock:
    """Stands still unless it is set; looks are kept."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.looks: list[tuple[int, Callable[[], None]]] = []

    def look_after(self, delay_ns: int, memory_mb: int, look: Callable[[], None]) -> None:
        self.looks.append((self.now_ns + delay_ns, look))


class Caller:
    """Somebody who asks for an instance."""

    is_prewarm = False

    def __init__(self, name: str, memory_mb: int = SIZE_MB) -> None:
        self.name = name
        self.memory_mb = memory_mb
        self.waited: Waited = NO_WAIT
        self.instance: Instance | None = None
        self.cold = False


class Bench:
    """A pool, its clock, and who was admitted, in order."""

    def __init__(self, lifetime_ns: int | None = None, **overrides: object) -> None:
        self.clock = Clock()
        self.admitted: list[str] = []
        platform: Platform = load_platform("ideal", overrides)
        self.pool: Pool[Instance] = Pool(
            platform,
            self.clock,
            admitted=self._admit,
            make=Instance,
            lifetime_ns=lambda: lifetime_ns,
            routing_u=lambda: 0.5,
        )

    def _admit(self, caller: Caller, instance: Instance, cold: bool) -> None:
        caller.instance, caller.cold = instance, cold
        self.admitted.append(caller.name)

    def ask(self, name: str, memory_mb: int = SIZE_MB) -> Caller:
        caller = Caller(name, memory_mb)
        assert self.pool.request(caller)
        return caller

    def finish(self, caller: Caller) -> Instance:
        assert caller.instance
        self.pool.finish(caller.instance)
        return caller.instance


def test_idle_instances_are_reclaimed_when_somebody_looks_after_their_time() -> None:
    bench = Bench(lifetime_ns=100)
    instance = bench.finish(bench.ask("a"))
    bench.clock.now_ns = 100
    assert bench.pool.reclaim() == 100
    assert instance.ended_ns is None  # at that very instant it would still serve
    bench.clock.now_ns = 101
    assert bench.pool.reclaim() is None
    assert instance.ended_ns == 100
    assert bench.ask("b").cold


def test_who_was_used_again_lives_on_and_is_looked_at_later() -> None:
    bench = Bench(lifetime_ns=100)
    first = bench.finish(bench.ask("a"))
    bench.clock.now_ns = 60
    again = bench.ask("b")
    assert not again.cold
    bench.clock.now_ns = 120
    assert bench.pool.reclaim() is None  # it is busy
    assert bench.finish(again) is first
    assert bench.pool.reclaim() == 220
    assert first.ended_ns is None


@pytest.mark.parametrize("routing", ["newest", "oldest", "most-recently-used", "least-recently-used", "random"])
def test_an_instance_that_is_lost_serves_nobody(routing: str) -> None:
    bench = Bench(routing=routing)
    callers = [bench.ask(name) for name in "abc"]
    instances = [bench.finish(caller) for caller in callers]
    bench.clock.now_ns = 5
    bench.pool.lose(instances[1])
    assert instances[1].ended_ns == 5
    served = [bench.ask(name) for name in "def"]
    assert sorted(caller.cold for caller in served) == [False, False, True]
    assert instances[1] not in [caller.instance for caller in served]


def test_who_withdraws_waits_no_longer_and_the_others_keep_their_order() -> None:
    bench = Bench(concurrency=1)
    first = bench.ask("first")
    for name, memory_mb in (("a", SIZE_MB), ("b", 512), ("c", SIZE_MB), ("d", 512), ("e", 256)):
        bench.ask(name, memory_mb)
    bench.pool.withdraw(lambda caller: caller.name in "ade")
    assert bench.pool.waiting == 2
    bench.finish(first)
    assert bench.admitted == ["first", "b"]


def test_a_size_nobody_waits_for_any_more_is_forgotten() -> None:
    bench = Bench(concurrency_per_size=1)
    first = bench.ask("first")
    bench.ask("waits")
    bench.pool.withdraw(lambda caller: True)
    assert not bench.pool.waiting
    bench.finish(first)
    assert not bench.ask("next").cold
    assert bench.admitted == ["first", "next"]
