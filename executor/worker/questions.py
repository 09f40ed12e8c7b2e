"""Questions to the ledger that are under way, and what each answer is for."""

from collections.abc import Callable

from .desk import Desk
from .events import SetsRead
from .instructions import ReadSets, Release, Subscribe


class Questions:
    """Asks, and hands each answer to who asked."""

    __slots__ = ("_desk",)

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def ask(
        self,
        question: type[ReadSets | Subscribe | Release],
        task: int,
        tasks: tuple[int, ...],
        answer: Callable[[SetsRead], None],
    ) -> None:
        """Ask about ``tasks``, on account of ``task``."""
        self._desk.give(question(self._desk.number(), task, tasks), answer)

    def answered(self, event: SetsRead) -> None:
        """The ledger answered (and the asker is not superseded)."""
        answer: Callable[[SetsRead], None] = self._desk.close_about(event.op)
        answer(event)
