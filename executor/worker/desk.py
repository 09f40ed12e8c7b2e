"""The desk: what one machine has under way, the timers it set, and the instructions of its present step.

An operation that failed is asked for once more after a back-off, under a new number; who asked for it notices
nothing but the delay.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from .instructions import AnyInstruction, SetTimer
from .retry import Retry


class MachineError(Exception):
    """The driver misused the machine: an unknown or already ended operation, an event out of place."""


class Desk:
    """Numbers operations (1, 2, … per machine) and remembers what was asked for until it ends.

    ``who`` tells the back-offs of different machines apart.
    """

    __slots__ = ("_about", "_last", "_open", "_retry", "_tries", "_watches", "_who", "dismisses", "out")

    def __init__(self, retry: Retry, who: int) -> None:
        self.out: list[AnyInstruction] = []
        self._retry = retry
        self._who = who
        self._last = 0
        self._open: dict[int, Any] = {}
        self._about: dict[int, Any] = {}
        self._tries: dict[int, int] = {}
        self._watches: dict[int, Callable[[], None]] = {}
        self.dismisses: Callable[[Any], bool] | None = None
        """Says of an operation that failed whether nobody wants it any more (and takes note of its end)."""

    def number(self) -> int:
        """The number of a new operation."""
        op = self._last = self._last + 1
        return op

    def give(self, instruction: Any, about: Any = None) -> None:
        """Hand out an asynchronous instruction; ``about`` is kept for who takes its end."""
        self._open[instruction.op] = instruction
        if about is not None:
            self._about[instruction.op] = about
        self.out.append(instruction)

    def close(self, op: int) -> Any:
        """An operation ended: its instruction."""
        instruction = self._open.pop(op, None)
        if instruction is None:
            raise MachineError(f"operation {op} is not open: it was never asked for, or has ended before")
        if self._tries:
            self._tries.pop(op, None)
        return instruction

    def close_about(self, op: int) -> Any:
        """An operation ended: what it was about."""
        self.close(op)
        return self._about.pop(op, None)

    def peek(self, op: int) -> Any:
        """The instruction of an open operation, None if there is none."""
        return self._open.get(op)

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._open

    @property
    def under_way(self) -> tuple[Any, ...]:
        """Instructions that have not ended, in the order in which they were given."""
        return tuple(self._open.values())

    # failures and timers ----------------------------------------------------------------------------------

    def again(self, op: int) -> int | None:
        """An operation failed: it will be asked for once more. Returns how often it was tried, if that was its last."""
        tries = self._tries.get(op, 0) + 1
        instruction = self.close(op)
        about = self._about.pop(op, None)
        if self.dismisses and self.dismisses(instruction):
            return None
        given = self.later(tries, op, lambda: self._repeat(instruction, about, tries))
        return None if given else tries

    def _repeat(self, instruction: Any, about: Any, tries: int) -> None:
        if self.dismisses and self.dismisses(instruction):
            return
        op = self.number()
        self._tries[op] = tries
        self.give(replace(instruction, op=op), about)

    def later(self, failures: int, op: int, then: Callable[[], None]) -> bool:
        """Do ``then`` after the back-off of so many failures, the last that of ``op``; False if it was one too many."""
        delay_ns = self._retry.delay_ns(failures, self._who ^ op)
        if delay_ns is None:
            return False
        self.after(delay_ns, then)
        return True

    def after(self, delay_ns: int, then: Callable[[], None]) -> None:
        """Do ``then`` after a while, during which something is under way."""
        self.give(SetTimer(self.number(), delay_ns), then)

    def watch(self, delay_ns: int, then: Callable[[], None]) -> None:
        """Look again after a while; until then nothing is under way on that account."""
        op = self.number()
        self._watches[op] = then
        self.out.append(SetTimer(op, delay_ns, is_watch=True))

    def alarm(self, delay_ns: int, then: Callable[[], None]) -> None:
        """Do ``then`` after a while, if still there; until then nothing is under way on that account."""
        op = self.number()
        self._watches[op] = then
        self.out.append(SetTimer(op, delay_ns))

    def fired(self, timer: int) -> None:
        """A timer's time has come."""
        then = self._watches.pop(timer, None) or self.close_about(timer)
        then()
