"""A schedule in the making: limits, offers in order, workers that open, and what its end is, by hand.

By hand: a call .1 (the client makes one at a time), cold start .5, put .05, get .03, ledger .01, 1 MB/s.
"""

from __future__ import annotations

import math

import pytest

from planners.estimate import DURATION_SHARE
from planners.heft import Heft
from planners.list_kinds import kinds_of
from planners.list_state import ListState
from tests.planners.examples import SIZE_MB, chain, roots, round_platform
from workloads import MemoryTable, Workflow, WorkflowBuilder

MB = 1_000_000
SIZES = "512+1024"


def state_of(workflow: Workflow, sizes: str = "", **overrides: object) -> ListState:
    platform = round_platform(**overrides)
    kinds, _ = kinds_of(workflow, platform, None, sizes)
    return ListState(kinds, platform)


def sized(*tables: tuple[float, float]) -> Workflow:
    """Roots that take so long on 512 and on 1,024 MB."""
    builder = WorkflowBuilder("sized")
    for i, (small_s, large_s) in enumerate(tables):
        builder.add_task(f"t{i}", curve=MemoryTable([(512, small_s), (1024, large_s)]))
    return builder.build()


class TestLimits:
    @pytest.mark.parametrize(
        ("in_all", "per_size", "most"),
        [("none", "none", math.inf), (3, "none", 3), ("none", 2, 4), (3, 1, 2), (3, 2, 3), (1, 2, 1)],
    )
    def test_most_workers_are_so_many_in_all_and_of_each_size(
        self, in_all: object, per_size: object, most: float
    ) -> None:
        limits = {"concurrency": in_all, "concurrency_per_size": per_size}
        assert state_of(roots(1.0), SIZES, **limits).most_workers == most

    def test_a_size_may_have_a_limit_of_its_own(self) -> None:
        of_sizes = [{"memory_mb": 1024, "concurrency": 1}]
        state = state_of(roots(1.0, 1.0), SIZES, **{"concurrency_per_size": 2, "limits.concurrency_of_sizes": of_sizes})
        assert state.most_workers == 3
        starts, _, _ = state.offers_new(0, 1)
        state.place(0, 0, starts[0])
        assert [state.may_open(kind) for kind in (0, 1)] == [True, False]

    def test_where_none_may_be_opened_and_none_is_open_for_it_one_is_opened_of_any_size(self) -> None:
        """The worker that there may be lives 810 s, 600 of which are taken."""
        state = state_of(sized((600.0, 700.0), (600.0, 300.0)), SIZES, concurrency=1, max_duration_s=900)
        starts, _, _ = state.offers_new(0, 0)
        state.place(0, 0, starts[0])
        starts, takes, kinds = state.offers(1)
        assert (takes, kinds) == ([300.0, 600.0], [1, 0])
        assert starts == pytest.approx([0.7, 0.7])

    def test_a_life_begins_when_its_worker_is_up(self) -> None:
        """A task of its full share fits a worker that is open, up at .6, to the end; one of a second more does not."""
        share_s = DURATION_SHARE * 900
        for second_s, opened in ((share_s - 1.0, 1), (share_s - 0.5, 0)):
            state = state_of(roots(1.0, second_s), max_duration_s=900)
            starts, _, _ = state.offers_new(0, 0)
            state.place(0, 0, starts[0])
            assert len(state.offers_on(1, 0)[0]) == opened


class TestOffers:
    def test_of_an_open_worker_and_new_ones_that_on_which_it_takes_least_first(self) -> None:
        """Of equal ones the open worker, though it is larger, then the smaller of new ones."""
        for table, order in (
            ((3.0, 2.0), [(1, 1.6), (1, 0.7), (0, 0.7)]),
            ((2.0, 2.0), [(1, 1.6), (0, 0.7), (1, 0.7)]),
        ):
            state = state_of(sized((1.0, 1.0), table), SIZES)
            starts, _, _ = state.offers_new(0, 1)
            state.place(0, 0, starts[0])
            starts, takes, kinds = state.offers(1)
            assert [(kind, pytest.approx(start)) for kind, start in zip(kinds, starts, strict=True)] == order
            assert takes == [table[kind] for kind in kinds]

    def test_what_does_not_hold_a_task_is_none(self) -> None:
        builder = WorkflowBuilder("floors")
        builder.add_task("small", cpu_s=1.0)
        builder.add_task("large", cpu_s=1.0, memory_mb=1000)
        state = state_of(builder.build(), SIZES)
        starts, _, _ = state.offers_new(0, 0)
        state.place(0, 0, starts[0])
        assert state.offers(1)[2] == [1]
        assert state.offers_on(1, 0) == ([], [], [])

    def test_on_one_worker_the_others_do_not_count(self) -> None:
        """The first is idle from 1.6 on, the second from 3.7: three tasks of 1, 3 and 1 s."""
        state = state_of(roots(1.0, 3.0, 1.0))
        for task in (0, 1):
            starts, _, _ = state.offers_new(task, 0)
            state.place(task, 0, starts[0])
        assert [state.offers_on(2, worker)[0] for worker in (0, 1)] == [[pytest.approx(1.6)], [pytest.approx(3.7)]]

    def test_a_start_may_depend_on_the_size(self) -> None:
        by_size = {"start.init_by_size": [{"memory_mb": 1000, "init_s": 4.0}]}
        starts, _, kinds = state_of(roots(1.0), SIZES, **by_size).offers(0)
        assert dict(zip(kinds, starts, strict=True)) == {0: pytest.approx(0.6), 1: pytest.approx(4.4)}

    def test_slots_are_those_of_the_size(self) -> None:
        """On two vCPUs a second task runs beside the first, on one after it; what it reads is fetched once it is up."""
        workflow = roots(4.0, 4.0)
        for kind, start_s in ((0, 4.6), (1, 0.6)):
            state = state_of(workflow, f"{SIZE_MB}+{2 * SIZE_MB}")
            starts, _, _ = state.offers_new(0, kind)
            state.place(0, 0, starts[0])
            assert state.offers_on(1, 0)[0] == [pytest.approx(start_s)]


class TestEnds:
    def test_results_alone_have_to_be_there(self) -> None:
        """What the first made, 9 MB, nobody else reads."""
        builder = WorkflowBuilder("handed over")
        builder.add_object("d", 9 * MB)
        builder.add_task("first", cpu_s=1.0, outputs=["d"])
        builder.add_task("second", cpu_s=1.0, inputs=["d"])
        plan = Heft().plan(builder.build(), round_platform())
        assert plan.assignment == (0, 0)
        assert plan.estimated_makespan_s == pytest.approx(0.6 + 1 + 1 + 0.01)

    def test_a_parent_that_takes_no_time_is_before_its_child(self) -> None:
        builder = WorkflowBuilder("no time")
        builder.add_task("child", cpu_s=1.0, after=["parent"])
        builder.add_task("parent", cpu_s=0.0)
        assert Heft().plan(builder.build(), round_platform()).priority == (1, 0)

    def test_starts_not_ends_are_the_order(self) -> None:
        """On two slots: one from .6 to 9.6, one from .6 to 1.6, one from 1.6 on."""
        plan = Heft(2 * SIZE_MB).plan(roots(1.0, 9.0, 0.5), round_platform(concurrency=1))
        assert plan.priority == (1, 0, 2)

    def test_chains_on_one_worker(self) -> None:
        state = state_of(chain(1.0, 2.0, 3.0))
        starts, _, _ = state.offers_new(0, 0)
        state.place(0, 0, starts[0])
        for task in (1, 2):
            starts, _, _ = state.offers_on(task, 0)
            state.place(task, 0, starts[0])
        assert state.by_start() == [0, 1, 2]
        assert state.makespan_s() == pytest.approx(0.6 + 6 + 0.05 + 0.01)
