"""The walk of local search, in a landscape that is written down: which plan each change is a change of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from planners.evaluator import Evaluation
from planners.goal import Goal
from planners.plan import Plan
from planners.search import local_search
from planners.search.contest import Contest, Tried
from planners.search.local_search import LocalSearch


class Landscape:
    """Plans are numbers: 0 is the champion to begin with, k what is tried in step k; how long each takes is written."""

    def __init__(self, makespans_s: Sequence[float], dead_ends: Collection[int]) -> None:
        self.space = SimpleNamespace(goal=Goal())
        self.changed: list[int] = []
        """Per step, the plan that was changed."""
        self._makespans_s = makespans_s
        self._dead_ends = dead_ends
        self.full: list[Tried] = []
        self.champion = self.try_out(0, lambda few: True)

    @property
    def is_over(self) -> bool:
        return len(self.full) == len(self._makespans_s)

    def focus(self, plan: int) -> None:
        """Nothing is seen of a number."""

    def is_fresh(self, plan: int) -> bool:
        return plan > 0

    def neighbour(self, space: object, near: int, *rest: object) -> int | None:
        if near in self._dead_ends:
            return None
        self.changed.append(near)
        return len(self.full)

    def try_out(self, plan: int, is_promising: Callable[[Evaluation], bool]) -> Tried:
        evaluation = Evaluation(np.array([self._makespans_s[plan]]), np.ones(1), (None,))
        tried = Tried(cast(Plan, plan), evaluation, evaluation, "search")
        self.full.append(tried)
        if plan and is_promising(evaluation) and self._makespans_s[plan] < self._makespans_s[self._best]:
            self.champion = tried
        return tried

    @property
    def _best(self) -> int:
        return cast(int, self.champion.plan)


def changed(
    monkeypatch: pytest.MonkeyPatch, makespans_s: Sequence[float], *, dead_ends: Collection[int] = (), **how: Any
) -> list[int]:
    """Of each step of a search, the plan that it changed."""
    landscape = Landscape(makespans_s, dead_ends)
    monkeypatch.setattr(local_search, "neighbour", landscape.neighbour)
    LocalSearch(**how).explore(cast(Contest, landscape))
    return landscape.changed


@pytest.mark.parametrize(
    ("memory", "path"),
    [
        (1, [0, 0, 2, 2, 2]),
        (2, [0, 0, 2, 3, 3]),  # the third is as good as what was held two steps before
        (3, [0, 0, 2, 3, 3]),
    ],
)
def test_a_plan_is_kept_if_it_is_no_worse_than_that_some_steps_ago(
    memory: int, path: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert changed(monkeypatch, [10, 12, 9, 10, 10.5, 1], memory=memory) == path


def test_what_is_no_worse_than_where_it_stands_is_kept_whatever_was_held_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The fourth: better than the third, worse than what was held two steps before."""
    assert changed(monkeypatch, [10, 9, 10, 9.5, 1], memory=2) == [0, 1, 2, 3]
    assert changed(monkeypatch, [10, 9, 9, 10, 1], memory=2) == [0, 1, 2, 2]


def test_without_a_better_plan_for_long_it_goes_on_from_one_of_the_eight_best(monkeypatch: pytest.MonkeyPatch) -> None:
    makespans_s = [10.0, 9, *(20.0 + k for k in range(10)), 99]
    reached = set()
    for seed in range(200):
        *before, after = changed(monkeypatch, makespans_s, memory=1, patience=10, seed=seed)
        assert before == [0, *[1] * 10]
        reached.add(after)
    assert reached == {1, 0, *range(2, 8)}


def test_it_is_patient_anew_from_where_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(20):
        path = changed(monkeypatch, [10.0, *(20.0 + k for k in range(12)), 99], patience=4, seed=seed)
        assert path[:4] == [0] * 4
        assert len({*path[4:8]}) == len({*path[8:12]}) == 1
        assert len(path) == 13


def test_where_it_goes_on_it_forgets_what_was_held_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """15 is kept, for it began at 20; 19 is not, once it goes on from 10."""
    paths = [changed(monkeypatch, [20, 10, 15, 30, 30, 19, 1], patience=3, seed=seed) for seed in range(20)]
    assert {tuple(path[:4]) for path in paths} == {(0, 1, 2, 2)}
    assert {path[5] for path in paths if path[4] == 1} == {1}


def test_where_nothing_new_is_near_it_goes_on_from_the_best_that_has_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    assert changed(monkeypatch, [10, 9.5, 9, 8], dead_ends={2}) == [0, 1, 1]
    assert changed(monkeypatch, [10, 9, 9.5, 8], dead_ends={1, 2}) == [0, 0, 0]


def test_from_there_it_is_held_to_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second step leads to a plan as good as where it goes on from, though worse than where it stood."""
    assert changed(monkeypatch, [10, 9, 10, 8], dead_ends={1}, memory=1) == [0, 0, 2]


def test_where_nothing_new_is_near_any_plan_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    assert changed(monkeypatch, [10, 9, 8, 7], dead_ends={0}) == []
