"""Connections to one server, as many as are asked for at once; one that was broken is made anew."""

from collections.abc import Callable

from .address import Server
from .resp import Command, Connection, Reply
from .store import StoreError


class Connections:
    """Asks a server. A request that fails is not repeated: who asked knows whether that may be done."""

    def __init__(self, server: Server, greet: Callable[[Connection], None] = lambda connection: None) -> None:
        self.server = server
        self._greet = greet
        """What is asked first on each connection; it may refuse it."""
        self._idle: list[Connection] = []
        self._is_closed = False

    def ask(self, *commands: Command) -> list[Reply]:
        """Send commands in one go; their replies. Refused, StoreError."""
        connection = self._take()
        try:
            replies = connection.ask(commands)
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        if self._is_closed:
            self.close()
        return replies

    def new(self) -> Connection:
        """A connection for somebody alone, to be closed there."""
        connection = Connection(self.server)
        try:
            self._greet(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Hang up; what is being asked ends by itself."""
        self._is_closed = True
        while (connection := self._pop()) is not None:
            connection.close()

    def _take(self) -> Connection:
        if self._is_closed:
            raise StoreError(f"the connection to {self.server} is closed")
        while (connection := self._pop()) is not None:
            if connection.is_quiet:
                return connection
            connection.close()
        return self.new()

    def _pop(self) -> Connection | None:
        """The one used last; lists do this one thread at a time."""
        try:
            return self._idle.pop()
        except IndexError:
            return None
