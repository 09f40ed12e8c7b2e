"""Tasks that share a worker by decision: clusters folded by hand, and homes that have or find a worker."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planners.classic.choices import earliest_finish
from planners.list_homes import folded, place_at_home
from planners.list_kinds import kinds_of
from planners.list_ranked import Cpop
from planners.list_state import ListState
from platforms import Platform
from tests.planners.examples import roots, round_platform
from workloads import MemoryTable, Workflow, WorkflowBuilder


class TestFolding:
    def test_the_most_work_first_though_it_stands_last(self) -> None:
        """5 | 4, then 3 to the 4, 3 to the 5, and 1 to where 7 s are against 8."""
        costs = [1.0, 3.0, 3.0, 4.0, 5.0]
        assert folded([[0], [1], [2], [3], [4]], costs, 2) == [[4, 2], [3, 1, 0]]

    def test_from_most_work_to_least(self) -> None:
        """5 | 4, then 3 to the 4, 3 to the 5, and 1 to where 7 s are. Without a limit nothing is folded."""
        costs = [5.0, 4.0, 3.0, 3.0, 1.0]
        assert folded([[0], [1], [2], [3], [4]], costs, 2) == [[0, 3], [1, 2, 4]]
        assert folded([[0, 1], [2]], costs, math.inf) == [[0, 1], [2]]

    def test_work_is_that_of_all_tasks_of_a_cluster(self) -> None:
        """2 + 2 | 3, then 1 to the 3."""
        assert folded([[0, 1], [2], [3]], [2.0, 2.0, 3.0, 1.0], 2) == [[0, 1], [2, 3]]

    @pytest.mark.parametrize(("most", "homes"), [(3, [[0], [1], [2]]), (2, [[0], [1, 2]])])
    def test_as_many_as_there_may_be_stay_apart(self, most: int, homes: list[list[int]]) -> None:
        """Also those that take no time, of which a full home would take any number."""
        assert folded([[0], [1], [2]], [1.0, 0.0, 0.0], most) == homes

    @given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=3), min_size=1, max_size=9), st.integers(1, 9))
    def test_clusters_stay_whole_and_loads_even(self, works: list[list[int]], most: int) -> None:
        """Graham's bound: whoever is loaded most was loaded least before his last cluster came."""
        costs = [float(work) for cluster in works for work in cluster]
        numbers = iter(range(len(costs)))
        clusters = [[next(numbers) for _ in cluster] for cluster in works]
        homes = folded(clusters, costs, most)
        assert len(homes) <= most
        assert sorted(task for home in homes for task in home) == list(range(len(costs)))
        home_of = {task: number for number, home in enumerate(homes) for task in home}
        assert all(len({home_of[task] for task in cluster}) == 1 for cluster in clusters)
        heaviest = max(sum(costs[task] for task in home) for home in homes)
        assert heaviest <= sum(costs) / most + max(map(sum, works))


def at_home(workflow: Workflow, platform: Platform, homes: Sequence[Sequence[int]], sizes: str = "") -> ListState:
    """The tasks placed in the order of their numbers."""
    kinds, _ = kinds_of(workflow, platform, None, sizes)
    state = ListState(kinds, platform)
    place_at_home(state, range(workflow.n_tasks), homes, earliest_finish)
    return state


class TestHomes:
    def test_the_size_is_that_on_which_all_of_it_takes_least(self) -> None:
        """5 + 1 + 1 s against 3 + 3 + 3 s, though the longest and the first are faster on the larger."""
        builder = WorkflowBuilder("path")
        for i, small_s in enumerate((5.0, 1.0, 1.0)):
            curve = MemoryTable([(512, small_s), (1024, 3.0)])
            builder.add_task(f"t{i}", curve=curve, after=[f"t{i - 1}"] if i else [])
        plan = Cpop(sizes="512+1024").plan(builder.build(), round_platform())
        assert [plan.size_of(task) for task in range(3)] == [512] * 3

    def test_where_the_size_may_not_be_had_once_more_the_next_best(self) -> None:
        builder = WorkflowBuilder("roots")
        for i in range(2):
            builder.add_task(f"t{i}", curve=MemoryTable([(512, 3.0), (1024, 2.0), (2048, 2.5)]))
        state = at_home(builder.build(), round_platform(concurrency_per_size=1), [[0], [1]], "512+1024+2048")
        assert [state.kinds[kind].memory_mb for kind in state.worker_kinds] == [1024, 2048]

    def test_where_no_worker_may_be_had_it_shares_one(self) -> None:
        assert at_home(roots(5.0, 5.0), round_platform(concurrency=1), [[0], [1]]).arrivals.worker == [0, 0]

    def test_whose_worker_lives_no_longer_moves(self) -> None:
        """500 + 500 s are more than 810 s. The third task stays with the second, .1 s later than beside the first."""
        state = at_home(roots(500.0, 500.0, 200.0), round_platform(max_duration_s=900), [[0, 1, 2]])
        assert state.arrivals.worker == [0, 1, 1]
        assert state.arrivals.finish_s == pytest.approx([500.6, 500.7, 700.7])
