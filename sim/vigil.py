"""The vigil: watches of machines that wait for messages, and when watching has become pointless.

A machine that may have missed a message looks again and again, so a stuck run would never come to its end. A watch is
dropped when nothing but watches (and the looking that they led to) is left to happen and its machine has looked in
vain since anything last happened to its job; it is set again if something does happen, to whomever.

A look whose answer is lost was none, but no news either: only who lost it looks again. Were it news to everybody, all
would have to look without a loss one after the other, which with many takes longer than anybody can wait.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from executor.records.operations import Kind
from executor.worker.events import OpLost, SetsRead, TimerFired, WorkerEvent
from executor.worker.instructions import AnyInstruction, ReadSets, SetTimer
from sim.clock import TIMER, Clock, Due, Happening
from sim.job import Invocation, Party
from sim.operation import Operation

_AGAIN = -1
"""Stands among the operations of who has to look again, though this look may still go on."""
_LOOKING = (Kind.READ, Kind.TIMER)
_NEVER_NS = 1 << 62

_Open: TypeAlias = "set[int]"
_Looks: TypeAlias = "dict[Party, _Open]"
"""Who has looked, and the operations that this still hangs on: none, and it was in vain."""


class Vigil:
    """All watches of one simulation."""

    __slots__ = ("_clock", "_dropped", "_end", "_other", "_until_ns", "looked")

    def __init__(self, clock: Clock, end: Callable[[Operation], None]) -> None:
        self._clock = clock
        self._end = end
        self.looked: dict[int, _Looks] = {}
        """By job: who has looked since anything last happened to it."""
        self._dropped: list[Operation] = []
        self._other: Due | None = None
        """Something else that is left to happen, as of the last time that somebody had to find out; None if nothing."""
        self._until_ns = 0
        """Until when that need not be found out again."""

    def set(self, operation: Operation) -> None:
        """A machine looks again when the operation, a timer, ends."""
        operation.callbacks = (self._fired,)

    def saw(self, party: Party, event: WorkerEvent, instructions: list[AnyInstruction]) -> None:
        """A machine took a step. If it was more than looking in vain, everybody has reason to look again."""
        if not self.looked or self._still_looks(party, event, instructions):
            return
        self._forget(party.job.number)
        self._until_ns = self._until_ns if self._other else 0
        dropped, self._dropped = self._dropped, []
        for operation in dropped:
            self.set(operation)
            rank = TIMER + operation.party.rank + operation.instruction.op
            self._clock.after(operation.alone_ns, rank, operation)

    def _still_looks(self, party: Party, event: WorkerEvent, instructions: list[AnyInstruction]) -> bool:
        """Whether a step is part of a look, whose next operations are noted then."""
        under_way = self._under_way(party)
        if not under_way or not isinstance(event, TimerFired | SetsRead | OpLost) or event.op not in under_way:
            return False
        under_way.remove(event.op)  # it has ended, also where it led to more than looking
        following = [each for each in instructions if isinstance(each, ReadSets | SetTimer)]
        if len(following) < len(instructions):
            return False
        under_way.update([each.op for each in following if not (isinstance(each, SetTimer) and each.is_watch)])
        if isinstance(event, OpLost) and not under_way:
            under_way.add(_AGAIN)
        return True

    def _forget(self, job: int) -> None:
        """There are news for a job: who has looked has to look again, also those whose look goes on."""
        looks = self.looked.pop(job, {})
        going_on = {
            party: under_way | {_AGAIN}
            for party, under_way in looks.items()
            if under_way - {_AGAIN} and not party.machine.exited
        }
        if going_on:
            self.looked[job] = going_on

    def _under_way(self, party: Party) -> _Open | None:
        """What a party's look still hangs on; None if it has not looked."""
        return self.looked.get(party.job.number, {}).get(party)

    def _fired(self, operation: Operation) -> None:
        party = operation.party
        under_way = self.looked.setdefault(party.job.number, {}).setdefault(party, {_AGAIN})
        if not under_way and not self._something_else_happens():
            self._dropped.append(operation)
            return
        under_way.discard(_AGAIN)
        under_way.add(operation.instruction.op)
        self._end(operation)

    # what else is left to happen --------------------------------------------------------------------------

    def _something_else_happens(self) -> bool:
        if self._clock.now_ns >= self._until_ns or (self._other and not self._is_something_else(self._other)):
            self._look_round()
        return self._other is not None

    def _look_round(self) -> None:
        """Find what else is left to happen: the last of it, for that takes long and serves until then.

        Where nothing is, that is so until there are news, or somebody dies.
        """
        to_come = list(self._clock.times_to_come)
        others = [each for each in to_come if self._is_something_else(each[1])]
        if others:
            self._until_ns, self._other = max(others, key=_when)
        else:
            self._until_ns = min([at_ns for at_ns, due in to_come if _is_doom(due)], default=_NEVER_NS)
            self._other = None

    def _is_something_else(self, due: Due) -> bool:
        if isinstance(due, Happening):
            return bool(due.callbacks) and not _is_doom(due)  # a death may be years away: time can pass without looking
        if not isinstance(due, Operation) or due.party.machine.exited:
            return not isinstance(due, Operation)
        is_watch = due.callbacks == (self._fired,)
        return not (is_watch or (due.kind in _LOOKING and due.instruction.op in (self._under_way(due.party) or ())))


def _is_doom(due: Due) -> bool:
    """Whether it is something that befalls an invocation by itself."""
    return isinstance(due, Happening) and isinstance(due.about, Invocation) and due in due.about.dooms


def _when(timed: tuple[int, Due]) -> int:
    return timed[0]
