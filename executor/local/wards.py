"""Wards: what is not to outlive the platform's process, however that ends. The guard is told of each."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

_GUARD: Final = str(Path(__file__).with_name("guard.py"))


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
        assert self._guard.stdin
        self._guard.stdin.close()
        self._guard.wait()

    def _tell(self, line: str) -> None:
        os.write(self._line, line.encode())
