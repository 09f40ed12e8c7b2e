"""A process under the platform: its start, the messages between the two, its end and what it used."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from msgspec import msgpack

from executor.instance.messages import FromInstance, FromPlatform
from executor.local.clock import NS_PER_S
from executor.worker.entries import as_entry, take_entries

_PIECE: Final = 1 << 16
_LINE_FD: Final = 3
"""The descriptor under which an instance finds its line to the platform."""
_ROOT: Final = str(Path(__file__).resolve().parents[2])
_FIRST_LINES: Final = (
    "import sys; path = {path!r}; sys.path[:] = [{root!r}, *path]; "
    "from executor.instance.main import main; sys.path[:] = path; main({fd})"
)
"""Ours is imported first; then the user's modules are found before any of ours that has the same name."""
_OPTIONS: Final = ("-s", "-P", "-S", "-u")
"""Without `site`, which takes longer than all else (the path is that of this process); what it prints is written at
once, for it will be killed. What Python reads of its environment holds as it does for this process."""
INSIDE: Final = "FAASCAST_INSTANCE"
"""Set in the environment of instances, and so of all that they start."""
_HASH_SEED: Final = "PYTHONHASHSEED"
_MOST_HASH_SEED: Final = 4_294_967_295
_NOT_FOR_INSTANCES: Final = ("PYTHONDONTWRITEBYTECODE",)
"""Without compiled files every cold start would compile anew, which takes two to four times as long."""


class Used(NamedTuple):
    """What a process used in its life, its children's share included that it waited for."""

    cpu_ns: int
    memory_mb: float
    """The most that it had in memory at once."""
    status: int
    """As of `os.wait4`."""

    @property
    def ending(self) -> str:
        """How it ended, for people."""
        if os.WIFSIGNALED(self.status):
            return f"killed by {signal.Signals(os.WTERMSIG(self.status)).name}"
        return f"exited with code {os.WEXITSTATUS(self.status)}"


class Gone(Exception):  # noqa: N818 (the house's word)
    """The other side has hung up."""


class Process:
    """One process in a session of its own, and its line."""

    __slots__ = (
        "_blocked",
        "_decoder",
        "_encoder",
        "_incoming",
        "_line",
        "_outgoing",
        "output",
        "pid",
        "pidfd",
        "used",
    )

    def __init__(self, output: str, threads: int, hash_seed: str, blocked: Callable[[], None]) -> None:
        """Start it; what it prints goes to the file ``output``. It computes in so many threads, where it may choose.

        ``hash_seed`` is what the hashes of texts are made with (`hash_seed`). OSError: it cannot be started.
        ``blocked`` is called when it does not read what is sent: `flush` is to be called a little later.
        """
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self._line = ours
        self._encoder = msgpack.Encoder()
        self._decoder = msgpack.Decoder(FromInstance)
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self._blocked = blocked
        self.output = output
        self.used: Used | None = None
        """Once it has ended."""
        with theirs:
            self.pid = os.posix_spawn(
                sys.executable,
                [sys.executable, *_OPTIONS, "-c", _first_lines()],
                _environment(threads, hash_seed),
                file_actions=(
                    (os.POSIX_SPAWN_DUP2, theirs.fileno(), _LINE_FD),
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
                    (os.POSIX_SPAWN_DUP2, 1, 2),
                ),
                setsid=True,
            )
        try:
            self.pidfd = os.pidfd_open(self.pid)
        except OSError:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            ours.close()
            raise

    @property
    def line(self) -> int:
        """The descriptor on which messages come in."""
        return self._line.fileno()

    @property
    def n_said(self) -> int:
        """How many bytes it has printed."""
        try:
            return os.stat(self.output).st_size  # noqa: PTH116 (for every start)
        except OSError:
            return 0  # it has not come so far

    def send(self, message: FromPlatform) -> None:
        """Send a message: at once, as far as it goes, and the rest when the process reads again."""
        packed = self._encoder.encode(message)
        self._outgoing += as_entry(packed)
        self.flush()

    def flush(self) -> None:
        """Send what is left. That nobody is there to read it will be noticed elsewhere."""
        try:
            while self._outgoing:
                del self._outgoing[: self._line.send(self._outgoing)]
        except BlockingIOError:
            self._blocked()
        except OSError:
            self._outgoing.clear()

    def receive(self) -> list[Any]:
        """Messages that have come. Gone: it has hung up, and all that it said was received."""
        hung_up = False
        try:
            while piece := self._line.recv(_PIECE):
                self._incoming += piece
                if len(piece) < _PIECE:
                    break
            else:
                hung_up = True
        except BlockingIOError:
            pass
        except OSError:
            hung_up = True
        messages = [self._decoder.decode(packed) for packed in take_entries(self._incoming)]
        if hung_up and not messages:
            raise Gone
        return messages

    def signal_all(self, number: signal.Signals) -> None:
        """Send a signal to it and all that it started in its session's group."""
        if self.used is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def reap(self) -> Used | None:
        """What it used, if it has ended; what it leaves of its group is ended too."""
        if self.used is None:
            if not os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                return None
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)  # before its number can be another's
            _, status, rusage = os.wait4(self.pid, 0)
            cpu_ns = round((rusage.ru_utime + rusage.ru_stime) * NS_PER_S)
            self.used = Used(cpu_ns, rusage.ru_maxrss / 1024, status)
            os.close(self.pidfd)
            self._line.close()
        return self.used


def search_path() -> tuple[str, ...]:
    """Where an instance looks for the user's modules: where this process does, and among ours last."""
    here = [path or str(Path.cwd()) for path in sys.path]
    return tuple(dict.fromkeys([*here, _ROOT]))


def hash_seed(seed: int) -> str:
    """What hashes of texts are made with in all instances alike: as in this process if that was told, else the seed."""
    told = os.environ.get(_HASH_SEED, "")
    return told if told.isdecimal() else str(seed % (_MOST_HASH_SEED + 1))


def is_inside() -> bool:
    """Whether this process is an instance, or was started by one."""
    return INSIDE in os.environ


def _first_lines() -> str:
    return _FIRST_LINES.format(root=_ROOT, path=list(search_path()), fd=_LINE_FD)


def _environment(threads: int, hash_seed: str) -> dict[str, str]:
    """The environment of this process, but libraries that compute in threads take as many as the instance has vCPUs."""
    environment = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_INSTANCES}
    environment |= {INSIDE: "1", _HASH_SEED: hash_seed}
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        environment.setdefault(name, str(threads))
    return environment
