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

    @pytest.mark.parametrize("kind", [Etf, MinMin, MaxMin, Sufferage])
    def test_of_many_that_tie_those_are_looked_at_that_most_follows(self, kind: type[ListPlanner]) -> None:
        """More than are looked at; the more follows the higher their number."""
        builder = WorkflowBuilder("many")
        n = 2 * LOOKS
        for i in range(n):
            builder.add_task(f"{i}", cpu_s=1.0)
        for i in range(n):
            builder.add_task(f"after {i}", cpu_s=2.0 + i, after=[f"{i}"])
        assert starts_on_one(kind(), builder.build())[0] == f"{n - 1}"


class TestDynamicLevels:
    def test_what_follows_is_weighed_against_the_start(self) -> None:
        """6 s are to be done after b, which fetches 9 MB first, 5 s after a."""
        builder = WorkflowBuilder("late")
        builder.add_object("given", 9 * MB)
        builder.add_task("b", cpu_s=6.0, inputs=["given"])
        builder.add_task("a", cpu_s=5.0)
        assert starts_on_one(Dls(), builder.build()) == ["a", "b"]

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
