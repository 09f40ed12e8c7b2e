"""One instance's network: equal shares, and a burst that is used up and comes back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms import Platform
from sim.clock import NS_PER_S, to_ns
from tests.sim.flows import Flow, simulated_ends
from tests.sim.fluid import Bucket
from tests.sim.queueing import pool_platform
from tests.sim.small import fetching_tasks, run_on_one
from tests.sim.tree import Fluid, Tree

MB = 1_000_000


def network(
    burst: float = 0.0, fast: float = 100.0, slow: float = 100.0, refill_s: float = 1.0, cap: float | None = None
) -> Platform:
    """A platform whose instances have such a network: bytes, bytes per second, seconds."""
    instance = {
        "burst_bytes": burst,
        "burst_bytes_per_s": fast,
        "sustained_bytes_per_s": slow,
        "refill_s": refill_s,
    }
    return pool_platform(instance=instance, connection_bytes_per_s=cap)


def ends_ns(transfers: Sequence[tuple[int, int]], of: Platform) -> list[int]:
    """When transfers (begin in ns, bytes) of one instance end."""
    ends = simulated_ends(of, [Flow(at_ns, n_bytes, 0) for at_ns, n_bytes in transfers])
    return [ends[number] for number in range(len(transfers))]


def ends_s(transfers: Sequence[tuple[float, int]], of: Platform) -> list[float]:
    return [ns / NS_PER_S for ns in ends_ns([(to_ns(at_s), n_bytes) for at_s, n_bytes in transfers], of)]


@pytest.mark.parametrize(
    ("transfers", "expected_s"),
    [
        ([(0.0, 150), (0.0, 300)], [3.0, 4.5]),
        ([(0.0, 200), (1.0, 200)], [3.0, 4.0]),
        ([(0.0, 500), (1.0, 100)], [6.0, 3.0]),
        ([(0.0, 10), (0.1, 90)], [0.1, 1.0]),
    ],
)
def test_equal_shares_of_one_link(transfers: Sequence[tuple[float, int]], expected_s: Sequence[float]) -> None:
    """One link, 100 bytes a second (SimGrid's and DSLab's examples)."""
    assert ends_s(transfers, network()) == list(expected_s)


def test_a_connection_is_no_faster_than_its_cap() -> None:
    """Cap 40 of 100: alone and in pairs 40 each; of three, 33⅓ each until the shortest ends at 1.2 s, then 40."""
    assert ends_s([(0.0, 40)], network(cap=40)) == [1.0]
    assert ends_s([(0.0, 40), (0.0, 80)], network(cap=40)) == [1.0, 2.0]
    assert ends_s([(0.0, 40), (0.0, 80), (0.0, 80)], network(cap=40)) == [1.2, 2.2, 2.2]


@pytest.mark.parametrize(
    ("n_bytes", "expected_s"),
    [(150, 0.15), (300, 0.3), (400, 0.3 + 100 / 50), (1_300, 0.3 + 1_000 / 50)],
)
def test_a_burst_then_what_is_sustained(n_bytes: int, expected_s: float) -> None:
    """300 bytes at 1,000 a second, then 50 a second: B/b + (N − B)/s."""
    assert ends_s([(0.0, n_bytes)], network(300, 1_000, 50)) == pytest.approx([expected_s], abs=1.1e-9)


def test_a_burst_is_shared_like_the_rest() -> None:
    """Two of 200 bytes: 300 bytes are gone at .3 s, 150 each; the other 50 each come at 25 a second: 2.3 s."""
    assert ends_s([(0.0, 200), (0.0, 200)], network(300, 1_000, 50)) == pytest.approx([2.3, 2.3], abs=2e-9)


@pytest.mark.parametrize(
    ("rest_s", "second_s"),
    [(0.0, 300 / 50), (1.0, 0.1 + 200 / 50), (2.0, 0.2 + 100 / 50), (3.0, 0.3), (7.0, 0.3)],
)
def test_a_burst_comes_back_with_rest(rest_s: float, second_s: float) -> None:
    """The 300 bytes are used up at .3 s; a second 300 come after a rest, in which 100 bytes a second come back."""
    of = network(300, 1_000, 50, refill_s=3.0)
    begin_s = 0.3 + rest_s
    assert ends_s([(0.0, 300), (begin_s, 300)], of)[1] == pytest.approx(begin_s + second_s, abs=2e-9)


def test_what_is_left_of_a_burst_is_kept() -> None:
    """100 bytes used, .3 s of rest give 30 back: 230 at 1,000 a second, and 70 at 50."""
    of = network(300, 1_000, 50, refill_s=3.0)
    assert ends_s([(0.0, 100), (0.4, 300)], of)[1] == pytest.approx(0.4 + 0.23 + 70 / 50, abs=2e-9)


def test_a_burst_of_nothing_is_no_burst() -> None:
    assert ends_s([(0.0, 100)], network(0.0, 1_000, 50)) == [2.0]


def test_nothing_to_move_takes_no_time() -> None:
    assert ends_ns([(7, 0), (0, 100)], network()) == [7, NS_PER_S]


def test_bytes_by_the_terabyte_end_as_they_should() -> None:
    """A relative tolerance: an absolute one in bytes would never be met."""
    ended = ends_s([(0.0, 10**13), (0.0, 10**13 + 7)], network(fast=77e6, slow=77e6))
    assert ended == pytest.approx([2 * 10**13 / 77e6, (2 * 10**13 + 7) / 77e6], rel=1e-12)


# end to end: up and down apart, or together ---------------------------------------------------------------


@pytest.mark.parametrize(("directions", "both_s"), [("separate", 1.0), ("joined", 1.5)])
def test_directions(directions: str, both_s: float) -> None:
    """Task a makes 1 MB while b's input of 1 MB comes; the network moves 1 MB a second.

    ::

        0        1        2       2.5
        |- a runs -|- a's result goes up -|
                 |- b's input comes -|            (b is ready at .5 s, when its control parent c is done)

    Joined: from .5 on b's input alone, from 1 on both at half the rate. b's input ends at .5 + 1.5 = 2.0, when
    a's result has 500 kB left and the way to itself: 2.5. Separate: 1.5 and 2.0.
    """
    instance = {"burst_bytes": 0.0, "burst_bytes_per_s": 1e6, "sustained_bytes_per_s": 1e6, "refill_s": 1.0}
    platform = pool_platform(instance=instance, directions=directions, cpu={"slots": 3}, mb_per_vcpu=500.0)
    run = run_on_one(fetching_tasks(MB), platform)
    ended = dict(zip(run.transfers["object"], run.transfers["end_s"], strict=True))
    assert ended == {"in": 0.5 + both_s, "out": 1.5 + both_s - 0.5}
    assert run.makespan_s == 1.0 + both_s


# against the fluid ----------------------------------------------------------------------------------------

rates = st.integers(1, 40).map(lambda tens: 10 * tens)


@st.composite
def networks(draw: st.DrawFn) -> tuple[Bucket, int | None]:
    slow = draw(rates)
    bucket = Bucket(
        burst=Fraction(draw(st.integers(0, 500))),
        fast=Fraction(slow + draw(st.just(0) | rates)),
        slow=Fraction(slow),
        refill=Fraction(draw(st.sampled_from([1, 3, 10]))),
    )
    return bucket, draw(st.none() | rates)


transfers = st.tuples(st.integers(0, 3 * NS_PER_S) | st.just(0), st.integers(0, 1_000))


@given(networks(), st.lists(transfers, min_size=1, max_size=8))
def test_a_link_is_a_fluid(of: tuple[Bucket, int | None], moved: list[tuple[int, int]]) -> None:
    """To the nanosecond, but for events that are each up to one late."""
    bucket, cap = of
    flows = [Flow(at_ns, n_bytes, 0) for at_ns, n_bytes in moved]
    exact = Fluid(Tree(None if cap is None else Fraction(cap), bucket, None), flows).run()
    section = network(float(bucket.burst), float(bucket.fast), float(bucket.slow), float(bucket.refill), cap)
    late_ns = len(flows) * (4 + float(bucket.fast / bucket.slow))
    for number, found in enumerate(ends_ns(moved, section)):
        expected_ns = exact[number] * NS_PER_S
        assert math.floor(expected_ns) - late_ns <= found <= math.ceil(expected_ns) + late_ns
