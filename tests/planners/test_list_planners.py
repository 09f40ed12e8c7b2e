"""Classical list schedulers on a platform: what all of them promise, and what tells each from the others, by hand.

By hand: a call .1 (the client makes one at a time, a worker two), cold start .5, put .05, get .03, ledger .01,
word to a waiting worker .005, 1 MB/s.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planners.check import check_plan
from planners.classic.batch import soonest
from planners.classic.choices import earliest_finish, least
from planners.heft import Heft
from planners.list_clustered import Dsc, Tds
from planners.list_kinds import as_cost_graph, kinds_of
from planners.list_planner import ListPlanner
from planners.list_ranked import MOST_PARENTS, Cpop, Lookahead, Mcp, Peft
from planners.list_state import ListState
from planners.list_urgent import LOOKS, Dls, Etf, MaxMin, MinMin, Sufferage, place_most_urgent
from planners.plan import Plan
from planners.registry import make_planner
from platforms import Platform
from tests.planners.examples import SIZE_MB, chain, platforms, roots, round_platform, workflows
from workloads import InvalidInput, MemoryTable, Workflow, WorkflowBuilder

MB = 1_000_000
KINDS: list[type[ListPlanner]] = [Heft, Cpop, Peft, Lookahead, Mcp, Dls, Etf, MinMin, MaxMin, Sufferage, Dsc, Tds]
SIZES = ["", "auto", f"512+{SIZE_MB}+5307"]
each_kind = pytest.mark.parametrize("kind", KINDS)


@each_kind
@given(workflow=workflows(), platform=platforms(), sizes=st.sampled_from(SIZES))
@settings(max_examples=25)
def test_a_plan_is_valid(kind: type[ListPlanner], workflow: Workflow, platform: Platform, sizes: str) -> None:
    plan = kind(sizes=sizes).plan(workflow, platform)
    assert check_plan(plan, workflow, platform) == ()
    assert plan.planner == (f"{kind.name}[sizes={sizes}]" if sizes else kind.name)
    assert sorted(plan.priority) == list(range(workflow.n_tasks))
    assert plan.estimated_makespan_s is not None
    assert kind(sizes=sizes).plan(workflow, platform) == plan


@each_kind
@given(workflow=workflows())
@settings(max_examples=15)
def test_where_nothing_but_computing_takes_time_they_are_optimal(kind: type[ListPlanner], workflow: Workflow) -> None:
    """Free transfers and starts, a worker for whoever wants one: the longest chain. Clusters alone stay together."""
    platform = round_platform(
        **dict.fromkeys(("call_s", "provisioning_s", "start.init_s", "put_latency_s", "get_latency_s"), 0.0),
        **{"ledger.request_s": 0.0, "notify_s": 0.0, "connection_bytes_per_s": "none", "default_mb": 3538},
    )
    plan = kind().plan(workflow, platform)
    exec_s = workflow.durations_s(3538, 2.0 / platform.slots(3538))
    end_s = [0.0] * workflow.n_tasks
    for task in workflow.topological_order.tolist():
        end_s[task] = exec_s[task] + max((end_s[parent] for parent in workflow.parents.row(task)), default=0.0)
    assert plan.estimated_makespan_s is not None
    assert plan.estimated_makespan_s >= max(end_s) - 1e-9
    if kind in (Heft, Peft, Mcp, MinMin, MaxMin, Dls, Etf):
        assert plan.estimated_makespan_s == pytest.approx(max(end_s))


@given(workflows(), platforms(), st.booleans(), st.data())
def test_a_trial_leaves_nothing_behind(
    workflow: Workflow, platform: Platform, insertion: bool, data: st.DataObject
) -> None:
    limits = platform.limits.model_copy(update={"concurrency_per_size": data.draw(st.sampled_from([None, 1, 2]))})
    platform = platform.model_copy(update={"limits": limits})
    kinds, _ = kinds_of(workflow, platform, None, "auto")
    tried, untouched = (ListState(kinds, platform, insertion=insertion) for _ in range(2))
    order = workflow.topological_order.tolist()
    for at, task in enumerate(order):
        tried.begin_trial()
        for each in order[at : at + data.draw(st.integers(0, 4))]:
            starts, _, _ = tried.offers(each)
            offer = data.draw(st.integers(0, len(starts) - 1))
            tried.place(each, offer, starts[offer])
        tried.end_trial()
        offers = [state.offers(task) for state in (tried, untouched)]
        assert offers[0] == offers[1]
        chosen = data.draw(st.integers(0, len(offers[0][0]) - 1))
        for state, (starts, _, _) in zip((tried, untouched), offers, strict=True):
            state.place(task, chosen, starts[chosen])
    assert tried.arrivals.worker == untouched.arrivals.worker
    assert tried.makespan_s() == untouched.makespan_s()


def by_sizes(*tables: list[tuple[float, float]]) -> Workflow:
    """Roots whose times are given at sizes."""
    builder = WorkflowBuilder("sizes")
    for i, points in enumerate(tables):
        builder.add_task(f"t{i}", curve=MemoryTable(points))
    return builder.build()


class TestSizes:
    @pytest.mark.parametrize("kind", [Heft, Cpop, Peft, Lookahead, Mcp, Dls, Etf, MinMin, MaxMin, Sufferage, Dsc, Tds])
    def test_each_worker_has_the_size_that_pays(self, kind: type[ListPlanner]) -> None:
        """One task is ten times as fast on the larger size, the other on the smaller; they start .1 apart."""
        workflow = by_sizes([(512, 20.0), (1024, 2.0)], [(512, 2.0), (1024, 20.0)])
        plan = kind(sizes="512+1024").plan(workflow, round_platform())
        assert [plan.size_of(task) for task in (0, 1)] == [1024, 512]
        assert plan.estimated_makespan_s == pytest.approx(0.7 + 2 + 0.01)

    @each_kind
    def test_of_sizes_that_are_as_fast_the_smallest(self, kind: type[ListPlanner]) -> None:
        plan = kind(sizes="1024+512+2048").plan(by_sizes([(512, 3.0)], [(512, 3.0)]), round_platform())
        assert {plan.size_of(task) for task in (0, 1)} == {512}

    @each_kind
    def test_a_small_size_takes_only_what_it_holds(self, kind: type[ListPlanner]) -> None:
        builder = WorkflowBuilder("floors")
        builder.add_task("small", curve=MemoryTable([(512, 1.0), (2048, 1.0)]))
        builder.add_task("large", curve=MemoryTable([(512, 1.0), (2048, 1.0)]), memory_mb=2000)
        plan = kind(sizes="512+2048").plan(builder.build(), round_platform())
        assert [plan.size_of(task) for task in (0, 1)] == [512, 2048]
        plan = kind(sizes="512+2048").plan(builder.build(), round_platform(concurrency=1))
        assert plan.assignment == (0, 0)
        assert plan.notes == (
            "sizes 512 left out: below the largest memory floor, 2000 MB, where instances are limited",
        )

    @pytest.mark.parametrize(
        ("parameters", "expected"),
        [
            ("sizes=512+x", "whole numbers of MB, as 2048+4096"),
            ("sizes=64+512", "a size from 128 to 10240 MB in steps of 1"),
            ("sizes=512+1024,size_mb=512", "either sizes or size_mb"),
        ],
    )
    def test_refused(self, parameters: str, expected: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            make_planner(f"cpop[{parameters}]").plan(roots(1.0), round_platform())
        assert [fault.expected for fault in refused.value.faults] == [expected]


class TestTellingThemApart:
    def test_cpop_keeps_the_critical_path_together(self) -> None:
        """Two chains; the longer one stays on a worker, whatever the other does."""
        builder = WorkflowBuilder("chains")
        for name, seconds in [("a", 1.0), ("b", 2.0)]:
            for i in range(3):
                builder.add_task(f"{name}{i}", cpu_s=seconds, after=[f"{name}{i - 1}"] if i else [])
        plan = Cpop().plan(builder.build(), round_platform())
        assert len({plan.assignment[task] for task in (3, 4, 5)}) == 1

    def test_the_path_has_the_size_that_runs_all_of_it_fastest(self) -> None:
        """2.5 + 1 against 2 + 9, though the first alone is faster on the smaller."""
        builder = WorkflowBuilder("path")
        builder.add_task("first", curve=MemoryTable([(512, 2.0), (1024, 2.5)]))
        builder.add_task("second", curve=MemoryTable([(512, 9.0), (1024, 1.0)]), after=["first"])
        plan = Cpop(sizes="512+1024").plan(builder.build(), round_platform())
        assert [plan.size_of(task) for task in (0, 1)] == [1024, 1024]

    def test_a_path_that_outlives_its_worker_goes_on_with_another(self) -> None:
        plan = Cpop().plan(chain(500.0, 500.0), round_platform(max_duration_s=900))
        assert plan.assignment == (0, 1)

    def test_lookahead_waits_where_the_child_is_fast(self) -> None:
        """On the larger size the first takes .5 longer, but 9 MB need not be moved to where the second is fast."""
        builder = WorkflowBuilder("ahead")
        builder.add_object("d", 9 * MB)
        builder.add_task("first", curve=MemoryTable([(512, 2.0), (1024, 2.5)]), outputs=["d"])
        builder.add_task("second", curve=MemoryTable([(512, 9.0), (1024, 1.0)]), inputs=["d"])
        sizes, workflow = "512+1024", builder.build()
        assert [Heft(sizes=sizes).plan(workflow, round_platform()).size_of(task) for task in (0, 1)] == [512, 512]
        plan = Lookahead(sizes=sizes).plan(workflow, round_platform())
        assert [plan.size_of(task) for task in (0, 1)] == [1024, 1024]
        assert plan.estimated_makespan_s == pytest.approx(0.6 + 2.5 + 1 + 0.01)

    def test_lookahead_does_not_look_at_wide_joins(self) -> None:
        builder = WorkflowBuilder("join")
        names = [builder.add_task(f"t{i}", cpu_s=1.0) for i in range(MOST_PARENTS + 1)]
        narrow = Lookahead().plan(builder.build(), round_platform())
        builder.add_task("join", cpu_s=1.0, after=names)
        wide = Lookahead().plan(builder.build(), round_platform())
        assert narrow.notes == ()
        assert wide.notes == (f"1 joins of more than {MOST_PARENTS} tasks were not looked ahead to",)

    def test_peft_counts_in_what_follows(self) -> None:
        """The same: 2 + min(9, 1 + 18.1) against 2.5 + 1."""
        builder = WorkflowBuilder("ahead")
        builder.add_object("d", 9 * MB)
        builder.add_task("first", curve=MemoryTable([(512, 2.0), (1024, 2.5)]), outputs=["d"])
        builder.add_task("second", curve=MemoryTable([(512, 9.0), (1024, 1.0)]), inputs=["d"])
        plan = Peft(sizes="512+1024").plan(builder.build(), round_platform())
        assert [plan.size_of(task) for task in (0, 1)] == [1024, 1024]

    @pytest.mark.parametrize(("kind", "order"), [(MinMin, [1, 2, 0]), (MaxMin, [0, 2, 1])])
    def test_short_ones_first_or_long_ones(self, kind: type[ListPlanner], order: list[int]) -> None:
        plan = kind().plan(roots(3.0, 1.0, 2.0), round_platform(concurrency=1))
        assert sorted(range(3), key=plan.priority.__getitem__) == order

    def test_sufferage_takes_first_what_would_lose_most(self) -> None:
        """Each would like the large size, of which there may be one; the second loses more on the small one."""
        workflow = by_sizes([(512, 3.0), (1024, 2.0)], [(512, 9.0), (1024, 2.0)])
        plan = Sufferage(sizes="512+1024").plan(workflow, round_platform(concurrency_per_size=1))
        assert [plan.size_of(task) for task in (0, 1)] == [512, 1024]

    @pytest.mark.parametrize("kind", [Etf, Dls])
    def test_of_what_can_start_the_longest_goes_first(self, kind: type[ListPlanner]) -> None:
        plan = kind().plan(roots(1.0, 3.0, 2.0), round_platform(concurrency=1))
        assert sorted(range(3), key=plan.priority.__getitem__) == [1, 2, 0]

    def test_mcp_takes_the_earliest_start_though_it_ends_later(self) -> None:
        """Beside the first the second ends 9 s after it; on a new large worker 1.06 + .6 + 1.03 + 1 s after it."""
        builder = WorkflowBuilder("ahead")
        builder.add_object("d", MB)
        builder.add_task("first", curve=MemoryTable([(512, 2.0), (1024, 9.0)]), outputs=["d"])
        builder.add_task("second", curve=MemoryTable([(512, 9.0), (1024, 1.0)]), inputs=["d"])
        workflow = builder.build()
        assert len(Mcp(sizes="512+1024").plan(workflow, round_platform()).workers) == 1
        heft = Heft(sizes="512+1024").plan(workflow, round_platform())
        assert len(heft.workers) == 2
        assert heft.estimated_makespan_s == pytest.approx(0.6 + 2 + 1.06 + 0.6 + 1.03 + 1 + 0.01)


class TestUrgency:
    def test_gaps_are_left_alone(self) -> None:
        """While the first fetches 9 MB its worker is idle, and stays so."""
        builder = WorkflowBuilder("gap")
        builder.add_object("given", 9 * MB)
        builder.add_task("reads", cpu_s=1.0, inputs=["given"])
        builder.add_task("short", cpu_s=0.1)
        assert MaxMin().plan(builder.build(), round_platform(concurrency=1)).priority == (0, 1)

    @given(workflows(max_tasks=4), platforms())
    def test_few_that_are_ready_are_all_looked_at(self, workflow: Workflow, platform: Platform) -> None:
        """Against looking at everything at every step."""
        assert LOOKS >= 4
        kinds, _ = kinds_of(workflow, platform, None, "")
        state, plain = (ListState(kinds, platform, insertion=False) for _ in range(2))
        place_most_urgent(state, workflow, earliest_finish, soonest)
        placed: set[int] = set()
        while len(placed) < workflow.n_tasks:
            best = {}
            for task in range(workflow.n_tasks):
                if task not in placed and placed.issuperset(workflow.parents.row(task).tolist()):
                    starts, costs, _ = plain.offers(task)
                    ends = [start + cost for start, cost in zip(starts, costs, strict=True)]
                    best[task] = (ends[least(ends)], least(ends), starts[least(ends)])
            soon = min(end for end, _, _ in best.values())
            task = min(task for task, (end, _, _) in best.items() if end <= soon * (1 + 1e-9))
            plain.place(task, best[task][1], best[task][2])
            placed.add(task)
        assert state.arrivals.worker == plain.arrivals.worker

    def test_levels_are_by_cost_and_edge(self) -> None:
        """Edge of 1 MB: put 1.05, ledger .01, word .005, get 1.03."""
        kinds, _ = kinds_of(chain(1.0, 2.0, size_bytes=MB), round_platform(), None, "")
        graph = as_cost_graph(kinds[0].estimate.workflow, kinds)
        assert graph.rows == [[1.0], [2.0]]
        assert graph.edges == {(0, 1): pytest.approx(2.095)}


def test_the_plan_says_what_it_is() -> None:
    plan = make_planner("etf[size_mb=3538]").plan(roots(1.0, 1.0), round_platform())
    assert isinstance(plan, Plan)
    assert plan.planner == "etf[size_mb=3538]"
    assert [worker.name for worker in plan.workers] == ["w0"]
