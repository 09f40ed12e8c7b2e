"""What every classical scheduler promises, and what clustering and duplication promise beside."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planners.classic import (
    SCHEDULERS,
    CostGraph,
    Placement,
    Schedule,
    dsc,
    faults,
    heft,
    lookahead,
    max_min,
    mct,
    met,
    min_min,
    olb,
    sufferage,
    tds,
)
from planners.classic.batch import latest, least_loss, soonest
from planners.classic.choices import Prefer, earliest_finish, least
from planners.classic.list_scheduling import Urgency, best_offer
from planners.classic.partial import Partial
from planners.classic.ranks import static_levels, upward_ranks
from tests.planners.classic_examples import cost_graphs, identical, random_graph, renamed, shortest_possible
from tests.support import ROOT

each_scheduler = pytest.mark.parametrize("name", SCHEDULERS)
BY_NUMBER = {"mct", "met", "olb", "first-come"}
"""They take tasks as they come, and of those that are there the lowest number."""
TIES = {"peft", "tds"}
"""All tasks without children rank 0 for PEFT; tasks with one favourite parent start together for TDS."""


@each_scheduler
@given(graph=cost_graphs())
def test_every_schedule_can_be_carried_out(name: str, graph: CostGraph) -> None:
    schedule = SCHEDULERS[name](graph)
    assert faults(schedule, graph) == ()
    assert schedule.makespan >= shortest_possible(graph) - 1e-9
    assert SCHEDULERS[name](graph) == schedule


@each_scheduler
@given(graph=cost_graphs())
@settings(max_examples=20)
def test_on_one_processor_the_makespan_is_the_sum(name: str, graph: CostGraph) -> None:
    alone = CostGraph(graph.costs[:, :1], graph.edges)
    schedule = SCHEDULERS[name](alone)
    assert schedule.makespan == alone.costs.sum()
    assert not schedule.duplicates


@each_scheduler
@given(seed=st.integers(0, 1000), n_tasks=st.integers(1, 25), data=st.data())
@settings(max_examples=20)
def test_names_decide_nothing_but_ties(name: str, seed: int, n_tasks: int, data: st.DataObject) -> None:
    graph = random_graph(seed, n_tasks, 3)
    names = data.draw(st.permutations(range(n_tasks)))
    schedule, other = SCHEDULERS[name](graph), SCHEDULERS[name](renamed(graph, names))
    if name in BY_NUMBER | TIES:
        assert faults(other, renamed(graph, names)) == ()
    else:
        assert other.makespan == pytest.approx(schedule.makespan)
        assert [other.processors[names[task]] for task in range(n_tasks)] == list(schedule.processors)


CHAIN = {(0, 1): 5.0, (1, 2): 5.0}
STAR = {(0, child): 1.0 for child in range(1, 5)}


@each_scheduler
@pytest.mark.parametrize(
    ("costs", "edges"),
    [
        ([[3.0, 4.0]], {}),
        ([[1.0, 1.0]] * 3, CHAIN),
        ([[0.0, 0.0]] * 3, CHAIN),
        ([[2.0, 2.0, 2.0]] * 5, STAR),
        ([[0.0, 0.0, 0.0]] * 5, STAR),
        ([[0.0, 0.0]] * 4, {}),
    ],
    ids=["one", "chain", "free chain", "star", "free star", "free roots"],
)
def test_small_and_free_ones(name: str, costs: list[list[float]], edges: dict[tuple[int, int], float]) -> None:
    graph = CostGraph(costs, edges)
    schedule = SCHEDULERS[name](graph)
    assert faults(schedule, graph) == ()
    if edges is CHAIN and name not in {"olb", "first-come"}:
        assert schedule.makespan == graph.costs.min(axis=1).sum()


def every_schedule(graph: CostGraph) -> Iterator[float]:
    """The makespans of all orders on all processors, as early as possible: the optimum is among them."""
    orders = [
        order
        for order in permutations(range(graph.n_tasks))
        if all(order.index(parent) < order.index(child) for parent, child in graph.edges)
    ]
    for order, where in product(orders, product(range(graph.n_processors), repeat=graph.n_tasks)):
        idle, finish = [0.0] * graph.n_processors, [0.0] * graph.n_tasks
        for task in order:
            arrivals = [finish[p] + (cost if where[p] != where[task] else 0.0) for p, cost in graph.inbound[task]]
            finish[task] = max([idle[where[task]], *arrivals]) + graph.rows[task][where[task]]
            idle[where[task]] = finish[task]
        yield max(finish)


@given(cost_graphs(max_tasks=4, max_processors=2))
def test_nothing_beats_the_best_of_all_schedules(graph: CostGraph) -> None:
    optimum = min(every_schedule(graph))
    for name, scheduler in SCHEDULERS.items():
        schedule = scheduler(graph)
        assert schedule.duplicates or schedule.makespan >= optimum - 1e-9, name


@pytest.mark.parametrize(
    ("scheduler", "placements"),
    [
        (min_min, [(1, 0, 5), (0, 0, 1), (0, 1, 3)]),
        (max_min, [(0, 0, 4), (0, 4, 5), (1, 0, 4)]),
        (sufferage, [(1, 0, 5), (0, 2, 3), (0, 0, 2)]),
    ],
)
def test_batches_by_hand(
    scheduler: Callable[[CostGraph], Schedule], placements: list[tuple[int, float, float]]
) -> None:
    """Min-min: 1 (ends 1), 2 (3 against 4), 0 (7 against 5). Max-min: 0 (4), 2 (6, 4), 1 (5, 6).

    Sufferage: 2, which would lose 2; then 0 (6, 5) and 1 (3, 2) would lose 1 each; 0 by number, and 1 (3, 7).
    """
    graph = CostGraph([[4.0, 5.0], [1.0, 2.0], [2.0, 4.0]], {})
    assert scheduler(graph) == Schedule(tuple(Placement(*placement) for placement in placements))


@pytest.mark.parametrize(
    ("scheduler", "slow_here", "slow_there"), [(mct, (0, 0), (0, 0)), (met, (0, 1), (0, 0)), (olb, (0, 1), (0, 1))]
)
def test_at_once_by_hand(
    scheduler: Callable[[CostGraph], Schedule], slow_here: tuple[int, int], slow_there: tuple[int, int]
) -> None:
    """The second task would end at 5 (or 3) beside the first, at 11 + 2 (or + 4) on the other, which is idle."""
    for second, processors in [([4.0, 2.0], slow_here), ([2.0, 4.0], slow_there)]:
        assert scheduler(CostGraph([[1.0, 5.0], second], {(0, 1): 10.0})).processors == processors


URGENT: dict[str, tuple[Prefer, Urgency]] = {
    "min-min": (earliest_finish, soonest),
    "max-min": (earliest_finish, latest),
    "sufferage": (earliest_finish, least_loss),
}


@pytest.mark.parametrize("name", URGENT)
@given(graph=cost_graphs())
def test_nothing_is_missed_by_looking_only_where_something_changed(name: str, graph: CostGraph) -> None:
    """Against looking at everything that is ready at every step."""
    prefer, urgency = URGENT[name]
    partial = Partial(graph, insertion=False)
    placed: set[int] = set()
    while len(placed) < graph.n_tasks:
        ready = [task for task in range(graph.n_tasks) if task not in placed and placed.issuperset(graph.parents[task])]
        best = {task: best_offer(partial, task, prefer, urgency) for task in ready}
        task = least([best[task].urgency for task in ready])
        partial.place(ready[task], best[ready[task]].offer, best[ready[task]].start)
        placed.add(ready[task])
    assert SCHEDULERS[name](graph) == partial.schedule()


def test_the_hash_seed_decides_nothing() -> None:
    script = (
        "from planners.classic import SCHEDULERS\n"
        "from tests.planners.classic_examples import random_graph\n"
        "graphs = [random_graph(seed, 40, 4) for seed in range(3)]\n"
        "print([(name, make(graph)) for name, make in SCHEDULERS.items() for graph in graphs])\n"
    )
    written = {
        subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, env={"PYTHONHASHSEED": seed}, check=True, capture_output=True
        ).stdout
        for seed in ("0", "1", "42")
    }
    assert len(written) == 1


def test_of_what_must_start_at_once_the_task_whose_child_must_start_sooner() -> None:
    """MCP: 0 (3 s) → 2 (2 s) and 1 (1 s) → 3 (4 s) are as long; the latest start of 2 is 3, that of 3 is 1."""
    graph = CostGraph([[3.0], [1.0], [2.0], [4.0]], {(0, 2): 0.0, (1, 3): 0.0})
    assert SCHEDULERS["mcp"](graph).starts == (1, 0, 8, 4)


def test_looking_ahead_sees_what_the_children_need() -> None:
    """Task 0 ends at 2 on either; its child takes 1 on the second, 9 on the first, and 5 to get there: 9 − 5 > 1."""
    graph = CostGraph([[2.0, 2.5], [9.0, 1.0]], {(0, 1): 5.0})
    assert heft(graph).makespan == 8
    assert lookahead(graph).processors == (1, 1)
    assert lookahead(graph).makespan == 3.5


class TestClustering:
    @given(cost_graphs())
    def test_on_enough_processors_it_is_never_slower_than_each_task_alone(self, graph: CostGraph) -> None:
        free = identical(graph)
        assert dsc(free).makespan <= max(upward_ranks(free)) + 1e-9

    @given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=6), st.integers(0, 9))
    def test_forks_are_optimal(self, branches: list[tuple[int, int]], root: int) -> None:
        """The best of all sets of children to keep beside the root."""
        times = [float(root), *(float(time) for time, _ in branches)]
        graph = CostGraph.identical(times, {(0, 1 + i): float(edge) for i, (_, edge) in enumerate(branches)})
        assert dsc(graph).makespan == root + split(branches)

    @given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=6), st.integers(0, 9))
    def test_joins_are_optimal(self, branches: list[tuple[int, int]], last: int) -> None:
        n = len(branches)
        times = [*(float(time) for time, _ in branches), float(last)]
        graph = CostGraph.identical(times, {(i, n): float(edge) for i, (_, edge) in enumerate(branches)})
        assert dsc(graph).makespan == last + split(branches)


def split(branches: list[tuple[int, int]]) -> float:
    """Of all ways to keep some branches together (their times add up) and the others apart the quickest."""
    return min(
        max(
            sum(time for kept, (time, _) in zip(keep, branches, strict=True) if kept),
            max((time + edge for kept, (time, edge) in zip(keep, branches, strict=True) if not kept), default=0),
        )
        for keep in product([True, False], repeat=len(branches))
    )


class TestDuplication:
    def test_a_root_that_is_cheaper_to_repeat(self) -> None:
        """1 + 5 on each of three processors; elsewhere its data come after 101."""
        graph = CostGraph.identical([1.0, 5.0, 5.0, 5.0], {(0, child): 100.0 for child in (1, 2, 3)})
        schedule = tds(graph)
        assert schedule.makespan == 6
        assert sorted(task for task, _ in schedule.duplicates) == [0, 0]
        assert faults(schedule, graph) == ()

    @given(st.lists(st.integers(0, 9), min_size=1, max_size=10), st.data())
    def test_on_enough_processors_out_trees_take_no_longer_than_their_paths(
        self, times: list[int], data: st.DataObject
    ) -> None:
        edges = {(data.draw(st.integers(0, i - 1)), i): data.draw(st.integers(0, 20)) for i in range(1, len(times))}
        graph = CostGraph.identical([float(time) for time in times], edges)
        assert tds(graph).makespan == max(static_levels(graph))

    def test_a_copy_that_nobody_uses_is_left_out(self) -> None:
        """Both chains begin with the root; but what its first run makes is on the other processor as soon as there."""
        graph = CostGraph.identical([4.0, 3.0, 2.0], {(0, 1): 4.0, (0, 2): 0.0}, 3)
        schedule = tds(graph)
        assert schedule.makespan == 7
        assert schedule.duplicates == ()


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
            ([(0, 0, 2)], "1 tasks are placed; expected 2"),
            ([(0, 0, 2), (1, 2, 5), (1, 0, 2)], ""),
            ([(0, 0, 2), (1, 2, 5), (1, 0, 1)], "expected the end at 2.0"),
            ([(0, 0, 2), (1, 2, 5), (1, 1, 3)], "overlap"),
            ([(1, 3, 5), (1, 0, 3), (0, 0, 2)], "before 5"),
        ],
    )
    def test_finds(self, placements: list[tuple[int, float, float]], found: str) -> None:
        """A third placement is a second copy of task 0."""
        first, further = placements[:2], placements[2:]
        copies = tuple((0, Placement(*placement)) for placement in further)
        schedule = Schedule(tuple(Placement(*placement) for placement in first), copies)
        text = " ".join(faults(schedule, self.graph))
        assert found in text
        assert bool(text) == bool(found)

    @pytest.mark.parametrize(("start", "found"), [(7.0, ""), (6.0, "before 7.0")])
    def test_a_copy_needs_its_inputs_too(self, start: float, found: str) -> None:
        """Task 1 runs beside task 0 and, again, on the other processor."""
        again = (1, Placement(1, start, start + 3))
        schedule = Schedule((Placement(0, 0.0, 2.0), Placement(0, 2.0, 5.0)), (again,))
        text = " ".join(faults(schedule, self.graph))
        assert found in text
        assert bool(text) == bool(found)
