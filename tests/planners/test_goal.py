"""Goals: what makes one evaluation better than another."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planners.evaluator import Evaluation
from planners.goal import Goal
from workloads import InvalidInput


def evaluation(makespans_s: list[float], costs_usd: list[float] | None = None) -> Evaluation:
    costs = costs_usd or [1.0] * len(makespans_s)
    failures = tuple("it failed" if math.isnan(each) else None for each in makespans_s)
    return Evaluation(np.array(makespans_s), np.array(costs), failures)


def test_average_and_percentiles() -> None:
    found = evaluation([1.0, 2.0, 3.0, 10.0])
    assert Goal().time_s(found) == 4.0
    assert Goal("p50").time_s(found) == 2.5
    assert Goal("50").time_s(found) == 2.5
    assert Goal("p50").time_s(evaluation([1.0, math.nan])) == math.inf


@pytest.mark.parametrize("sla", ["mean", "p0", "p100", "100", "-5", "p", "", "95%"])
def test_what_is_no_percentile_is_refused(sla: str) -> None:
    with pytest.raises(InvalidInput, match="average, or a percentile"):
        Goal(sla)


def test_the_objective_is_money_under_a_deadline_alone() -> None:
    dear, cheap = evaluation([1.0], [5.0]), evaluation([2.0], [1.0])
    assert Goal().key(dear) < Goal().key(cheap)
    assert Goal(deadline_s=3.0).key(cheap) < Goal(deadline_s=3.0).key(dear)
    assert Goal(deadline_s=1.5).key(dear) < Goal(deadline_s=1.5).key(cheap)
    assert Goal(budget_usd=2.0).key(cheap) < Goal(budget_usd=2.0).key(dear)
    both = Goal(deadline_s=3.0, budget_usd=9.0)
    assert both.key(dear) < both.key(cheap), "the budget is there to be used"


def test_what_fails_is_last() -> None:
    goal = Goal(deadline_s=1.0)
    assert goal.key(evaluation([1e9, 1e9])) < goal.key(evaluation([1.0, math.nan]))
    assert goal.key(evaluation([1.0, math.nan])) < goal.key(evaluation([math.nan, math.nan]))
    assert not goal.is_met(evaluation([0.5, math.nan]))


times = st.lists(st.floats(0.01, 1e3), min_size=1, max_size=9)


@given(times, st.floats(0.01, 1e3), st.floats(0.01, 1e3))
def test_a_looser_deadline_is_met_whenever_a_tighter_one_is(values: list[float], one: float, other: float) -> None:
    tight, loose = sorted((one, other))
    found = evaluation(values)
    assert Goal(deadline_s=loose).shortfall(found) <= Goal(deadline_s=tight).shortfall(found)
    assert Goal(deadline_s=loose).is_met(found) or not Goal(deadline_s=tight).is_met(found)


@given(times, st.floats(1, 99), st.floats(1, 99))
def test_a_higher_percentile_is_never_shorter(values: list[float], one: float, other: float) -> None:
    low, high = sorted((one, other))
    found = evaluation(values)
    assert Goal(f"p{low:.3f}").time_s(found) <= Goal(f"p{high:.3f}").time_s(found)
