"""DLS, ETF, min-min, max-min and sufferage on a platform: which ready task is next, and how few are looked at.

By hand: a call .1, cold start .5; one worker runs one task after the other, so that starts tell the order of choice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from planners.classic.batch import soonest
from planners.classic.choices import earliest_finish
from planners.list_kinds import kinds_of
from planners.list_planner import ListPlanner
from planners.list_state import ListState
from planners.list_urgent import LOOKS, Dls, Etf, MaxMin, MinMin, Sufferage, place_most_urgent
from tests.planners.examples import roots, round_platform, starts_on_one
from workloads import MemoryTable, Workflow, WorkflowBuilder

MB = 1_000_000
ALL = [Dls, Etf, MinMin, MaxMin, Sufferage]


def paths(*times_s: tuple[float, float]) -> Workflow:
    """Roots a, b, … and a child of each."""
    builder = WorkflowBuilder("paths")
    for name, (root_s, child_s) in zip("abc", times_s, strict=False):
        builder.add_task(name, cpu_s=root_s)
        builder.add_task(f"after {name}", cpu_s=child_s, after=[name])
    return builder.build()


class TestTies:
    @pytest.mark.parametrize("kind", [Etf, MinMin, MaxMin, Sufferage])
    def test_what_ties_goes_by_what_follows(self, kind: type[ListPlanner]) -> None:
        """Three tasks of 1 s; after the second come 3 s, after the third 2, after the first 1."""
        assert starts_on_one(kind(), paths((1.0, 1.0), (1.0, 3.0), (1.0, 2.0)))[0] == "b"

    @pytest.mark.parametrize("kind", ALL)
    def test_what_ties_in_all_goes_by_number(self, kind: type[ListPlanner]) -> None:
        assert starts_on_one(kind(), roots(*[1.0] * (LOOKS + 2))) == [f"t{i}" for i in range(LOOKS + 2)]

    def test_so_does_what_only_rounding_tells_apart(self) -> None:
        assert starts_on_one(MinMin(), roots(1 + 1e-12, 1.0)) == ["t0", "t1"]
        assert starts_on_one(MaxMin(), roots(1.0, 1 + 1e-12)) == ["t0", "t1"]


class TestMany:
    """More than are looked at: ready from the start, or once a root is done."""

    @pytest.mark.parametrize("rooted", [False, True])
    @pytest.mark.parametrize("kind", [Etf, MinMin, MaxMin, Sufferage])
    def test_of_those_that_tie_that_comes_first_which_most_follows(self, kind: type[ListPlanner], rooted: bool) -> None:
        """The more follows the higher their number."""
        builder = WorkflowBuilder("many")
        root = [builder.add_task("root", cpu_s=1.0)] if rooted else []
        n = 2 * LOOKS
        for i in range(n):
            builder.add_task(f"{i}", cpu_s=1.0, after=root)
        for i in range(n):
            builder.add_task(f"after {i}", cpu_s=2.0 + i, after=[f"{i}"])
        assert starts_on_one(kind(), builder.build())[: len(root) + 1] == [*root, f"{n - 1}"]

    @pytest.mark.parametrize("rooted", [False, True])
    @pytest.mark.parametrize("kind", [MinMin, MaxMin])
    def test_the_shortest_or_the_longest_are_not_overlooked(self, kind: type[ListPlanner], rooted: bool) -> None:
        builder = WorkflowBuilder("many")
        root = [builder.add_task("root", cpu_s=1.0)] if rooted else []
        times_s = {f"{i}": 1.0 + i * 5 % (3 * LOOKS) for i in range(3 * LOOKS)}
        for name, cpu_s in times_s.items():
            builder.add_task(name, cpu_s=cpu_s, after=root)
        by_time = sorted(times_s, key=times_s.__getitem__, reverse=kind is MaxMin)
        first = [*root, *by_time[:LOOKS]]
        assert starts_on_one(kind(), builder.build())[: len(first)] == first


@pytest.mark.parametrize("kind", [Dls, Etf])
def test_what_can_start_comes_before_what_is_longer(kind: type[ListPlanner]) -> None:
    """Of b (6 s), which fetches 9 MB first, and a (5 s): for DLS 9 s of waiting are more than 1 s of work."""
    builder = WorkflowBuilder("late")
    builder.add_object("given", 9 * MB)
    builder.add_task("b", cpu_s=6.0, inputs=["given"])
    builder.add_task("a", cpu_s=5.0)
    assert starts_on_one(kind(), builder.build()) == ["a", "b"]


def test_what_loses_most_comes_before_what_ends_first() -> None:
    """Of a (1 s, on the other size 1.1) and b (5 s, on the other 9)."""
    builder = WorkflowBuilder("losses")
    builder.add_task("a", curve=MemoryTable([(512, 1.0), (1024, 1.1)]))
    builder.add_task("b", curve=MemoryTable([(512, 9.0), (1024, 5.0)]))
    assert starts_on_one(Sufferage(sizes="512+1024"), builder.build()) == ["b", "a"]


class TestDynamicLevels:
    def test_what_a_task_takes_itself_counts_as_its_level_alone(self) -> None:
        """1 + 4 s against 3 + 3, and against 3 + 1.5."""
        assert starts_on_one(Dls(), paths((1.0, 4.0), (3.0, 3.0)))[0] == "b"
        assert starts_on_one(Dls(), paths((1.0, 4.0), (3.0, 1.5)))[0] == "a"

    def test_levels_are_on_median_times(self) -> None:
        """1, 1 and 10 s on the three sizes are 1 s, less than 2 s on each."""
        builder = WorkflowBuilder("median")
        builder.add_task("a", curve=MemoryTable([(512, 1.0), (1024, 1.0), (2048, 10.0)]))
        builder.add_task("b", curve=MemoryTable([(512, 2.0), (1024, 2.0), (2048, 2.0)]))
        assert starts_on_one(Dls(sizes="512+1024+2048"), builder.build()) == ["b", "a"]


class TestWhere:
    @pytest.mark.parametrize(("kind", "n_workers"), [(Etf, 1), (Dls, 2), (MinMin, 2), (MaxMin, 2), (Sufferage, 2)])
    def test_etf_alone_takes_the_earliest_start_though_it_ends_later(
        self, kind: type[ListPlanner], n_workers: int
    ) -> None:
        """Beside the first the second ends 9 s after it; on a new large worker 1.06 + .6 + 1.03 + 1 s after it."""
        builder = WorkflowBuilder("ahead")
        builder.add_object("d", MB)
        builder.add_task("first", curve=MemoryTable([(512, 2.0), (1024, 9.0)]), outputs=["d"])
        builder.add_task("second", curve=MemoryTable([(512, 9.0), (1024, 1.0)]), inputs=["d"])
        plan = kind(sizes="512+1024").plan(builder.build(), round_platform())
        assert len(plan.workers) == n_workers


class Counting(ListState):
    """A state that counts how often it is asked for offers."""

    asked: Counter[int]

    def offers(self, task: int) -> tuple[list[float], list[float], Sequence[int]]:
        self.asked[task] += 1
        return super().offers(task)


def test_few_of_many_are_looked_at() -> None:
    """Each once when it becomes ready, and so many at every step as there are, up to the limit."""
    workflow, platform = roots(*[1.0] * 20), round_platform(concurrency=1)
    kinds, _ = kinds_of(workflow, platform, None, "")
    state = Counting(kinds, platform, insertion=False)
    state.asked = Counter()
    place_most_urgent(state, workflow, earliest_finish, soonest)
    assert state.asked.total() == 20 + sum(min(LOOKS, 20 - placed) for placed in range(20))
