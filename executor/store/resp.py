"""A connection to a server that speaks the Redis protocol (RESP 2).

The client that everybody uses takes 131 ms to import, more than all the rest of a cold start; this is what is needed
of it.
"""

import socket
from collections.abc import Sequence
from contextlib import suppress
from select import POLLIN, poll
from typing import Any, TypeAlias

from .address import Server
from .store import Data, Refused, StoreError

Argument: TypeAlias = str | int | Data | Sequence[Data]
"""One word of a command; in parts, if joining them would cost a copy."""
Command: TypeAlias = tuple[Argument, ...]
Reply: TypeAlias = "bytes | int | list[Reply] | None"

PATIENCE_S = 30.0
"""How long a server may be silent."""

_SMALL_BYTES = 1 << 16
_LONGEST_LINE = 1 << 16
_DENIALS = ("NOAUTH", "WRONGPASS", "NOPERM")


class Connection:
    """One connection, for one thread at a time. After a StoreError it is of no use."""

    def __init__(self, server: Server) -> None:
        self._server = server
        try:
            self._socket = _connect(server)
        except OSError as error:
            raise StoreError(f"{server} cannot be reached: {error.strerror or error}") from error
        self._replies = self._socket.makefile("rb", _SMALL_BYTES)
        try:
            self._introduce()
        except BaseException:
            self.close()
            raise

    def _introduce(self) -> None:
        server = self._server
        if server.password:
            self.ask([("AUTH", *filter(None, [server.user]), server.password)])
        if server.db:
            self.ask([("SELECT", server.db)])

    def ask(self, commands: Sequence[Command]) -> list[Reply]:
        """Send commands in one go; their replies. Refused, StoreError: the first error among these, or no reply."""
        try:
            # Who hangs up in the middle of a request may have said why.
            with suppress(BrokenPipeError, ConnectionResetError):
                self._send(commands)
            return [self._read() for _ in commands]
        except OSError as error:
            raise StoreError(f"{self._server} does not answer: {error.strerror or error}") from error

    @property
    def is_quiet(self) -> bool:
        """Whether nothing comes although nothing was asked: an end, then."""
        waiting = poll()
        waiting.register(self._socket, POLLIN)
        return not waiting.poll(0)

    def interrupt(self) -> None:
        """Have who waits for a reply, in another thread, get a StoreError at once."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Hang up."""
        self._replies.close()
        self._socket.close()

    def _send(self, commands: Sequence[Command]) -> None:
        small = bytearray()
        for command in commands:
            small += b"*%d\r\n" % len(command)
            for argument in command:
                parts = _parts_of(argument)
                small += b"$%d\r\n" % sum(memoryview(part).nbytes for part in parts)
                for part in parts:
                    if len(part) > _SMALL_BYTES:
                        self._socket.sendall(small)
                        self._socket.sendall(part)
                        small.clear()
                    else:
                        small += part
                small += b"\r\n"
        self._socket.sendall(small)

    def _read(self) -> Reply:
        line = self._replies.readline(_LONGEST_LINE)
        if not line.endswith(b"\r\n"):
            raise ConnectionError("it hung up")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b"-":
            raise self._error(rest.decode(errors="replace"))
        if kind not in b":$*" or not rest.removeprefix(b"-").isdigit():
            raise ConnectionError(f"it speaks another language: {line[:40]!r}")
        number = int(rest)
        if kind == b":":
            return number
        if number < 0:
            return None
        return self._bulk(number) if kind == b"$" else [self._read() for _ in range(number)]

    def _error(self, said: str) -> StoreError:
        return (Refused if said.startswith(_DENIALS) else StoreError)(f"{self._server} says: {said}")

    def _bulk(self, n_bytes: int) -> bytes:
        data: bytes = self._replies.read(n_bytes)
        end = self._replies.read(2)
        if len(data) < n_bytes or end != b"\r\n":
            raise ConnectionError("it hung up")
        return data


def _connect(server: Server) -> socket.socket:
    if server.path:
        opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        opened.settimeout(PATIENCE_S)
        try:
            opened.connect(server.path)
        except BaseException:
            opened.close()
            raise
        return opened
    # As bytes, which Python takes too: a text would have it load its tables of international names.
    host: Any = server.host.encode() if server.host.isascii() else server.host
    opened = socket.create_connection((host, server.port), PATIENCE_S)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


def _parts_of(argument: Argument) -> Sequence[Data]:
    if isinstance(argument, str | int):
        return (str(argument).encode(),)
    return (argument,) if isinstance(argument, bytes | bytearray | memoryview) else argument


def bytes_of(reply: Reply) -> bytes:
    """A reply that is to be a text. StoreError: it is not."""
    if isinstance(reply, bytes):
        return reply
    raise _surprise(reply, "a text")


def int_of(reply: Reply) -> int:
    """A reply that is to be a number. StoreError: it is not."""
    if isinstance(reply, int):
        return reply
    raise _surprise(reply, "a number")


def list_of(reply: Reply) -> "list[Reply]":
    """A reply that is to be a list. StoreError: it is not."""
    if isinstance(reply, list):
        return reply
    raise _surprise(reply, "a list")


def _surprise(reply: Reply, expected: str) -> StoreError:
    return StoreError(f"the server replied {repr(reply)[:100]}; expected {expected}")
