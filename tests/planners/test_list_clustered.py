"""DSC and TDS on a platform: which clusters, which order in them, and how they share workers, by hand.

By hand: a call .1, cold start .5, put .05, get .03, ledger .01, word to a waiting worker .005, 1 MB/s.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from planners.check import check_plan
from planners.list_clustered import Dsc, Tds
from planners.list_planner import ListPlanner
from planners.orders import Duplicate, Orders
from sim import simulate
from tests.planners.examples import chain, roots, round_platform, star, starts_on_one
from workloads import MemoryTable, Workflow, WorkflowBuilder

MB = 1_000_000
both = pytest.mark.parametrize("kind", [Dsc, Tds])

CHILDREN = (4, 5, 6)
ROOT = 3


def waiting_children(
    root_mb: float = 0.0,
    given_mb: int = 0,
    before_root_s: Sequence[float] = (),
    end_s: float = 0.0,
    child_s: float = 2.0,
) -> Workflow:
    """A short root, and three children (of 2 s) that need its 9 MB and a task of 5 s of their own, 5.8 on 1,769 MB.

    If asked for, the root reads something or follows tasks; and two of the children are waited for with a long task.
    """
    builder = WorkflowBuilder("waiting")
    builder.add_object("seed", 9 * MB)
    builder.add_object("given", given_mb * MB)
    for i in range(3):
        builder.add_task(f"before{i}", curve=MemoryTable([(512, 5.0), (2048, 6.0)]))
    given, before = ["given"] * (given_mb > 0), [f"before root {i}" for i, _ in enumerate(before_root_s)]
    builder.add_task("root", cpu_s=1.0, memory_mb=root_mb, inputs=given, outputs=["seed"], after=before)
    for i in range(3):
        points = MemoryTable([(512, child_s), (2048, child_s + 0.5)])
        builder.add_task(f"child{i}", curve=points, inputs=["seed"], after=[f"before{i}"])
    for name, cpu_s in zip(before, before_root_s, strict=True):
        builder.add_task(name, cpu_s=cpu_s)
    if end_s:
        builder.add_task("long", cpu_s=end_s)
        builder.add_task("end", cpu_s=1.0, after=["long", "child0", "child1"])
    return builder.build()


class TestBoth:
    @both
    def test_the_order_is_that_of_the_starts_in_the_clusters(self, kind: type[ListPlanner]) -> None:
        """Of b (1) → c (1) and a (5) begin b and a at once, c after b: by its end a would be first, by rank too."""
        builder = WorkflowBuilder("starts")
        builder.add_task("b", cpu_s=1.0)
        builder.add_task("c", cpu_s=1.0, after=["b"])
        builder.add_task("a", cpu_s=5.0)
        assert starts_on_one(kind(), builder.build()) == ["b", "a", "c"]

    @both
    def test_clusters_share_workers_by_their_work(self, kind: type[ListPlanner]) -> None:
        """9 s, or three times 1. 4 s, or 3 and 2: where it could end first decides nothing."""
        platform = round_platform(concurrency=2)
        assert kind().plan(roots(9.0, 1.0, 1.0, 1.0), platform).assignment == (0, 1, 1, 1)
        assert kind().plan(roots(3.0, 2.0, 4.0), platform).assignment == (0, 0, 1)


class TestDsc:
    def test_the_child_on_the_longest_path_stays(self) -> None:
        """An edge is 2.1 s, more than the short child takes, which would have come first by its number."""
        assert Dsc().plan(star(1.0, 5.0, size_bytes=MB), round_platform()).assignment == (0, 1, 0)


class TestClusters:
    def test_dsc_keeps_a_chain_and_parts_what_is_long(self) -> None:
        assert Dsc().plan(chain(1.0, 2.0, size_bytes=MB), round_platform()).assignment == (0, 0)
        assert len(Dsc().plan(star(9.0, 9.0, size_bytes=MB), round_platform()).workers) == 2

    def test_a_critical_parent_that_is_late_is_asked_to_run_twice(self) -> None:
        """Of three children one shares the root's worker, up as the fourth; the others have 5 s to do first."""
        workflow, platform = waiting_children(), round_platform(call_s=5.0)
        plan = Tds().plan(workflow, platform)
        assert check_plan(plan, workflow, platform) == ()
        assert len(plan.workers) == 4
        elsewhere = [child for child in CHILDREN if plan.assignment[child] != plan.assignment[ROOT]]
        orders = sorted(plan.orders.duplicate, key=lambda order: order.consumer)
        assert orders == [Duplicate(ROOT, child) for child in elsewhere]
        assert len(elsewhere) == 2
        assert plan.notes == ("2 critical tasks may run twice; the estimate counts their first runs alone",)

    def test_the_copies_are_run_and_pay(self) -> None:
        """The root ends at 20 + .5 + 1; a copy of it at 10 + .5 + 5 + 1, or sooner."""
        workflow, platform = waiting_children(), round_platform(call_s=5.0)
        plan = Tds().plan(workflow, platform)
        runs = [simulate(workflow, each, platform, seed=1) for each in (plan, replace(plan, orders=Orders()))]
        assert [run.status for run in runs] == ["complete", "complete"]
        assert runs[0].makespan_s is not None
        assert runs[1].makespan_s is not None
        assert runs[0].makespan_s <= runs[1].makespan_s - 5

    def test_a_copy_is_asked_for_only_where_it_fits(self) -> None:
        """The children take a small size; the root needs more."""
        workflow, platform = waiting_children(root_mb=2000), round_platform(call_s=5.0)
        plan = Tds(sizes="512+2048").plan(workflow, platform)
        assert check_plan(plan, workflow, platform) == ()
        assert plan.orders.duplicate == ()
        assert {plan.size_of(child) for child in CHILDREN} == {512, 2048}

    @pytest.mark.parametrize(("root_mb", "holds", "consumers"), [(512, False, [4, 5]), (513, False, []), (0, True, [])])
    def test_what_fits_to_the_last_megabyte_fits(self, root_mb: int, holds: bool, consumers: list[int]) -> None:
        """The root, which runs on the large size, reads 600 MB: if a worker has to hold them the small one cannot."""
        workflow = waiting_children(root_mb=root_mb, given_mb=600)
        platform = round_platform(**{"call_s": 5.0, "limits.memory_holds_objects": holds})
        plan = Tds(sizes="512+2048").plan(workflow, platform)
        assert [plan.size_of(task) for task in (ROOT, *CHILDREN[:2])] == [2048, 512, 512]
        assert sorted(order.consumer for order in plan.orders.duplicate) == consumers

    @pytest.mark.parametrize(("call_s", "consumers"), [(2.0, []), (2.6, [4])])
    def test_a_copy_takes_what_it_takes_on_the_size_of_its_worker(self, call_s: float, consumers: list[int]) -> None:
        """1 s on the large size are 3.46 on the small one: three calls are to be more than 5 + 2.46 s."""
        orders = Tds(sizes="512+2048").plan(waiting_children(), round_platform(call_s=call_s)).orders.duplicate
        assert sorted(order.consumer for order in orders) == consumers

    def test_where_a_child_has_to_leave_its_worker_no_copy_is_asked_for(self) -> None:
        """Workers live 27 s. One child of 15 s still fits where the root ran; for the others theirs are over by then.

        So they go to a fresh one, where nothing is to be done before, though on the first a copy would be sooner.
        """
        plan = Tds().plan(waiting_children(child_s=15.0), round_platform(call_s=3.5, max_duration_s=30))
        assert plan.assignment[:4] == (0, 1, 2, 3)
        assert sorted(min(plan.assignment[child], 4) for child in CHILDREN) == [3, 4, 4]
        assert plan.orders.duplicate == ()

    def test_where_it_would_come_second_no_copy_is_asked_for(self) -> None:
        assert Tds().plan(waiting_children(), round_platform()).orders.duplicate == ()

    @pytest.mark.parametrize(("call_s", "consumers"), [(1.7, []), (2.0, [4]), (5.0, [4, 5])])
    def test_a_copy_has_to_be_done_before_the_first_run_is(self, call_s: float, consumers: list[int]) -> None:
        """The root's worker is the fourth: it ends at four calls + 1.5, a copy of it at one call (or two) + 7.3."""
        orders = Tds().plan(waiting_children(), round_platform(call_s=call_s)).orders.duplicate
        assert sorted(order.consumer for order in orders) == consumers

    def test_a_copy_has_to_be_fed_first(self) -> None:
        """By 3 MB, which takes 3 s; by another task, for as long as the root itself."""
        for workflow in (waiting_children(given_mb=3), waiting_children(before_root_s=[10.0])):
            assert Tds().plan(workflow, round_platform(call_s=1.5)).orders.duplicate == ()

    def test_a_copy_that_is_done_as_soon_is_not_asked_for(self) -> None:
        """One of the two tasks before the root runs elsewhere, and all wait for word of it, which takes 3 s."""
        workflow = waiting_children(before_root_s=[10.0, 10.0])
        assert Tds().plan(workflow, round_platform(call_s=1.5, notify_s=3.0)).orders.duplicate == ()

    @pytest.mark.parametrize(("end_s", "consumers"), [(0.0, [4, 5]), (100.0, [])])
    def test_for_a_child_that_can_wait_no_copy_is_asked_for(self, end_s: float, consumers: list[int]) -> None:
        """Those of which the copies are asked for otherwise are waited for with a task of 100 s."""
        orders = Tds().plan(waiting_children(end_s=end_s), round_platform(call_s=5.0)).orders.duplicate
        assert sorted(order.consumer for order in orders) == consumers

    def test_on_the_worker_of_the_first_run_no_copy_is_asked_for(self) -> None:
        """Though it would be done before: on the one worker that there may be the root comes fourth."""
        assert Tds().plan(waiting_children(), round_platform(call_s=5.0, concurrency=1)).orders.duplicate == ()

    def test_a_worker_that_is_not_up_is_asked_for_none(self) -> None:
        plan = Tds().plan(star(5.0, 5.0, 5.0, size_bytes=9 * MB), round_platform(call_s=5.0))
        assert len(plan.workers) == 3
        assert plan.orders.duplicate == ()

    def test_no_more_clusters_than_workers_are_allowed(self) -> None:
        for kind in (Dsc, Tds):
            plan = kind().plan(star(*[9.0] * 6, size_bytes=MB), round_platform(concurrency=2))
            assert len(plan.workers) == 2
