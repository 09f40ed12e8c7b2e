"""Questions to the ledger that are under way, and what each answer is for."""

from collections.abc import Callable

from .desk import Desk
from .events import SetsRead
from .instructions import ReadSets, Release, Subscribe


class Questions:
    """Asks, and hands each answer to who asked."""

    __slots__ = ("_answers", "_desk")

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._answers: dict[int, Callable[[SetsRead], None]] = {}

    def ask(
        self,
        question: type[ReadSets | Subscribe | Release],
        task: int,
        tasks: tuple[int, ...],
        answer: Callable[[SetsRead], None],
    ) -> None:
        """Ask about ``tasks``, on account of ``task``."""
        op = self._desk.open(task)
        self._answers[op] = answer
        self._desk.out.append(question(op, task, tasks))

    def answered(self, event: SetsRead) -> None:
        """The ledger answered (and the asker is not superseded)."""
        self._desk.close(event.op)
        self._answers.pop(event.op)(event)
