"""Mail on unix sockets: a letter is a connection, its length and its bytes.

Who listens binds a socket under a name of its own and renames it to the worker's number: from then on letters come
there, whoever listened before and whatever a dead one left. Letters that come slowly, for their senders are held up,
do not hold up others.
"""

import os
import socket
import struct
from contextlib import suppress
from itertools import count
from select import POLLIN, poll
from threading import Lock

from .store import Data, StoreError

_MOST_WAITING = 4096
"""Letters that wait to be received before senders wait, too."""
_PATIENCE_S = 30
"""How long a sender waits for who listens but does not receive."""
LONGEST_PATH = 107
"""Bytes of a socket's name, as the kernel has it."""
LONGEST_NAME = 40
"""Bytes of the name in its folder."""

_listened = count()
"""Of this process: it may have several clients of one folder."""
_LENGTH = struct.Struct("<Q")
_PIECE_BYTES = 1 << 18


class SocketMail:
    """Letters through sockets in one folder, which nobody else can write."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def send(self, worker: int, letter: Data) -> None:
        """Connect and write; who does not listen, or no longer, gets nothing."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as to:
                # Not `settimeout`: connecting would then fail at once where it has to wait.
                to.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", _PATIENCE_S, 0))
                to.connect(f"{self._folder}/{worker}")
                _write(to, letter)
        except (FileNotFoundError, ConnectionError):
            return
        except BlockingIOError as error:
            raise StoreError(f"a letter to {worker} was not received for {_PATIENCE_S} s") from error
        except OSError as error:
            raise StoreError(f"a letter to {worker} cannot be sent: {error.strerror}") from error

    def listen(self, worker: int) -> "SocketInbox":
        """Take over the worker's name."""
        own_name = f"{self._folder}/{worker}.{os.getpid()}.{next(_listened)}"
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            _forget(own_name)
            listener.bind(own_name)
            listener.listen(_MOST_WAITING)
            os.rename(own_name, f"{self._folder}/{worker}")
        except OSError as error:
            listener.close()
            _forget(own_name)
            raise StoreError(f"letters to {worker} cannot be received: {error.strerror}") from error
        return SocketInbox(listener)


class SocketInbox:
    """Letters to one worker, in the order in which they are complete."""

    def __init__(self, listener: socket.socket) -> None:
        listener.setblocking(False)
        self._listener = listener
        self._wakes, self._wake = os.pipe()
        self._coming: dict[int, tuple[socket.socket, bytearray]] = {}
        """Letters that are not complete, in the order in which they began."""
        self._poll = poll()
        self._poll.register(listener, POLLIN)
        self._poll.register(self._wakes, POLLIN)
        self._closing = Lock()
        self._receiving = Lock()
        self._is_closed = False

    def receive(self) -> bytes | None:
        """Wait for a letter; None once this is closed."""
        with self._receiving:
            while not self._is_closed:
                letter = self._look({opened for opened, _ in self._poll.poll()})
                if letter is not None:
                    return letter
        return None

    def close(self) -> None:
        """Wake who receives, then let go of everything."""
        with self._closing:
            if self._is_closed:
                return
            self._is_closed = True
            os.close(self._wake)
        with self._receiving:
            for coming, _ in self._coming.values():
                coming.close()
            self._listener.close()
            os.close(self._wakes)

    def _look(self, ready: set[int]) -> bytes | None:
        """Take what has come, the oldest first; a letter as soon as one is complete."""
        if self._listener.fileno() in ready:
            self._accept()
        for opened in self._coming:
            if opened in ready and self._read(opened):
                return self._end(opened)
        return None

    def _accept(self) -> None:
        """One at a time, so that few are open."""
        try:
            coming, _ = self._listener.accept()
        except (BlockingIOError, ConnectionError):
            return  # the sender has died meanwhile
        self._coming[coming.fileno()] = coming, bytearray()
        self._poll.register(coming, POLLIN)

    def _read(self, opened: int) -> bool:
        """Take what is there; whether nothing more will come: the letter is complete, or will never be."""
        coming, letter = self._coming[opened]
        try:
            piece = coming.recv(_PIECE_BYTES)
        except ConnectionError:
            return True
        letter += piece
        return not piece or _is_complete(letter)

    def _end(self, opened: int) -> bytes | None:
        """Put a connection away; its letter, unless its sender died over it."""
        coming, letter = self._coming.pop(opened)
        self._poll.unregister(opened)
        coming.close()
        return bytes(memoryview(letter)[_LENGTH.size :]) if _is_complete(letter) else None


def _write(to: socket.socket, letter: Data) -> None:
    length = _LENGTH.pack(memoryview(letter).nbytes)
    if len(letter) <= _PIECE_BYTES:
        to.sendall(length + letter)
    else:
        to.sendall(length)
        to.sendall(letter)


def _is_complete(letter: bytearray) -> bool:
    return len(letter) >= _LENGTH.size and len(letter) == _LENGTH.size + _LENGTH.unpack_from(letter)[0]


def _forget(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)
