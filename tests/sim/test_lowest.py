"""The list of the lowest against a table that is searched from end to end; and it does not grow with time."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from sim.lowest import Lowest

N = 5
FEW = 64


@dataclass(eq=False)
class Subject:
    serial: int


SUBJECTS = [Subject(serial) for serial in range(N)]
changes = st.lists(st.tuples(st.integers(0, N - 1), st.none() | st.integers(0, 50)), max_size=60)


@given(changes, st.integers(0, 200))
def test_the_first_is_the_lowest_of_all(changes: list[tuple[int, int | None]], repeated: int) -> None:
    """Figures rise without a word, fall with a note, and end; after each change the lowest is asked for."""
    now: dict[int, int | None] = dict.fromkeys(range(N))
    lowest = Lowest[Subject](lambda subject: now[subject.serial])
    for step, (serial, figure) in enumerate(changes):
        now[serial] = figure
        if figure is not None:
            for above in range(repeated if step % 10 == 0 else 0, -1, -1):  # falls in many steps
                now[serial] = figure + above
                lowest.note(SUBJECTS[serial], figure + above)
        counted = [(value, serial) for serial, value in now.items() if value is not None]
        first = lowest.first()
        assert (first and (now[first.serial], first.serial)) == min(counted, default=None)


def test_a_figure_that_falls_and_falls_is_listed_once_or_so() -> None:
    """What was listed higher is forgotten; what others have listed is kept."""
    now = {0: 10_000, 1: 9_999, 2: 20_000}
    lowest = Lowest[Subject](lambda subject: now[subject.serial])
    for serial in (1, 2):
        lowest.note(SUBJECTS[serial], now[serial])
    for figure in range(10_000, 5_000, -1):
        now[0] = figure
        lowest.note(SUBJECTS[0], figure)
        assert len(lowest._heap) <= 2 * N + FEW
    assert lowest.first() == SUBJECTS[0]
    now[0] = 30_000
    assert lowest.first() == SUBJECTS[1]
    now[1] = 40_000
    assert lowest.first() == SUBJECTS[2]
