"""An alarm: one thing to be done at a time that may move. It is scheduled anew only if it did."""

from __future__ import annotations

from collections.abc import Callable

from sim.clock import END, Clock, Happening


class Alarm:
    """Rings among the ends of its instant, at the place of the ``rank`` it was last set to."""

    __slots__ = ("_act", "_clock", "_due", "_happening")

    def __init__(self, clock: Clock, act: Callable[[], None]) -> None:
        self._clock = clock
        self._act = act
        self._due: tuple[int, int] | None = None
        self._happening: Happening | None = None

    def set(self, delay_ns: int, rank: int) -> None:
        """Ring after ``delay_ns`` from now, and not before."""
        due = (self._clock.now_ns + delay_ns, rank)
        if due != self._due:
            self.stop()
            self._due = due
            self._happening = Happening(self._ring)
            self._clock.after(delay_ns, END + rank, self._happening)

    def stop(self) -> None:
        """Do not ring."""
        if self._happening:
            self._happening.cancel()
            self._happening = self._due = None

    def _ring(self, _: Happening) -> None:
        self._happening = self._due = None
        self._act()
