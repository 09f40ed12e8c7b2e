"""Every optimization has an example, shown in docs/optimizations.md, in which it happens and helps."""

from __future__ import annotations

import pytest

from benchmarks.pictures import EXAMPLES, OUT, runs_of
from optimizations.optimization import Optimization
from planners.switches import all_switches


def test_there_is_one_for_each() -> None:
    assert EXAMPLES.keys() == all_switches().keys()
    assert {path.stem for path in OUT.glob("*.png")} == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_happens_and_helps(name: str) -> None:
    switch = all_switches()[name]
    assert isinstance(switch, Optimization)
    without, with_it = runs_of(name)
    assert without.makespan_s is not None
    assert with_it.makespan_s is not None
    assert with_it.makespan_s < 0.95 * without.makespan_s
    account = switch.account(with_it)
    assert account.planned >= account.applied >= account.used > 0
    assert account.applied == account.used + account.wasted
    assert not switch.is_on(without.plan)
    assert not switch.is_on(switch.off(with_it.plan))
    if name != "stream":  # which leaves the early calls that it asked for: they are of use without it
        assert switch.off(with_it.plan) == without.plan
