"""The race of proposals: who goes on, with how many runs, and who is first."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import pytest

from planners.evaluator import Evaluation
from planners.evidence import CLEAR
from planners.goal import Goal
from planners.plan import Plan
from planners.race import LAPS, Lap, Racer, race
from tests.planners.test_improve import PLAN, Luck, evaluation

LAST = Lap(6, hopeless=0.0)


class Scripted(Luck):
    """Makespans by number and run, the last one for all further runs; notes who was run how often."""

    def __init__(self, makespans_s: dict[int, Sequence[float]], costs_usd: dict[int, float] | None = None) -> None:
        super().__init__({}, 0.0, costs_usd=costs_usd)
        self.makespans_s = makespans_s
        self.asked: list[tuple[int, int]] = []

    def evaluate(self, plan: Plan, *, runs: int | None = None, draw: int = 0) -> Evaluation:
        number, n = plan.priority[0], runs or 10
        self.asked.append((number, n))
        known_s = self.makespans_s[number]
        padded_s = np.array([*known_s, *[known_s[-1]] * n][:n])
        return evaluation(padded_s, np.full(n, self.costs_usd.get(number, 1.0)))


def raced(luck: Scripted, *numbers: int, laps: Sequence[Lap] = (*LAPS, LAST)) -> Racer | None:
    plans = [msgspec.structs.replace(PLAN, priority=(number, *PLAN.priority[1:])) for number in numbers]
    return race(plans, evaluation(np.full(6, 10.0)), luck, Goal(), laps)


def first(luck: Scripted, *numbers: int, laps: Sequence[Lap] = (*LAPS, LAST)) -> int:
    found = raced(luck, *numbers, laps=laps)
    assert found is not None
    return found.plan.priority[0]


def test_nobody_starts() -> None:
    assert raced(Scripted({})) is None


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8])
def test_the_better_half_goes_on(n: int) -> None:
    luck = Scripted({k: [9.0 - k] for k in range(n)})
    assert first(luck, *range(n)) == n - 1
    half, best = (n + 1) // 2, [*range(n - 1, -1, -1)]
    fields = ((2, [*range(n)]), (5, best[:half]), (6, best[: (half + 1) // 2]))
    assert luck.asked == [(number, runs) for runs, field in fields for number in field]


def test_of_equals_the_first_proposed() -> None:
    assert first(Scripted({1: [9.0], 2: [9.0]}), 2, 1) == 2


def test_more_runs_may_turn_the_order_round() -> None:
    assert first(Scripted({1: [7.0, 7.0, 9.0], 2: [8.0]}), 1, 2, laps=LAPS) == 1
    assert first(Scripted({1: [7.0, 7.0, 9.5], 2: [8.0], 3: [9.9]}), 1, 2, 3, laps=LAPS) == 2


def test_out_after_two_runs_is_who_is_clearly_worse_and_after_five_who_is_no_better() -> None:
    clearly, hardly = 10.0 * (1 + CLEAR), 10.0 * (1 + CLEAR) - 1e-6
    for makespan_s, asked in ((clearly, [(1, 2)]), (hardly, [(1, 2), (1, 5)])):
        luck = Scripted({1: [makespan_s]})
        found = raced(luck, 1)
        assert found is not None
        assert found.is_out
        assert luck.asked == asked
    late = Scripted({1: [10.0, 10.0, 10.0, 10.0, 9.9]})
    found = raced(late, 1)
    assert found is not None
    assert not found.is_out
    assert late.asked[-1] == (1, 6)


def test_who_is_out_is_behind_all_others_however_short_its_runs() -> None:
    """The second's first two runs are longer, then short; the first is out after five and cannot win by fewer runs."""
    luck = Scripted({1: [10.0, 10.0, 10.0, 10.0, 10.1], 2: [10.2, 10.2, 9.0]})
    assert first(luck, 1, 2, laps=(LAPS[0], Lap(5, 0.0))) == 1  # of two only the better goes on, and is out
    assert first(luck, 2, 1, 1, 2, laps=(LAPS[0], Lap(5, 0.0))) == 1
    assert first(Scripted({1: [10.1], 2: [10.3, 10.3, 9.9]}), 1, 2, 2, laps=LAPS) == 2


def test_what_costs_too_much_is_behind_what_does_not() -> None:
    """A third faster at twice the cost is not worth it; a tenth faster at the same cost is."""
    assert first(Scripted({1: [7.0], 2: [9.0]}, {1: 2.0}), 1, 2) == 2
    assert first(Scripted({1: [7.0], 2: [9.0]}, {1: 1.4}), 1, 2) == 1
    assert first(Scripted({1: [7.0], 2: [11.0]}, {1: 2.0, 2: 0.5}), 1, 2, laps=LAPS[:1]) == 1  # the other is out


def test_prices_are_compared_over_the_same_runs() -> None:
    """The present plan's later runs cost ten times its first two; who costs twice as much in those is too dear."""
    before = evaluation(np.full(6, 10.0), np.array([1.0, 1.0, 10.0, 10.0, 10.0, 10.0]))
    plans = [msgspec.structs.replace(PLAN, priority=(number, *PLAN.priority[1:])) for number in (1, 2)]
    found = race(plans, before, Scripted({1: [7.0], 2: [9.0]}, {1: 2.0}), Goal(), LAPS[:1])
    assert found is not None
    assert found.plan.priority[0] == 2
