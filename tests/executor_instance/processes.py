"""Instances as processes, and the line to each."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any

from executor.instance.messages import FromInstance, Line, Message

ROOT = str(Path(__file__).resolve().parents[2])
FIRST_LINE = "import sys; sys.path[:] = {path!r}; from executor.instance.main import main; main({fd})"


class Process:
    """An instance in a session of its own; what it says goes to a queue, and at its end None."""

    def __init__(self, heard: SimpleQueue[tuple[Process, Any]], stdout: IO[bytes] | None = None) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            first = FIRST_LINE.format(path=[ROOT, *sys.path], fd=theirs.fileno())
            self.popen = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", first],
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
            )
        self._end = ours
        self.line: Line[FromInstance] = Line(ours, FromInstance)
        self._heard = heard
        self._thread = Thread(target=self._listen, daemon=True)
        self._thread.start()

    def send(self, message: Message) -> None:
        with suppress(OSError):  # it has died, which is told elsewhere
            self.line.send(message)

    def kill(self) -> None:
        os.killpg(self.popen.pid, signal.SIGKILL)

    def kill_if_alive(self) -> None:
        if self.popen.returncode is None:  # else its number may be another's
            with suppress(ProcessLookupError):
                self.kill()

    def hang_up(self) -> None:
        """Leave it alone."""
        self._end.shutdown(socket.SHUT_RDWR)

    def end(self) -> int:
        """Wait for its end; its exit code."""
        code = self.popen.wait()
        self._thread.join()
        self.line.close()
        return code

    def _listen(self) -> None:
        while (message := self.line.receive()) is not None:
            self._heard.put((self, message))
        self._heard.put((self, None))


def lives(pid: int) -> bool:
    """Whether a process still runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
