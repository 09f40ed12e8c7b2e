"""The desk: open operations of one machine and the instructions of its present step."""

from .instructions import AnyInstruction


class MachineError(Exception):
    """The driver misused the machine: an unknown or already ended operation, an event out of place."""


class Desk:
    """Numbers operations (1, 2, … per machine) and remembers what each is about until it ends."""

    __slots__ = ("_about", "_last", "out")

    def __init__(self) -> None:
        self.out: list[AnyInstruction] = []
        self._last = 0
        self._about: dict[int, int] = {}

    def open(self, about: int) -> int:
        """A new operation about a task, object or worker."""
        op = self._last = self._last + 1
        self._about[op] = about
        return op

    def close(self, op: int) -> int:
        """End an operation; what it was about."""
        about = self._about.pop(op, None)
        if about is None:
            raise MachineError(f"operation {op} is not open: it was never asked for, or has ended before")
        return about

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._about
