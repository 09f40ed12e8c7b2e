"""A tree of calls: every call is made by somebody, once, and nobody is left to make more than he should at a time."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from executor.worker.calls import Calls
from executor.worker.desk import Desk
from executor.worker.instructions import Invoke
from executor.worker.retry import Retry
from executor.worker.tree import spread

NEVER = Retry(1, 0, 1.0, 0)


def calls(n: int) -> list[Invoke]:
    return [Invoke(0, worker, 1, worker, (), 1024) for worker in range(n)]


def all_made(made: Sequence[Invoke], helpers: int | None) -> list[int]:
    """Whom a tree of calls reaches, each helper splitting in turn; everybody makes at most so many himself."""
    reached = []
    for call in made:
        assert helpers is None or len(made) <= helpers
        reached.append(call.worker)
        reached += all_made(spread(call.also, helpers), helpers)
    return reached


@given(st.integers(0, 200), st.one_of(st.none(), st.integers(1, 20)))
def test_everybody_is_called_once(n: int, helpers: int | None) -> None:
    assert sorted(all_made(spread(calls(n), helpers), helpers)) == list(range(n))


@given(st.integers(1, 200), st.integers(1, 20))
def test_whoever_is_called_earlier_gets_as_much_more(n: int, helpers: int) -> None:
    """So that all get through within one call of each other: the k-th begins k calls later."""
    made = spread(calls(n), helpers)
    ends = [place + len(call.also) for place, call in enumerate(made)]
    busy = [end for end, call in zip(ends, made, strict=True) if call.also]
    assert max(busy, default=0) - min(busy, default=0) <= 1


def test_few_calls_are_made_as_ever() -> None:
    assert spread(calls(3), 3) == calls(3)
    assert spread(calls(30), None) == calls(30)


def test_by_hand() -> None:
    """Ten calls, three helpers, so seven are left: the first begins one call before the second, and so on.

    3 goes to the first (ends after 1), 4 to it again (2, for the second would be no sooner), 5 to the second (2), …
    """
    assert [[call.worker for call in each.also] for each in spread(calls(10), 3)] == [[3, 4, 6, 9], [5, 7], [8]]


def test_a_share_that_never_arrived_is_kept() -> None:
    """Two calls at a time and one helper: who was called was known, so its share is made by the caller."""
    desk = Desk(NEVER, 0)
    caller = Calls(desk, 2, NEVER, 0, helpers=1)
    caller.invoke_all(calls(3))
    assert [(each.worker, len(each.also)) for each in desk.out] == [(0, 2)]  # type: ignore[union-attr]
    desk.out = []
    caller.accepted(1, is_known=True)
    assert [(each.worker, len(each.also)) for each in desk.out] == [(1, 1)]  # type: ignore[union-attr]
    desk.out = []
    caller.accepted(2)
    assert desk.out == []


def test_who_was_called_is_not_called_again() -> None:
    desk = Desk(NEVER, 0)
    caller = Calls(desk, 9, NEVER, 0, helpers=2)
    caller.invoke_all(calls(5))
    caller.invoke_all(calls(6))
    assert [each.worker for each in desk.out] == [0, 1, 5]  # type: ignore[union-attr]
    assert caller.has_called(4, 1)
    assert not caller.has_called(4, 2)
