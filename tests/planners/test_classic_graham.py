"""Scheduling on identical machines: Graham's anomalies and bounds, and orders that are optimal on unit times."""

from __future__ import annotations

from functools import cache
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planners.classic import list_schedule
from planners.classic.levels import highest_label_first, highest_level_first

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

    @given(st.lists(st.integers(0, 9), min_size=1, max_size=7), st.integers(1, 4), st.data())
    def test_no_list_exceeds_the_bound(self, times: list[int], machines: int, data: st.DataObject) -> None:
        """Against the better of the longest task and an even share, either of which the optimum may exceed."""
        order = data.draw(st.permutations(range(len(times))))
        pairs = [(a, b) for a in range(len(times)) for b in range(a + 1, len(times)) if data.draw(st.booleans())]
        makespan = list_schedule(times, pairs, machines, order).makespan
        path = [0] * len(times)
        for task in range(len(times)):
            path[task] = times[task] + max((path[a] for a, b in pairs if b == task), default=0)
        assert makespan <= sum(times) / machines + (1 - 1 / machines) * max(path) + 1e-9


def optimum(n_tasks: int, pairs: list[tuple[int, int]], machines: int) -> int:
    """The least number of unit steps, by trying every set of ready tasks in each."""
    parents = [frozenset(a for a, b in pairs if b == task) for task in range(n_tasks)]

    @cache
    def steps(done: frozenset[int]) -> int:
        ready = [task for task in range(n_tasks) if task not in done and parents[task] <= done]
        if not ready:
            return 0
        return 1 + min(steps(done | {*taken}) for taken in combinations(ready, min(machines, len(ready))))

    return steps(frozenset())


@st.composite
def in_trees(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Each task but the last has one child of a higher number."""
    n_tasks = draw(st.integers(1, 9))
    return [(task, draw(st.integers(task + 1, n_tasks - 1))) for task in range(n_tasks - 1)]


@given(in_trees(), st.integers(1, 4))
def test_the_highest_level_first_is_optimal_on_in_trees(pairs: list[tuple[int, int]], machines: int) -> None:
    n_tasks = len(pairs) + 1
    order = highest_level_first(n_tasks, pairs)
    assert list_schedule([1] * n_tasks, pairs, machines, order).makespan == optimum(n_tasks, pairs, machines)


@given(st.integers(1, 8), st.data())
def test_the_highest_label_first_is_optimal_on_two_machines(n_tasks: int, data: st.DataObject) -> None:
    pairs = [pair for pair in combinations(range(n_tasks), 2) if data.draw(st.booleans())]
    order = highest_label_first(n_tasks, pairs)
    assert list_schedule([1] * n_tasks, pairs, 2, order).makespan == optimum(n_tasks, pairs, 2)


@given(st.integers(1, 8), st.data())
def test_edges_that_others_imply_decide_no_label(n_tasks: int, data: st.DataObject) -> None:
    """The paper's labels are for the graph without them."""
    pairs = [pair for pair in combinations(range(n_tasks), 2) if data.draw(st.booleans())]
    implied = {pair for pair in combinations(range(n_tasks), 2) if is_implied(pair, pairs)}
    least = [pair for pair in pairs if pair not in implied]
    assert highest_label_first(n_tasks, pairs) == highest_label_first(n_tasks, least)


def is_implied(pair: tuple[int, int], pairs: list[tuple[int, int]]) -> bool:
    """Whether a path of two or more edges leads from one to the other."""
    reached = {after for before, after in pairs if before == pair[0] and after != pair[1]}
    for task in range(pair[0] + 1, pair[1]):
        reached |= {after for before, after in pairs if before == task and task in reached}
    return pair[1] in reached
