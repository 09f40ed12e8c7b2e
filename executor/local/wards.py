"""Wards: what is not to outlive the platform's process, however that ends. The guard is told of each."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final
from weakref import WeakSet

_GUARD: Final = str(Path(__file__).with_name("guard.py"))
_CLEARED_UP_WITHIN_S: Final = 10.0


class Wards:
    """Process groups and folders that the guard ends and removes when this process is gone, or `close` is called."""

    def __init__(self) -> None:
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", _GUARD],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )
        assert self._guard.stdin
        self._line = self._guard.stdin.fileno()
        _all.add(self)

    @property
    def pid(self) -> int:
        """The guard's process."""
        return self._guard.pid

    def begun(self, group: int) -> None:
        """A process group has begun."""
        self._tell(f"+{group}\n")

    def ended(self, group: int) -> None:
        """A process group is about to be over; from then on its number may be another's."""
        self._tell(f"-{group}\n")

    def made(self, folder: str) -> None:
        """A folder was made."""
        self._tell(f">{folder}\n")

    def removed(self, folder: str) -> None:
        """A folder is gone, or is to stay."""
        self._tell(f"<{folder}\n")

    def close(self) -> None:
        """End what is left, and the guard."""
        self._tell(".\n")  # somebody else may hold the line, and it would not end
        self.let_go()
        try:
            self._guard.wait(_CLEARED_UP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._guard.kill()
            self._guard.wait()

    def let_go(self) -> None:
        """Hold the line to the guard no longer."""
        assert self._guard.stdin
        self._guard.stdin.close()
        _all.discard(self)

    def _tell(self, line: str) -> None:
        os.write(self._line, line.encode())


_all: WeakSet[Wards] = WeakSet()


def _let_go_of_all() -> None:
    """In a process that was forked from the user's: the guard is to see when that one ends."""
    for wards in [*_all]:
        wards.let_go()


os.register_at_fork(after_in_child=_let_go_of_all)
