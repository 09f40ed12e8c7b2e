"""The store shared by all instances: known answers, and a fluid in fractions on random networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import sim.network
from platforms import Platform
from sim.branch import Branch
from sim.clock import NS_PER_S, to_ns
from sim.trunk import Trunk
from tests.sim.flows import Flow, Kill, Moved, simulated_ends
from tests.sim.fluid import Bucket
from tests.sim.queueing import pool_platform
from tests.sim.small import fork_join, run_on_one
from tests.sim.tree import Fluid, Tree

INSTANCE = {"burst_bytes": 300.0, "burst_bytes_per_s": 1_000.0, "sustained_bytes_per_s": 50.0, "refill_s": 3.0}


def store(total: float | None, **network: object) -> Platform:
    """A platform whose transfers share so many bytes per second in each direction."""
    return pool_platform(**{"network.model": "shared", "store.total_bytes_per_s": total, **network})


def ends_s(transfers: Sequence[tuple[float, int, int]], platform: Platform) -> list[float]:
    """When transfers (begin in s, bytes, instance) end."""
    flows = [Flow(to_ns(at_s), n_bytes, instance) for at_s, n_bytes, instance in transfers]
    ends = simulated_ends(platform, flows)
    return [ends[number] / NS_PER_S for number in range(len(flows))]


# known answers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("instances", [(0, 0), (0, 1)])
@pytest.mark.parametrize(
    ("transfers", "expected_s"),
    [
        ([(0.0, 150), (0.0, 300)], [3.0, 4.5]),
        ([(0.0, 200), (1.0, 200)], [3.0, 4.0]),
        ([(0.0, 500), (1.0, 100)], [6.0, 3.0]),
        ([(0.0, 10), (0.1, 90)], [0.1, 1.0]),
    ],
)
def test_equal_shares_of_one_store(
    transfers: Sequence[tuple[float, int]], expected_s: Sequence[float], instances: Sequence[int]
) -> None:
    """100 bytes a second for all, whether one instance moves them or two (SimGrid's and DSLab's examples)."""
    moved = [(*transfer, instance) for transfer, instance in zip(transfers, instances, strict=True)]
    assert ends_s(moved, store(100.0)) == list(expected_s)


def test_what_a_slow_instance_leaves_is_for_the_others() -> None:
    """100 for all, 20 for each instance: b moves five things, five others one each.

    Of 100/10 each, b's five can take but 20/5 = 4: 40 bytes take 10 s. The others share 80, 16 each: 160 bytes take
    10 s, too.
    """
    instance = dict(INSTANCE, burst_bytes=0.0, sustained_bytes_per_s=20.0, burst_bytes_per_s=20.0)
    transfers = [(0.0, 40, 1)] * 5 + [(0.0, 160, who) for who in (0, 2, 3, 4, 5)]
    assert ends_s(transfers, store(100.0, instance=instance)) == [10.0] * 10


def test_a_connection_that_needs_less_leaves_the_rest() -> None:
    """100 for all, 40 a connection: two get 40 each, three 33⅓ until the shortest ends at 1.2 s, then 40."""
    assert ends_s([(0.0, 40, 0), (0.0, 80, 1)], store(100.0, connection_bytes_per_s=40.0)) == [1.0, 2.0]
    of_three = ends_s([(0.0, 40, 0), (0.0, 80, 1), (0.0, 80, 2)], store(100.0, connection_bytes_per_s=40.0))
    assert of_three == [1.2, 2.2, 2.2]


def test_a_burst_is_used_up_only_by_what_is_faster_than_sustained() -> None:
    """Two instances share 140, so each moves 70, 20 more than is sustained: a burst of 285 lasts 14.25 s.

    (A rested instance moves 300 bytes at 1,000 a second, of which it gains 15 meanwhile.) After 14.25 s each has had
    997.5 bytes; then 50 a second. 1,497.5 bytes take 10 s more.
    """
    assert ends_s([(0.0, 1_497, 0), (0.0, 1_497, 1)], store(140.0, instance=INSTANCE)) == pytest.approx([24.24] * 2)


def test_a_burst_comes_back_while_little_moves() -> None:
    """75 for all; a sustains 50, and its bucket of 285 gains 95 a second at rest, half of that while it moves 25.

    ::

        0          11.4    15         25          36.4   37.4
        |a: 75, burst| 50  | 25 each  | 75, burst  |  50 |
                           |- b, c ---|

    25 a second from the burst last 11.4 s: 855 bytes. Up to 15 s 180 more; with b and c 250 in 10 s, after which
    the bucket is full. So again 855, and 50 more in a second.
    """
    transfers = [(0.0, 855 + 180 + 250 + 855 + 50, 0), (15.0, 250, 1), (15.0, 250, 2)]
    assert ends_s(transfers, store(75.0, instance=INSTANCE)) == pytest.approx([37.4, 25.0, 25.0])


def test_a_start_may_bring_an_instance_back_to_the_level_of_all() -> None:
    """20 for each instance, 15 a connection, 100 for all: c moves two things, 10 each, until nine others move, too.

    Then 100/11 for everybody: c's 100 bytes take 11 s. With c's other, ten share 100: 900 of 1,000 bytes are left.
    """
    instance = dict(INSTANCE, burst_bytes=0.0, sustained_bytes_per_s=20.0, burst_bytes_per_s=20.0)
    platform = store(100.0, instance=instance, connection_bytes_per_s=15.0)
    transfers = [(0.0, 100, 0), (0.0, 1_000, 0)] + [(0.0, 1_000, who) for who in range(1, 10)]
    assert ends_s(transfers, platform) == pytest.approx([11.0] + [101.0] * 10)


def test_a_start_may_use_the_burst_up_sooner() -> None:
    """60 a connection, 50 sustained: one transfer takes 10 a second from a burst of 285, two take 70.

    At 10 s the first has moved 600 bytes, and the 185 that are left last 37/14 s more. Then 25 each a second, until
    the first ends; the second is 600 bytes behind, at 50 a second.
    """
    platform = store(1_000.0, instance=INSTANCE, connection_bytes_per_s=60.0)
    first_s = 10 + 37 / 14 + (2_000 - 600 - 60 * 37 / 14) / 25
    assert ends_s([(0.0, 2_000, 0), (10.0, 2_000, 0)], platform) == pytest.approx([first_s, first_s + 12])


def test_a_full_bucket_does_not_get_fuller() -> None:
    """100 for all: four get 25 each for 200 s, three 33⅓ for 3 s; then a is alone, with a full bucket and no more.

    So it moves 100 a second, 50 of them from the bucket, for 5.7 s: 570 of the 700 bytes that are left; and 50 then.
    """
    transfers = [(0.0, 5_800, 0), (0.0, 5_000, 1), (0.0, 5_100, 2), (0.0, 5_100, 3)]
    expected_s = [203 + 5.7 + 130 / 50, 200.0, 203.0, 203.0]
    assert ends_s(transfers, store(100.0, instance=INSTANCE)) == pytest.approx(expected_s)


def test_what_a_burst_that_ends_no_longer_takes_is_for_the_others() -> None:
    """250 for all; each instance sustains 50, or 100 while its bucket of 150 lasts. a moves ten things, the others one.

    ::

        0                         3                        6                   9
        | a:       10 · 10, burst | 10 · 5                                     |
        | b, c, d: 50 each        | 66⅔ each               |

    a is held by its own instance all the time. Its burst is empty at 3 s, when nothing begins or ends: then 200 are
    for the others, who have had 150 bytes each, so that 200 more take 3 s. They use 50 of their buckets. a's ten have
    had 30 bytes each at 3 s, and 30 more take 6 s.
    """
    instance = dict(INSTANCE, burst_bytes=300.0, burst_bytes_per_s=100.0)
    transfers = [(0.0, 60, 0)] * 10 + [(0.0, 350, who) for who in (1, 2, 3)]
    assert ends_s(transfers, store(250.0, instance=instance)) == pytest.approx([9.0] * 10 + [6.0] * 3)


# against the fluid ----------------------------------------------------------------------------------------

seconds = st.sampled_from([0, 1, 1_000]) | st.integers(0, 3_000)
times_ns = (st.sampled_from([0, 0, 1_000]) | st.integers(0, 10_000)).map(lambda s: s * NS_PER_S)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Tree, list[Flow], list[Kill]]:
    """Networks where anything may be the bottleneck, by turns: all figures are near what an instance sustains."""
    slow = draw(st.sampled_from([10**6, 77 * 10**6]) | st.integers(1_000, 10**9))
    near = st.sampled_from([slow // 2 + 1, slow, 2 * slow, 3 * slow + 1]) | st.integers(slow // 9, 4 * slow)
    amount = seconds.map(lambda s: s * slow) | st.sampled_from([1, 10**12])
    bucket = Bucket(
        burst=Fraction(draw(amount)),
        fast=Fraction(slow * draw(st.sampled_from([1, 2, 15]))),
        slow=Fraction(slow),
        refill=Fraction(draw(st.sampled_from([1, 30, 1_000]))),
    )
    n_instances = draw(st.integers(1, 9))
    total = draw(near) * draw(st.sampled_from([1, 1, (n_instances + 1) // 2]))
    tree = Tree(
        cap=draw(st.none() | near.map(Fraction)),
        bucket=draw(st.sampled_from([bucket, bucket, bucket, None])),
        total=Fraction(total),
        joined=draw(st.booleans()),
    )
    instance, is_up = st.integers(0, n_instances - 1), draw(st.sampled_from([st.just(False), st.booleans()]))
    flows = draw(st.lists(st.builds(Flow, times_ns, amount, instance, is_up), min_size=1, max_size=25))
    return tree, flows, draw(st.lists(st.builds(Kill, times_ns, instance), max_size=3))


def platform_of(tree: Tree, model: str = "shared") -> Platform:
    """A platform with such a network."""
    bucket = tree.bucket
    instance = bucket and {
        "burst_bytes": float(bucket.burst),
        "burst_bytes_per_s": float(bucket.fast),
        "sustained_bytes_per_s": float(bucket.slow),
        "refill_s": float(bucket.refill),
    }
    fields: dict[str, object] = {
        "network.model": model,
        "store.total_bytes_per_s": tree.total and float(tree.total),
        "connection_bytes_per_s": tree.cap and float(tree.cap),
        "instance": instance,
        "directions": "joined" if tree.joined else "separate",
    }
    return pool_platform(**fields)


@settings(max_examples=6 * settings().max_examples)
@given(cases())
def test_all_ends_are_those_of_the_fluid(case: tuple[Tree, list[Flow], list[Kill]]) -> None:
    """To 10⁻⁹ of a time of 1,000 s, or longer: each event may be a nanosecond late."""
    tree, flows, kills = case
    exact = Fluid(tree, flows, kills).run()
    found = simulated_ends(platform_of(tree), flows, kills)
    assert found.keys() == exact.keys()
    for number, end_s in exact.items():
        assert abs(found[number] - end_s * NS_PER_S) <= max(Fraction(1_000), end_s)


@given(cases())
def test_a_store_that_is_wide_enough_changes_nothing(case: tuple[Tree, list[Flow], list[Kill]]) -> None:
    """To the nanosecond, and in the same order."""
    tree, flows, kills = case
    bucket = tree.bucket or Bucket(Fraction(0), Fraction(10**8), Fraction(10**8), Fraction(1))
    wide = replace(tree, total=20 * bucket.fast, bucket=bucket)
    alone, shared = Moved(platform_of(wide, "independent"), flows), Moved(platform_of(wide), flows)
    alone.run(kills)
    shared.run(kills)
    assert shared.ends_ns == alone.ends_ns
    assert shared.order == alone.order


class Watched(Trunk):
    """A trunk that is looked at after each change."""

    def __init__(self, *figures: object) -> None:
        super().__init__(*figures)  # type: ignore[arg-type]
        self._most = self._left
        self._branches: list[Branch] = []

    def branch(self) -> Branch:
        """A branch that is known here."""
        self._branches.append(super().branch())
        return self._branches[-1]

    def _settle(self, *, is_more: bool = False) -> None:
        super()._settle(is_more=is_more)
        own = [branch for branch in self._branches if branch.is_own]
        common = [len(branch.transfers) for branch in self._branches]
        assert not any(branch.transfers for branch in own)
        assert sum(common) == self._n_flows
        assert self._level <= self._cap
        assert all(self._level * n <= self._law.fast for n in common)
        assert all(branch.limit * len(branch.flows) <= branch.capacity for branch in own)
        assert all(branch.limit <= self._level for branch in own)
        used = self._level * self._n_flows + sum(branch.limit * len(branch.flows) for branch in own)
        assert used <= self._most, "above the store's total"
        rounded = self._n_flows + sum(len(branch.flows) for branch in own)
        if used < self._most - rounded:
            assert self._level == self._cap, "somebody could have had more"
            assert all(branch.limit == branch.capacity // len(branch.flows) for branch in own)


@given(cases())
def test_no_capacity_is_exceeded_or_left_over(case: tuple[Tree, list[Flow], list[Kill]]) -> None:
    tree, flows, kills = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sim.network, "Trunk", Watched)
        simulated_ends(platform_of(tree), flows, kills)


@example(10**12, 1, 10**10)
@example(1, 789_446, 10**10)
@given(st.integers(0, 10**12), st.integers(1, 10**12), st.sampled_from([1, 7, 10**6, 10**10]))
def test_bytes_of_any_number_arrive(large: int, small: int, per_s: int) -> None:
    """A relative tolerance, or none: one in bytes would be met too early or never.

    Ends are rounded up to whole ns. While the first one's is waited for, under 1 ns, the other goes at half its rate;
    so it ends up to .5 ns late, and that is rounded up again.
    """
    found = ends_s([(0.0, large, 0), (0.0, small, 1)], store(float(per_s)))
    shared = 2 * min(large, small) / per_s
    expected = [shared if n == min(large, small) else (large + small) / per_s for n in (large, small)]
    assert found == pytest.approx(expected, rel=1e-9, abs=1.5e-9)


def test_ends_at_one_instant_come_in_order_of_rank() -> None:
    """Four transfers of four instances end together."""
    moved = Moved(store(100.0), [Flow(0, 100, who) for who in (3, 1, 2, 0)])
    moved.run([])
    assert set(moved.ends_ns.values()) == {4 * NS_PER_S}
    assert moved.order == [0, 1, 2, 3]


def test_what_is_given_up_is_free_for_the_others() -> None:
    """100 bytes a second for two; one is killed at 1 s, with 50 of its bytes moved: the other ends at 1 + .5 s."""
    flows = [Flow(0, 100, 0), Flow(0, 1_000, 1)]
    assert simulated_ends(store(100.0), flows, [Kill(NS_PER_S, 1)]) == {0: 3 * NS_PER_S // 2}


# end to end -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("total", "fetched_s"), [(None, 1.0), (8e6, 1.0), (4e6, 1.0), (2e6, 2.0), (1e6, 4.0)])
def test_four_workers_fetch_one_object(total: float | None, fetched_s: float) -> None:
    """Four workers fetch the same 1 MB at once, 1 MB/s a connection: together they need 4 MB/s."""
    platform = store(total, connection_bytes_per_s=1e6, mb_per_vcpu=1769.0)
    run = run_on_one(fork_join(4), platform, n_workers=6)
    fetched = (run.transfers["object"] == "f.out") & (run.transfers["direction"] == "get")
    took_s = (run.transfers["end_s"] - run.transfers["start_s"])[fetched]
    assert took_s.tolist() == pytest.approx([fetched_s] * 4)
