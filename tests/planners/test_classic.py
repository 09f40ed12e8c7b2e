"""The published schedules of the classical schedulers, typed in from papers and from other tools' tests.

Both graphs of the papers have this shape (task numbers from 1, as printed):

                     1
         ┌──────┬────┼────┬──────┐
         2      3    4    5      6
        8 9     7   8 9   9      8        (children of 2, 3, 4, 5, 6)
         └──────┴────┼────┴──────┘
                     10                   (child of 7, 8 and 9)
"""

from __future__ import annotations

from collections.abc import Callable
from graphlib import CycleError
from operator import add

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planners.classic import (
    SCHEDULERS,
    CostGraph,
    Schedule,
    cpop,
    dls,
    etf,
    faults,
    first_come,
    heft,
    lookahead,
    mcp,
    peft,
)
from planners.classic.choices import least
from planners.classic.cpop import critical_path
from planners.classic.list_scheduling import by_rank, place_in_order
from planners.classic.partial import Partial
from planners.classic.ranks import downward_ranks, median_costs, optimistic_costs, upward_ranks
from planners.classic.timeline import Timeline
from planners.ties import levels, levels_by
from tests.planners.classic_examples import ARABNEJAD, DSLAB, ESTEE, OPTIMA, TOPCUOGLU, cost_graphs
from tests.planners.online import Choice, Online, online_dls, online_etf, online_mcp

Scheduler = Callable[[CostGraph], Schedule]


class TestTopcuoglu:
    def test_upward_ranks(self) -> None:
        published = [108, 77, 80, 80, 69, 63.333, 42.667, 35.667, 44.333, 14.667]
        assert upward_ranks(TOPCUOGLU) == pytest.approx(published, abs=5e-4)

    def test_downward_ranks_complete_the_critical_path(self) -> None:
        upward = upward_ranks(TOPCUOGLU)
        assert max(map(add, upward, downward_ranks(TOPCUOGLU))) == pytest.approx(108)
        assert critical_path(TOPCUOGLU.inbound, TOPCUOGLU.outbound, upward) == (0, 1, 8, 9)

    def test_the_critical_path_takes_no_short_cut(self) -> None:
        """0 → 1 → 2 and 0 → 2: all three are on it, though an edge leads past 1 (drawn with 1 and 2 either way)."""
        for middle, last in [(1, 2), (2, 1)]:
            graph = CostGraph([[1.0]] * 3, {(0, middle): 1.0, (middle, last): 1.0, (0, last): 1.0})
            assert critical_path(graph.inbound, graph.outbound, upward_ranks(graph)) == (0, middle, last)

    def test_heft(self) -> None:
        schedule = heft(TOPCUOGLU)
        assert schedule.makespan == 80
        assert schedule.starts == (0, 27, 9, 18, 28, 26, 38, 57, 56, 73)
        assert [processor + 1 for processor in schedule.processors] == [3, 1, 3, 2, 3, 2, 3, 1, 2, 2]

    def test_cpop_keeps_the_critical_path_on_the_second_processor(self) -> None:
        schedule = cpop(TOPCUOGLU)
        assert schedule.makespan == 86
        assert {schedule.processors[task - 1] + 1 for task in (1, 2, 9, 10)} == {2}

    def test_peft(self) -> None:
        assert peft(TOPCUOGLU).makespan == 85  # computed independently; not in the paper


class TestArabnejad:
    def test_optimistic_costs(self) -> None:
        table = optimistic_costs(ARABNEJAD)
        assert table[0] == [64, 68, 86]
        published = [72.667, 41, 37, 43.667, 31, 41.667, 17, 20.667, 16.333, 0]
        assert [sum(row) / 3 for row in table] == pytest.approx(published, abs=5e-4)

    @pytest.mark.parametrize(("scheduler", "makespan"), [(peft, 122), (heft, 133), (cpop, 167)])
    def test_makespan(self, scheduler: Scheduler, makespan: float) -> None:
        assert scheduler(ARABNEJAD).makespan == makespan


class TestDSLab:
    """Its five schedulers on demands over speeds.

    Its HEFT, PEFT and first-come follow our rules. Its Lookahead looks at all that is left, not at the children, with
    the same result. Its DLS differs from the paper's in three ways: it uses gaps, counts edges in its levels, and
    averages an edge over all pairs of resources, equal ones included (a quarter of them, for free).
    """

    @pytest.mark.parametrize(("scheduler", "makespan"), [(heft, 98), (lookahead, 94), (peft, 95), (first_come, 256)])
    def test_makespan(self, scheduler: Scheduler, makespan: float) -> None:
        assert scheduler(DSLAB).makespan == makespan

    def test_looking_to_the_end(self) -> None:
        assert lookahead(DSLAB, to_the_end=True).makespan == 94

    def test_dls(self) -> None:
        averaged = CostGraph(DSLAB.costs, {edge: cost * 12 / 16 for edge, cost in DSLAB.edges.items()})
        levels = upward_ranks(averaged, median_costs(DSLAB))
        assert dls(DSLAB, levels=levels, insertion=True).makespan == 96
        assert dls(DSLAB).makespan == 95  # the paper's; computed here


class TestEstee:
    """Its `plan1` (tests/test_estee/test_utils.py), whose third task makes an object of 1 each for a5 and a8.

    Its DLS, MCP and ETF decide when a task becomes ready and move data only then (`tests.planners.online`): 15 on two
    workers. Decided beforehand, with data on their way at once, the same rules do better.
    """

    @pytest.mark.parametrize("choose", [online_dls, online_mcp, online_etf])
    def test_decided_online(self, choose: Callable[[CostGraph], Choice]) -> None:
        schedule = Online(ESTEE, choose(ESTEE)).schedule()
        assert faults(schedule, ESTEE) == ()
        assert schedule.makespan == 15

    def test_levels(self) -> None:
        assert upward_ranks(ESTEE) == [9, 9, 6, 15, 3, 8, 4, 1]
        assert downward_ranks(ESTEE) == [0, 0, 3, 0, 7, 7, 0, 14]

    @pytest.mark.parametrize("scheduler", SCHEDULERS.values())
    def test_one_worker(self, scheduler: Scheduler) -> None:
        assert scheduler(CostGraph(ESTEE.costs[:, :1], ESTEE.edges)).makespan == 17

    @pytest.mark.parametrize(("scheduler", "makespan"), [(dls, 10), (mcp, 11), (etf, 10)])
    def test_two_workers(self, scheduler: Scheduler, makespan: float) -> None:
        schedule = scheduler(ESTEE)
        assert schedule.makespan == makespan <= 15


@pytest.mark.parametrize("name", SCHEDULERS)
@pytest.mark.parametrize(("graph", "optimum"), OPTIMA)
def test_no_schedule_beats_the_proven_optimum(name: str, graph: CostGraph, optimum: float) -> None:
    schedule = SCHEDULERS[name](graph)
    assert faults(schedule, graph) == ()
    assert schedule.duplicates or schedule.makespan >= optimum


@given(st.sampled_from(OPTIMA), st.data())
def test_no_decisions_beat_the_proven_optimum(case: tuple[CostGraph, float], data: st.DataObject) -> None:
    """Whatever the order and the processors, what comes out is possible, so it cannot be better."""
    graph, optimum = case
    ranks = data.draw(st.permutations([float(task) for task in range(graph.n_tasks)]))
    processors = data.draw(st.lists(st.integers(0, 2), min_size=graph.n_tasks, max_size=graph.n_tasks))
    partial = Partial(graph)
    order = by_rank(graph.parents, graph.children, ranks)
    place_in_order(partial, order, lambda task, *_: [float(each != processors[task]) for each in range(3)])
    assert faults(partial.schedule(), graph) == ()
    assert partial.schedule().processors == tuple(processors)
    assert partial.schedule().makespan >= optimum


class TestTimeline:
    def test_insertion_uses_the_first_gap_that_is_long_enough(self) -> None:
        timeline = Timeline()
        for start, finish in [(8.0, 9.0), (0.0, 2.0), (3.0, 5.0)]:
            timeline.occupy(start, finish)
        assert timeline.last == 9
        assert timeline.earliest_start(0, 1) == 2
        assert timeline.earliest_start(0, 2) == 5
        assert timeline.earliest_start(6.5, 2) == 9
        assert timeline.earliest_start(20, 3) == 20

    def test_what_takes_no_time_fits_between_two(self) -> None:
        timeline = Timeline()
        for start, finish in [(0.0, 2.0), (2.0, 5.0), (6.0, 7.0)]:
            timeline.occupy(start, finish)
        assert [timeline.earliest_start(ready, 0) for ready in (0, 1, 2, 4, 5.5, 6.5)] == [0, 2, 2, 5, 5.5, 7]

    def test_nothing_runs_across_what_takes_no_time(self) -> None:
        timeline = Timeline()
        timeline.occupy(4.0, 5.0)
        timeline.occupy(2.0, 2.0)
        assert timeline.earliest_start(1, 2) == 2
        assert timeline.earliest_start(0, 3) == 5

    @given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5)), max_size=25))
    def test_the_earliest_start_that_there_is(self, tasks: list[tuple[int, int]]) -> None:
        """Against trying every whole instant."""
        timeline, busy = Timeline(), list[tuple[int, int]]()
        for ready, duration in tasks:
            start = next(
                at
                for at in range(ready, 200)
                if all(at + duration <= begin or at >= end for begin, end in busy)
                and not any(begin < at < end for begin, end in busy)
            )
            assert timeline.copy().earliest_start(ready, duration) == start
            timeline.occupy(start, start + duration)
            busy.append((start, start + duration))


@given(cost_graphs(), st.data())
def test_a_trial_leaves_nothing_behind(graph: CostGraph, data: st.DataObject) -> None:
    partial, untouched = Partial(graph), Partial(graph)
    order = by_rank(graph.parents, graph.children, upward_ranks(graph))
    tried = data.draw(st.integers(0, graph.n_tasks))
    for at, task in enumerate(order):
        partial.begin_trial()
        place_in_order(partial, order[at : at + tried], lambda _, starts, costs, __: list(map(add, starts, costs)))
        partial.end_trial()
        for each in (partial, untouched):
            starts, *_ = each.offers(task)
            each.place(task, starts.index(min(starts)), min(starts))
    assert partial.schedule() == untouched.schedule()


def test_ranks_that_tie_on_paper_leave_the_order_to_the_task_number() -> None:
    assert levels([79.99999999999999, 80.0, 81.0, 79.0]) == [1, 1, 0, 2]
    assert levels_by([79.99999999999999, 80.0, 81.0, 79.0], [1.0, 2.0, 0.0, 3.0]) == [2, 1, 0, 3]
    assert levels_by([1.0, 1.0, 1.0], [0.3, 5.0, 0.1 + 0.2]) == [1, 0, 1]
    assert by_rank([(), ()], [(), ()], [0.3, 0.1 + 0.2]) == [0, 1]


def test_a_child_as_high_as_its_parent_still_waits_for_it() -> None:
    r"""1 → 0, both free: equal ranks, and the child has the lower number."""
    graph = CostGraph([[0.0], [0.0]], {(1, 0): 0.0})
    assert heft(graph).makespan == 0


def test_offers_that_tie_go_to_the_first() -> None:
    assert least([3.0, 0.1 + 0.2, 0.3]) == 1
    assert least([-1.0, -0.3, -1.0 - 1e-12]) == 0


class TestRefused:
    def test_a_cycle(self) -> None:
        with pytest.raises(CycleError):
            CostGraph([[1.0], [1.0]], {(0, 1): 1.0, (1, 0): 1.0})

    @pytest.mark.parametrize("costs", [[1.0, 2.0], [[-1.0]], [[float("nan")]], [[]]])
    def test_costs(self, costs: list[object]) -> None:
        with pytest.raises(ValueError, match="costs must be"):
            CostGraph(costs, {})  # type: ignore[arg-type]

    @pytest.mark.parametrize(("edge", "cost"), [((0, 1), -1.0), ((0, 1), float("inf")), ((0, 5), 1.0)])
    def test_edges(self, edge: tuple[int, int], cost: float) -> None:
        with pytest.raises(ValueError, match="edge 0→"):
            CostGraph([[1.0], [1.0]], {edge: cost})
