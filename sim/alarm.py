"""An alarm: one thing to be done at a time that may move. It is scheduled anew only if it did."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sim.clock import END, Clock, Due, Happening

NEVER = -1


class Alarm:
    """Rings among the ends of its instant, at the place of the ``rank`` it was last set to."""

    __slots__ = ("_act", "_clock", "_happening", "_rank", "due_ns")

    def __init__(self, clock: Clock, act: Callable[[], None]) -> None:
        self._clock = clock
        self._act = act
        self._happening: Happening | None = None
        self._rank = 0
        self.due_ns = NEVER
        """When it will ring."""

    def set(self, delay_ns: int, rank: int) -> None:
        """Ring after ``delay_ns`` from now, and not before."""
        due_ns = self._clock.now_ns + delay_ns
        if due_ns != self.due_ns or rank != self._rank:
            if self._happening:
                self._happening.cancel()
            self.due_ns, self._rank = due_ns, rank
            self._happening = Happening(self._ring)
            self._clock.schedule(self._happening, END + rank, delay_ns)

    def set_by(self, due_ns: int, rank: int) -> None:
        """Ring then at the latest: an alarm that is due before is left, and may find nothing to do."""
        if not NEVER < self.due_ns < due_ns:
            self.set(due_ns - self._clock.now_ns, rank)

    def stop(self) -> None:
        """Do not ring."""
        if self._happening:
            self._happening.cancel()
            self._happening = None
            self.due_ns = NEVER

    def _ring(self, _: Happening) -> None:
        self._happening = None
        self.due_ns = NEVER
        self._act()


def tell(clock: Clock, ended: Sequence[tuple[int, Due]]) -> None:
    """Let what has ended happen, each (rank, what) at its place in this instant."""
    if len(ended) == 1:
        ended[0][1].happen()
        return
    for rank, what in ended:
        clock.schedule(what, END + rank, 0)
