"""CPU sharing: published cases, cases by hand, and random ones against an exact fluid.

The proportional cases are DSLab-faas's (its tests of CPU slowdown), where a share is a demand in cores and a
duration is the time alone, so the work is share · duration.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.clock import ARRIVAL, NS_PER_S, Clock, Happening, to_ns
from sim.cpu import Cpu, water_fill
from sim.host import Host
from tests.sim.fluid import Work, cpu_rates, fluid_ends
from tests.sim.queueing import pool_platform
from tests.sim.small import independent_tasks, run_on_one

Job = tuple[float, float, float]
"""Begins at (s), demand (cores), time alone (s)."""

FIVE_AND_FIVE = [(0.0, 2.0, 1.0)] * 5 + [(0.0, 3.0, 2.0)] * 5
FIVE_THEN_FIVE = [(0.0, 3.0, 2.0)] * 5 + [(0.5, 2.0, 2.0)] * 5
TEN_OF_ONE = [(0.0, 1.0, 1.0)] * 10

PUBLISHED = [
    pytest.param("proportional", 7.0, FIVE_AND_FIVE, [3.5714286] * 5 + [5.7142857] * 5, id="all at once"),
    pytest.param("proportional", 7.0, FIVE_THEN_FIVE, [6.8095238] * 5 + [7.1428571] * 5, id="half a second apart"),
    pytest.param("proportional", 4.0, TEN_OF_ONE, [2.5] * 10, id="ten on four"),
    pytest.param("fair", 7.0, FIVE_AND_FIVE, [2.8571429] * 5 + [5.7142857] * 5, id="fair instead"),
    pytest.param("fair", 4.0, TEN_OF_ONE, [2.5] * 10, id="fair among equals"),
]


def ends_ns(works: Sequence[Work], vcpus: Sequence[float], *, fair: bool, cores: float | None = None) -> list[int]:
    """When the simulator ends each; a group is an instance."""
    clock = Clock()
    host = Host(clock, cores, fair=fair) if cores else None
    cpus = [host.guest(each) if host else Cpu(clock, each, fair=fair) for each in vcpus]
    ends: dict[int, int] = {}

    def begin(happening: Happening) -> None:
        number: int = happening.about
        work = works[number]
        done = Happening(lambda done: ends.update({done.about: clock.now_ns}), number)
        cpus[work.group].compute(float(work.amount), float(work.cap), number, done)

    for number, work in enumerate(works):
        clock.after(int(work.at), ARRIVAL + number, Happening(begin, number))
    clock.run()
    return [ends[number] for number in range(len(works))]


@pytest.mark.parametrize(("sharing", "vcpus", "jobs", "ends_s"), PUBLISHED)
def test_published(sharing: str, vcpus: float, jobs: Sequence[Job], ends_s: Sequence[float]) -> None:
    works = [Work(Fraction(to_ns(at)), Fraction(to_ns(share * s)), Fraction(share)) for at, share, s in jobs]
    ended = ends_ns(works, [vcpus], fair=sharing == "fair")
    assert [ns / NS_PER_S for ns in ended] == pytest.approx(list(ends_s), rel=1e-7)


@pytest.mark.parametrize(("sharing", "vcpus", "jobs", "ends_s"), PUBLISHED)
def test_published_end_to_end(sharing: str, vcpus: float, jobs: Sequence[Job], ends_s: Sequence[float]) -> None:
    """All tasks on one worker with ten slots; who comes later begins with input and output that needs no CPU."""
    platform = pool_platform(
        cpu={"sharing": sharing, "slots": 10},
        sizes={"mb_per_vcpu": 1769 / vcpus, "max_vcpus": None},
    )
    workflow = independent_tasks([(at, share * s, share) for at, share, s in jobs])
    tasks = run_on_one(workflow, platform).tasks
    assert dict(zip(tasks["task"], tasks["end_s"], strict=True)) == pytest.approx(
        {f"t{i}": end for i, end in enumerate(ends_s)}, rel=1e-7
    )


def test_a_single_slot_is_not_shared() -> None:
    """Ten of one second on a worker with one slot of four vCPUs: one after the other, on one vCPU each."""
    platform = pool_platform(cpu={"slots": 1}, sizes={"mb_per_vcpu": 1769 / 4, "max_vcpus": None})
    run = run_on_one(independent_tasks([(0.0, 1.0, 1.0)] * 10), platform)
    assert sorted(run.tasks["end_s"].tolist()) == [float(k) for k in range(1, 11)]


def test_the_rest_of_a_fair_share_goes_to_who_can_use_it() -> None:
    """4 vCPUs, parallelism 1 and 8: 1 and 3. Work 2 and 9: the first ends at 2, the second at 2 + 3/4 = 2.75."""
    works = [
        Work(Fraction(0), Fraction(2 * NS_PER_S), Fraction(1)),
        Work(Fraction(0), Fraction(9 * NS_PER_S), Fraction(8)),
    ]
    assert ends_ns(works, [4.0], fair=True) == [2 * NS_PER_S, to_ns(2.75)]


def test_instances_on_a_host_get_cores_by_their_vcpus() -> None:
    """Six cores under instances of 1, 2 and 3 · 2 vCPUs, one greedy task each: cores 1·⅔, 2·⅔ … of 9 vCPUs.

    Weights 1 : 2 : 6 over 6 cores: rates 2/3, 4/3, 4. With work 2/3, 4/3 + 2, 4 + 16 (in vCPU-seconds):
    at 1 the first ends; then 2 : 6 over 6 cores: 1.5 and 4.5 (below their 2 and 6). The second ends at
    1 + 2/1.5 = 2.3333; the third has 16 − 6 = 10 left and gets all 6: it ends at 4.
    """
    work = [Fraction(2, 3), Fraction(10, 3), Fraction(20)]
    works = [Work(Fraction(0), amount * NS_PER_S, Fraction(8), group) for group, amount in enumerate(work)]
    ended = ends_ns(works, [1.0, 2.0, 6.0], fair=True, cores=6.0)
    assert [ns / NS_PER_S for ns in ended] == pytest.approx([1.0, 7 / 3, 4.0], abs=5e-9)


def test_a_hundred_instances_on_one_core() -> None:
    """Instance k of n has k s to compute. While n are left each second of work takes n: k ends at k·n − k(k − 1)/2."""
    n = 100
    works = [Work(Fraction(0), Fraction((k + 1) * NS_PER_S), Fraction(1), k) for k in range(n)]
    ended = ends_ns(works, [1.0] * n, fair=True, cores=1.0)
    assert ended == [(k * n - k * (k - 1) // 2) * NS_PER_S for k in range(1, n + 1)]


def test_instances_that_need_less_than_the_level_do_not_slow_down() -> None:
    """Two cores under two instances of 2 vCPUs with one single task each (1 vCPU), and a third that could use 2.

    Needs ½, ½ and 1 per vCPU, level ⅓: rates ⅔ each. With 2, 1 and 4 to compute the second ends at 1.5; then the
    level is ½: 1 and 1. The first ends at 1.5 + 1 = 2.5; the third has 4 − 1 − 1 = 2 left, on both cores: 3.5.
    """
    jobs = ((2, 1), (1, 1), (4, 8))
    works = [Work(Fraction(0), Fraction(w * NS_PER_S), Fraction(p), group) for group, (w, p) in enumerate(jobs)]
    ended = ends_ns(works, [2.0, 2.0, 2.0], fair=True, cores=2.0)
    assert [ns / NS_PER_S for ns in ended] == pytest.approx([2.5, 1.5, 3.5], abs=5e-9)


def test_a_host_with_cores_for_all_changes_nothing() -> None:
    works = [Work(Fraction(0), Fraction(3 * NS_PER_S), Fraction(2), group) for group in (0, 1)]
    assert ends_ns(works, [1.0, 2.0], fair=True, cores=3.0) == ends_ns(works, [1.0, 2.0], fair=True)


def test_a_host_is_shared_end_to_end() -> None:
    """Two workers of one vCPU on a host with one core, 1 s of work each: both take 2 s; alone one takes 1 s."""
    platform = pool_platform(cores=1.0)
    run = run_on_one(independent_tasks([(0.0, 1.0, 1.0)] * 2), platform, n_workers=2)
    assert run.tasks["end_s"].tolist() == pytest.approx([2.0, 2.0], abs=2e-9)
    assert run.tasks["alone_s"].tolist() == [1.0, 1.0]


def test_a_task_without_work_ends_at_once() -> None:
    works = [Work(Fraction(5), Fraction(0), Fraction(1)), Work(Fraction(0), Fraction(20), Fraction(1))]
    assert ends_ns(works, [1.0], fair=True) == [5, 20]


def test_who_is_stopped_leaves_its_cores_to_others() -> None:
    """Two instances on one core; the first is gone after 1 s, half of its work done: the other ends at 1.5 s."""
    clock = Clock()
    host = Host(clock, 1.0, fair=True)
    gone, other = host.guest(1.0), host.guest(1.0)
    ends: list[tuple[str, int]] = []

    def done(name: str) -> Happening:
        return Happening(lambda _: ends.append((name, clock.now_ns)))

    gone.compute(NS_PER_S, 1.0, 0, done("gone"))
    other.compute(NS_PER_S, 1.0, 1, done("other"))
    clock.after(NS_PER_S, ARRIVAL, Happening(lambda _: gone.stop()))
    clock.run()
    assert ends == [("other", 3 * NS_PER_S // 2)]


# against the fluid ----------------------------------------------------------------------------------------

demands = st.integers(1, 12).map(lambda quarters: Fraction(quarters, 4))
sizes = st.integers(1, 24).map(lambda quarters: Fraction(quarters, 4))


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Work], list[Fraction], Fraction | None]:
    """Works of up to a second on up to five instances, on a host or not."""
    vcpus = draw(st.lists(sizes, min_size=1, max_size=5))
    cores = draw(st.none() | sizes)
    work = st.builds(
        Work,
        at=st.integers(0, NS_PER_S).map(Fraction) | st.just(Fraction(0)),
        amount=st.integers(0, NS_PER_S).map(Fraction),
        cap=demands,
        group=st.integers(0, len(vcpus) - 1),
    )
    return draw(st.lists(work, min_size=1, max_size=12)), vcpus, cores


@given(cases(), st.booleans())
def test_sharing_is_that_of_a_fluid(case: tuple[list[Work], list[Fraction], Fraction | None], fair: bool) -> None:
    """Ends are whole nanoseconds, rounded up: each event may be that much late, and so may what it lets go on."""
    works, vcpus, cores = case
    exact = fluid_ends(works, cpu_rates(vcpus, cores, fair=fair))
    ended = ends_ns(works, [float(v) for v in vcpus], fair=fair, cores=float(cores) if cores else None)
    for expected, found in zip(exact, ended, strict=True):
        assert math.floor(expected) <= found <= math.ceil(expected) + 4 * len(works)


@given(sizes, st.lists(st.tuples(demands, demands), min_size=1, max_size=6))
def test_water_is_level(capacity: Fraction, users: list[tuple[Fraction, Fraction]]) -> None:
    """All is given out, nobody gets more than its cap, and who gets less than another for its weight is at its cap."""
    caps, weights = [float(cap) for cap, _ in users], [float(weight) for _, weight in users]
    rates = water_fill(float(capacity), caps, weights)
    assert math.fsum(rates) == pytest.approx(min(float(capacity), math.fsum(caps)))
    level = max(rate / weight for rate, weight in zip(rates, weights, strict=True))
    for rate, cap, weight in zip(rates, caps, weights, strict=True):
        assert rate <= cap
        assert rate == pytest.approx(cap) or rate / weight == pytest.approx(level)
