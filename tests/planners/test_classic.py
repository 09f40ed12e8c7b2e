"""The published schedules of HEFT, CPOP and PEFT, and Graham's anomalies, typed in from the papers.

Both graphs have this shape (task numbers from 1, as printed):

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

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planners.classic import (
    CostGraph,
    Placement,
    Schedule,
    cpop,
    downward_ranks,
    heft,
    list_schedule,
    optimistic_costs,
    peft,
    upward_ranks,
)
from planners.classic.cpop import critical_path
from planners.classic.heft import earliest_finish
from planners.classic.list_scheduling import schedule_by_rank
from planners.classic.schedule import faults
from planners.classic.timeline import Timeline
from planners.ties import levels

Scheduler = Callable[[CostGraph], Schedule]


def graph_of(costs: str, edges: str) -> CostGraph:
    """Rows separated by `/`; edges as `1-2:18`, tasks from 1 as in the papers."""
    rows = [[float(cost) for cost in row.split()] for row in costs.split("/")]
    pairs = [edge.replace(":", "-").split("-") for edge in edges.split()]
    return CostGraph(rows, {(int(a) - 1, int(b) - 1): float(cost) for a, b, cost in pairs})


TOPCUOGLU = graph_of(
    "14 16 9/13 19 18/11 13 19/13 8 17/12 13 10/13 16 9/7 15 11/5 11 14/18 12 20/21 7 16",
    "1-2:18 1-3:12 1-4:9 1-5:11 1-6:14 2-8:19 2-9:16 3-7:23 4-8:27 4-9:23 5-9:13 6-8:15 7-10:17 8-10:11 9-10:13",
)
ARABNEJAD = graph_of(
    "22 21 36/22 18 18/32 27 43/7 10 4/29 27 35/26 17 24/14 25 30/29 23 36/15 21 8/13 16 33",
    "1-2:17 1-3:31 1-4:29 1-5:13 1-6:7 2-8:3 2-9:30 3-7:16 4-8:11 4-9:7 5-9:57 6-8:5 7-10:9 8-10:42 9-10:7",
)
OPTIMA = [(TOPCUOGLU, 73), (ARABNEJAD, 113)]


class TestTopcuoglu:
    def test_upward_ranks(self) -> None:
        published = [108, 77, 80, 80, 69, 63.333, 42.667, 35.667, 44.333, 14.667]
        assert upward_ranks(TOPCUOGLU) == pytest.approx(published, abs=5e-4)

    def test_downward_ranks_complete_the_critical_path(self) -> None:
        through = upward_ranks(TOPCUOGLU) + downward_ranks(TOPCUOGLU)
        assert through.max() == pytest.approx(108)
        assert critical_path(TOPCUOGLU, through.tolist()) == (0, 1, 8, 9)

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
        assert table[0].tolist() == [64, 68, 86]
        published = [72.667, 41, 37, 43.667, 31, 41.667, 17, 20.667, 16.333, 0]
        assert table.mean(axis=1) == pytest.approx(published, abs=5e-4)

    @pytest.mark.parametrize(("scheduler", "makespan"), [(peft, 122), (heft, 133), (cpop, 167)])
    def test_makespan(self, scheduler: Scheduler, makespan: float) -> None:
        assert scheduler(ARABNEJAD).makespan == makespan


def test_dslab_variant() -> None:
    """Demands over speeds instead of a free matrix; its published HEFT agrees, so the conventions do."""
    demands = np.array([64, 76, 52, 32, 56, 64, 60, 44, 48, 28])
    graph = CostGraph(demands[:, None] / np.array([1, 2, 4, 4]), TOPCUOGLU.edges)
    assert heft(graph).makespan == 98
    assert peft(graph).makespan == 95


@pytest.mark.parametrize("scheduler", [heft, cpop, peft])
@pytest.mark.parametrize(("graph", "optimum"), OPTIMA)
def test_no_schedule_beats_the_proven_optimum(scheduler: Scheduler, graph: CostGraph, optimum: float) -> None:
    schedule = scheduler(graph)
    assert faults(schedule, graph) == ()
    assert schedule.makespan >= optimum


@given(st.sampled_from(OPTIMA), st.data())
def test_no_decisions_beat_the_proven_optimum(case: tuple[CostGraph, float], data: st.DataObject) -> None:
    """Whatever the order and the processors, what comes out is possible, so it cannot be better."""
    graph, optimum = case
    ranks = data.draw(st.permutations([float(task) for task in range(graph.n_tasks)]))
    processors = data.draw(st.lists(st.integers(0, 2), min_size=graph.n_tasks, max_size=graph.n_tasks))
    schedule = schedule_by_rank(graph, ranks, lambda task, offers: offers[processors[task]])
    assert faults(schedule, graph) == ()
    assert schedule.makespan >= optimum


costs = st.integers(0, 20).map(float)


@st.composite
def cost_graphs(draw: st.DrawFn) -> CostGraph:
    n_tasks, n_processors = draw(st.integers(1, 12)), draw(st.integers(1, 4))
    rows = draw(
        st.lists(st.lists(costs, min_size=n_processors, max_size=n_processors), min_size=n_tasks, max_size=n_tasks)
    )
    names = draw(st.permutations(range(n_tasks)))  # so that the number of a task says nothing about its place
    pairs = [(a, b) for b in range(n_tasks) for a in range(b)]
    edges = {(names[a], names[b]): draw(costs) for a, b in pairs if draw(st.booleans())}
    return CostGraph(rows, edges)


@given(cost_graphs(), st.sampled_from([heft, cpop, peft]))
def test_every_schedule_can_be_carried_out(graph: CostGraph, scheduler: Scheduler) -> None:
    schedule = scheduler(graph)
    assert faults(schedule, graph) == ()
    least = graph.costs.min(axis=1)
    path = np.zeros(graph.n_tasks)
    for task in graph.topological_order:
        path[task] = least[task] + max((path[parent] for parent in graph.parents[task]), default=0)
    assert schedule.makespan >= path.max()


@given(cost_graphs())
def test_on_one_processor_the_makespan_is_the_sum(graph: CostGraph) -> None:
    alone = CostGraph(graph.costs[:, :1], graph.edges)
    for scheduler in (heft, cpop, peft):
        assert scheduler(alone).makespan == alone.costs.sum()


def test_insertion_uses_the_first_gap_that_is_long_enough() -> None:
    timeline = Timeline()
    for start, finish in [(8.0, 9.0), (0.0, 2.0), (3.0, 5.0)]:
        timeline.occupy(start, finish)
    assert timeline.earliest_start(0, 1) == 2
    assert timeline.earliest_start(0, 2) == 5
    assert timeline.earliest_start(6.5, 2) == 9
    assert timeline.earliest_start(4, 0) == 5
    assert timeline.earliest_start(20, 3) == 20


def test_ranks_that_tie_on_paper_leave_the_order_to_the_task_number() -> None:
    assert levels([79.99999999999999, 80.0, 81.0, 79.0]) == [1, 1, 0, 2]
    graph = CostGraph([[0.1 + 0.2], [0.3]], {})
    order: list[int] = []

    def choose(task: int, offers: object) -> Placement:
        order.append(task)
        return Placement(0, float(task), float(task) + graph.costs[task, 0])

    schedule_by_rank(graph, [0.3, 0.1 + 0.2], choose)
    assert order == [0, 1]


def test_a_child_as_high_as_its_parent_still_waits_for_it() -> None:
    r"""1 → 0, both free: equal ranks, and the child has the lower number."""
    graph = CostGraph([[0.0], [0.0]], {(1, 0): 0.0})
    assert heft(graph).makespan == 0


def test_equal_finishes_go_to_the_lowest_processor() -> None:
    offers = [Placement(0, 1.0, 3.0), Placement(1, 0.0, 0.1 + 0.2), Placement(2, 0.0, 0.3)]
    assert earliest_finish(0, offers).processor == 1


class TestFaults:
    """`faults` is what the properties above rest on, so it has to find something."""

    graph = CostGraph([[2.0, 2.0], [3.0, 3.0]], {(0, 1): 5.0})

    @pytest.mark.parametrize(
        ("placements", "found"),
        [
            ([(0, 0, 2), (0, 2, 5)], ""),
            ([(0, 0, 2), (1, 7, 10)], ""),
            ([(0, 0, 2), (1, 6, 9)], "before 7.0"),
            ([(0, 0, 2), (0, 1, 4)], "overlap"),
            ([(0, 0, 1), (0, 2, 5)], "expected the end at 2.0"),
        ],
    )
    def test_finds(self, placements: list[tuple[int, float, float]], found: str) -> None:
        schedule = Schedule(tuple(Placement(*placement) for placement in placements))
        text = " ".join(faults(schedule, self.graph))
        assert found in text
        assert bool(text) == bool(found)


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


GRAHAM_TIMES = [3, 2, 2, 2, 4, 4, 4, 4, 9]
GRAHAM_ORDER = [(0, 8), (3, 4), (3, 5), (3, 6), (3, 7)]


class TestGraham:
    def test_three_machines(self) -> None:
        assert list_schedule(GRAHAM_TIMES, GRAHAM_ORDER, 3).makespan == 12

    def test_one_more_machine_is_slower(self) -> None:
        assert list_schedule(GRAHAM_TIMES, GRAHAM_ORDER, 4).makespan == 15

    def test_shorter_tasks_are_slower(self) -> None:
        assert list_schedule([time - 1 for time in GRAHAM_TIMES], GRAHAM_ORDER, 3).makespan == 13

    def test_fewer_constraints_are_slower(self) -> None:
        fewer = [pair for pair in GRAHAM_ORDER if pair not in [(3, 4), (3, 5)]]
        assert list_schedule(GRAHAM_TIMES, fewer, 3).makespan == 16

    @pytest.mark.parametrize("machines", [2, 3, 4, 5])
    def test_longest_first_at_its_worst(self, machines: int) -> None:
        """Two tasks each of 2m−1 … m+1, and three of m: 4m − 1 against an optimum of 3m."""
        m = machines
        times = [*(time for time in range(2 * m - 1, m, -1) for _ in range(2)), m, m, m]
        assert sum(times) == 3 * m * m  # the optimum leaves no machine idle
        assert list_schedule(times, [], m).makespan == 4 * m - 1

    @pytest.mark.parametrize("machines", [2, 3, 4, 8])
    def test_any_list_at_its_worst(self, machines: int) -> None:
        """m(m−1) tasks of 1, then one of m: (2 − 1/m) of the optimum, which starts with the long one."""
        m = machines
        times = [1] * (m * (m - 1)) + [m]
        assert list_schedule(times, [], m).makespan == 2 * m - 1
        assert list_schedule(times, [], m, order=[len(times) - 1, *range(len(times) - 1)]).makespan == m
