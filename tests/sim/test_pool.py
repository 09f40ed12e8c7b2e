"""Admission, ramp, routing and keep-alive: by hand on small cases, and by the rules on random ones."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.pool.instance import FOREVER_NS
from platforms import Platform
from sim.clock import NS_PER_S
from tests.sim.queueing import pool_platform
from tests.sim.watched_pool import Caller, WatchedPool

SMALL_MB, LARGE_MB = 1024, 2048


def served(platform: Platform, *calls: tuple[float, int, float]) -> list[tuple[float, int, bool]]:
    """Calls (at, size, busy for) in seconds; when each was admitted, to which instance, and whether cold."""
    callers = [Caller(round(at_s * NS_PER_S), mb, round(busy_s * NS_PER_S)) for at_s, mb, busy_s in calls]
    WatchedPool(platform, callers).run()
    return [
        (caller.admitted_ns / NS_PER_S, caller.instance.serial, caller.cold)
        for caller in callers
        if caller.admitted_ns is not None and caller.instance is not None
    ]


def test_sizes_do_not_serve_each_other() -> None:
    assert served(pool_platform(), (0, SMALL_MB, 1), (2, LARGE_MB, 1), (4, SMALL_MB, 1)) == [
        (0, 0, True),
        (2, 1, True),
        (4, 0, False),
    ]


def test_one_still_starting_serves_nobody_else() -> None:
    """The second call comes while the instance of the first is busy: it gets one of its own."""
    assert served(pool_platform(), (0, SMALL_MB, 5), (1, SMALL_MB, 1)) == [(0, 0, True), (1, 1, True)]


def test_an_instance_freed_at_the_instant_of_a_call_serves_it() -> None:
    assert served(pool_platform(), (0, SMALL_MB, 5), (5, SMALL_MB, 1)) == [(0, 0, True), (5, 0, False)]


def test_the_queue_is_first_come_first_served_over_all_sizes() -> None:
    """One at a time: the large one came second, so it is second."""
    platform = pool_platform(concurrency=1)
    assert served(platform, (0, SMALL_MB, 3), (1, LARGE_MB, 3), (2, SMALL_MB, 3)) == [
        (0, 0, True),
        (3, 1, True),
        (6, 0, False),
    ]


def test_a_ramp_lets_new_instances_through_one_by_one() -> None:
    """Two at once, then one each 10 s; the warm start at 25 s takes no token."""
    platform = pool_platform(limits={"ramp_per_s": 0.1, "ramp_burst": 2})
    calls = [(0.0, SMALL_MB, 100.0)] * 4 + [(25.0, SMALL_MB, 100.0)]
    assert served(platform, *calls) == [(0, 0, True), (0, 1, True), (10, 2, True), (20, 3, True), (30, 4, True)]


def test_who_waits_for_a_ramp_takes_an_instance_that_becomes_idle() -> None:
    platform = pool_platform(limits={"ramp_per_s": 0.1, "ramp_burst": 1})
    assert served(platform, (0, SMALL_MB, 4), (1, SMALL_MB, 1)) == [(0, 0, True), (4, 0, False)]


def test_an_exhausted_ramp_does_not_hold_up_another_size() -> None:
    """The small size waits for its ramp until 10 s; the large one has a ramp of its own and comes at 1 s."""
    platform = pool_platform(limits={"ramp_per_s": 0.1, "ramp_burst": 1})
    assert served(platform, (0, SMALL_MB, 50), (0, SMALL_MB, 50), (1, LARGE_MB, 50)) == [
        (0, 0, True),
        (10, 2, True),
        (1, 1, True),
    ]


def test_nobody_overtakes_who_waits_for_a_ramp() -> None:
    """The next token comes at 10 s, and so does the third call; it is the second call's, and the third gets 20 s."""
    platform = pool_platform(limits={"ramp_per_s": 0.1, "ramp_burst": 1})
    calls = [(0, SMALL_MB, 50), (1, SMALL_MB, 50), (10, SMALL_MB, 50)]
    assert served(platform, *calls) == [(0, 0, True), (10, 1, True), (20, 2, True)]


def test_random_routing_prefers_nobody() -> None:
    """Four idle instances, 4,000 calls one after the other: each serves a quarter, within 3.5 standard errors."""
    platform = pool_platform(routing="random", initial=[{"memory_mb": SMALL_MB, "count": 4}])
    chosen = [serial for _, serial, _ in served(platform, *((2 * k, SMALL_MB, 1) for k in range(4_000)))]
    for serial in range(4):
        assert abs(chosen.count(serial) - 1_000) < 3.5 * (4_000 * 0.25 * 0.75) ** 0.5


def test_each_size_is_looked_at_when_its_own_ramp_says_so() -> None:
    """The large size's token comes at 10 s, though the queue is already waiting for the small one's at 19 s."""
    platform = pool_platform(limits={"ramp_per_s": 0.1, "ramp_burst": 1})
    calls = [(0, LARGE_MB, 50), (9, SMALL_MB, 50), (9, SMALL_MB, 50), (9.5, LARGE_MB, 50)]
    assert served(platform, *calls) == [(0, 0, True), (9, 1, True), (19, 3, True), (10, 2, True)]


def test_idle_instances_that_a_run_begins_with_are_used_first() -> None:
    platform = pool_platform(initial=[{"memory_mb": SMALL_MB, "count": 1}])
    assert served(platform, (0, SMALL_MB, 1), (0, SMALL_MB, 1)) == [(0, 0, False), (0, 1, True)]


# by the rules, on random cases ----------------------------------------------------------------------------

whole_s = st.integers(0, 6).map(lambda s: s * NS_PER_S)
keep_alives: st.SearchStrategy[object] = st.one_of(
    st.sampled_from([0.0, 1.0, 3.0, float("inf")]).map(lambda s: {"kind": "fixed", "duration_s": s}),
    st.sampled_from([1.0, 2.0]).map(lambda s: {"kind": "half_life", "half_life_s": s}),
    st.just({"kind": "distribution", "duration": {"kind": "uniform", "low_s": 0.0, "high_s": 6.0}}),
    st.just({"kind": "distribution", "duration": {"kind": "empirical", "samples_s": [0.0, 1.0, 4.0]}}),
)


@st.composite
def platforms(draw: st.DrawFn) -> Platform:
    limits: dict[str, object] = {
        "concurrency": draw(st.sampled_from([None, 1, 2, 4])),
        "concurrency_per_size": draw(st.sampled_from([None, None, 1, 2])),
        "concurrency_of_sizes": [
            {"memory_mb": mb, "concurrency": draw(st.sampled_from([None, 1, 3]))}
            for mb in draw(st.lists(st.sampled_from([SMALL_MB, LARGE_MB]), max_size=2, unique=True))
        ],
        "over_limit": draw(st.sampled_from(["queue", "refuse"])),
    }
    if draw(st.booleans()):
        limits |= {
            "ramp_per_s": draw(st.sampled_from([0.2, 1.0, 2.0])),
            "ramp_burst": draw(st.integers(1, 3)),
        }
    initial = draw(st.lists(st.sampled_from([SMALL_MB, LARGE_MB]), max_size=2, unique=True))
    routing = draw(st.sampled_from(["newest", "oldest", "most-recently-used", "least-recently-used", "random"]))
    return pool_platform(
        limits=limits,
        routing=routing,
        keep_alive=draw(keep_alives),
        initial=[{"memory_mb": mb, "count": draw(st.integers(1, 2))} for mb in initial],
    )


@st.composite
def calls(draw: st.DrawFn) -> Sequence[Caller]:
    at_ns, made = 0, []
    for _ in range(draw(st.integers(1, 25))):
        at_ns += draw(whole_s) // draw(st.sampled_from([1, 2, 6]))
        size_mb = draw(st.sampled_from([SMALL_MB, LARGE_MB]))
        made.append(Caller(at_ns, size_mb, draw(whole_s), draw(st.booleans())))
    return made


@given(platforms(), calls(), st.integers(0, 3))
def test_every_admission_follows_the_rules(platform: Platform, callers: Sequence[Caller], seed: int) -> None:
    watched = WatchedPool(platform, callers, seed).run()
    assert not watched.waiting
    assert not watched.busy
    for caller in callers:
        assert list(caller.waited) == caller.held_up_ns
        assert caller.refused or caller.admitted_ns == caller.at_ns + sum(caller.waited)
    instances = watched.pool.instances
    n_initial = sum(entry.count for entry in platform.pool.initial)
    assert len(instances) == n_initial + sum(caller.cold for caller in callers)
    for instance in instances:
        used = [c.admitted_ns + c.busy_ns for c in callers if c.instance is instance and c.admitted_ns is not None]
        last_ns = max(used, default=instance.created_ns)
        assert instance.uses == len(used)
        judge_end(platform, instance.ended_ns, last_ns)


def judge_end(platform: Platform, ended_ns: int | None, last_ns: int) -> None:
    """An instance ends its keep-alive after its last use."""
    match platform.keep_alive.kind:
        case "fixed":
            endless = platform.keep_alive.duration_s == float("inf")
            expected = FOREVER_NS if endless else last_ns + round(platform.keep_alive.duration_s * NS_PER_S)
            assert ended_ns == expected
        case "half_life":
            assert ended_ns is not None
            periods = (ended_ns - last_ns) / (platform.keep_alive.half_life_s * NS_PER_S)
            assert periods == int(periods) >= 1
        case "distribution":
            assert ended_ns is not None
            assert last_ns <= ended_ns <= last_ns + 6 * NS_PER_S


@pytest.mark.parametrize("duration_s", [2.0, 60.0])
@given(callers=calls(), routing=st.sampled_from(["newest", "oldest", "most-recently-used", "least-recently-used"]))
def test_a_longer_fixed_keep_alive_never_adds_cold_starts(
    duration_s: float, callers: Sequence[Caller], routing: str
) -> None:
    """For open calls, whose times and lengths do not depend on how they start; random routing rolls other dice."""

    def cold_starts(keep_alive_s: float) -> int:
        again = [Caller(c.at_ns, c.memory_mb, c.busy_ns) for c in callers]
        WatchedPool(pool_platform(routing=routing, keep_alive_s=keep_alive_s), again).run()
        return sum(caller.cold for caller in again)

    shorter = [cold_starts(s) for s in (0.0, duration_s / 2, duration_s)]
    assert shorter == sorted(shorter, reverse=True)
