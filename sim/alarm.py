"""An alarm: one thing to be done at a time that may move. It is scheduled anew only if it did."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sim.clock import END, Clock, Due, Happening

NEVER = -1


class Alarm:
    """Rings among the ends of its instant, at the place of the ``rank`` it was last set to."""

    __slots__ = ("_act", "_clock", "_happening", "_rank", "_ringing", "due_ns")

    def __init__(self, clock: Clock, act: Callable[[], None]) -> None:
        self._clock = clock
        self._act = act
        self._ringing = (self._ring,)
        self._happening = Happening(self._ring)
        """In SimPy's queue while the alarm is set; used again when it has rung."""
        self._rank = 0
        self.due_ns = NEVER
        """When it will ring."""

    def set(self, delay_ns: int, rank: int) -> None:
        """Ring after ``delay_ns`` from now, and not before."""
        due_ns = self._clock.now_ns + delay_ns
        if due_ns != self.due_ns or rank != self._rank:
            if self.due_ns != NEVER:
                self.stop()
            self._set(due_ns, rank, delay_ns)

    def set_by(self, due_ns: int, rank: int, now_ns: int) -> None:
        """Ring then at the latest: an alarm that is due before is left, and may find nothing to do."""
        before_ns = self.due_ns
        if before_ns == NEVER:
            self._set(due_ns, rank, due_ns - now_ns)
        elif due_ns < before_ns or (due_ns == before_ns and rank != self._rank):
            self.stop()
            self._set(due_ns, rank, due_ns - now_ns)

    def stop(self) -> None:
        """Do not ring."""
        if self.due_ns != NEVER:
            self.due_ns = NEVER
            self._happening.cancel()
            self._happening = Happening(self._ring)

    def _set(self, due_ns: int, rank: int, delay_ns: int) -> None:
        self.due_ns, self._rank = due_ns, rank
        self._happening.callbacks = self._ringing
        self._clock.schedule(self._happening, END + rank, delay_ns)

    def _ring(self, _: Happening) -> None:
        self.due_ns = NEVER
        self._act()


def tell(clock: Clock, ended: Sequence[tuple[int, Due]]) -> None:
    """Let what has ended happen, each (rank, what) at its place in this instant."""
    if len(ended) == 1:
        ended[0][1].happen()
        return
    for rank, what in ended:
        clock.schedule(what, END + rank, 0)
