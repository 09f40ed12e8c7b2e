"""The vigil: watches of machines that wait for messages, and when watching has become pointless.

A machine that may have missed a message looks again and again, so a stuck run would never come to its end. A watch is
dropped when nothing but watches (and the questions of those who look) is left to happen and its machine has looked
already since anything last happened; it is set again if something does happen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from executor.records.operations import Kind
from executor.worker.events import SetsRead, TimerFired, WorkerEvent
from executor.worker.instructions import AnyInstruction, ReadSets, SetTimer
from sim.clock import TIMER, Clock, Happening
from sim.job import Invocation, Party
from sim.operation import Operation


class Vigil:
    """All watches of one simulation."""

    __slots__ = ("_clock", "_dropped", "_end", "looked")

    def __init__(self, clock: Clock, end: Callable[[Operation], None]) -> None:
        self._clock = clock
        self._end = end
        self.looked: dict[Party, None] = {}
        """Who has looked since anything last happened."""
        self._dropped: list[Operation] = []

    def set(self, operation: Operation) -> None:
        """A machine looks again when the operation, a timer, ends."""
        operation.callbacks = (self._fired,)

    def saw(self, event: WorkerEvent, instructions: list[AnyInstruction]) -> None:
        """A machine took a step. If it was more than looking in vain, everybody has reason to look again."""
        looks = isinstance(event, TimerFired | SetsRead) and all(map(_only_looks, instructions))
        if self.looked and not looks:
            self.looked.clear()
            dropped, self._dropped = self._dropped, []
            for operation in dropped:
                self.set(operation)
                rank = TIMER + operation.party.rank + operation.instruction.op
                self._clock.after(operation.alone_ns, rank, operation)

    def _fired(self, operation: Operation) -> None:
        if operation.party in self.looked and not self._something_else_happens():
            self._dropped.append(operation)
            return
        self.looked[operation.party] = None
        self._end(operation)

    def _something_else_happens(self) -> bool:
        return any(self._is_something_else(due) for due in self._clock.to_come)

    def _is_something_else(self, due: Any) -> bool:
        if isinstance(due, Happening):
            awaits_doom = isinstance(due.about, Invocation) and due in due.about.dooms
            return bool(due.callbacks) and not awaits_doom  # a death may be years away: time can pass without looking
        if not isinstance(due, Operation) or due.party.machine.exited:
            return not isinstance(due, Operation)
        is_watch = due.callbacks == (self._fired,)
        return not (is_watch or (due.kind == Kind.READ and due.party in self.looked))


def _only_looks(instruction: AnyInstruction) -> bool:
    return isinstance(instruction, ReadSets) or (isinstance(instruction, SetTimer) and instruction.is_watch)
