"""Aside: what would hold the platform up is done by another thread, one thing after another, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Condition, Thread


class Aside:
    """A thread of its own; what it does must not raise."""

    def __init__(self, name: str) -> None:
        self._todo: deque[Callable[[], None] | None] = deque()
        self._changed = Condition()
        self._thread = Thread(target=self._run, name=f"faascast {name}", daemon=True)
        self._thread.start()

    def do(self, act: Callable[[], None] | None) -> None:
        """Have something done; None ends the thread after all that came before."""
        with self._changed:
            self._todo.append(act)
            self._changed.notify()

    def close(self) -> None:
        """Do what is to be done, then end."""
        self.do(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._todo:
                    self._changed.wait()
                act = self._todo.popleft()
            if act is None:
                return
            act()
