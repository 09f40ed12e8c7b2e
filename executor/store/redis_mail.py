"""Mail on a server: a list of letters for each who listens, and for each worker the number of who listened last.

Who does not listen any more has a list that nobody reads.
"""

from threading import Event, Lock

from .redis_keys import Keys
from .resp import Connection, bytes_of, int_of, list_of
from .seal import Seal
from .store import Data, Refused, StoreError

_ASK_AGAIN_S = 10
"""A server is told to say so when no letter came for so long: less than its silence is borne."""
_TRY_AGAIN_S = 0.2
"""Wait until a server that went away is called again."""


class RedisMail:
    """Letters through lists."""

    def __init__(self, keys: Keys, seal: Seal) -> None:
        self._keys = keys
        self._seal = seal

    def send(self, worker: int, letter: Data) -> None:
        """Push onto the list of who listens now."""
        listener = self._keys.ask("GET", self._keys.key(f"mail:{worker}"))
        if listener is not None:
            place = f"mail:{worker}:{int(bytes_of(listener))}"
            self._keys.write("RPUSH", place, self._seal.close(place, letter))

    def listen(self, worker: int) -> "RedisInbox":
        """Take the worker's next number."""
        listener = int_of(self._keys.write("INCR", f"mail:{worker}"))
        return RedisInbox(f"mail:{worker}:{listener}", self._keys, self._seal)


class RedisInbox:
    """Letters to one worker. While the server is away they are waited for; those that it forgot are lost."""

    def __init__(self, place: str, keys: Keys, seal: Seal) -> None:
        self._place = place
        self._keys = keys
        self._seal = seal
        self._closed = Event()
        self._opening = Lock()
        self._receiving = Lock()
        self._connection: Connection | None = None

    def receive(self) -> bytes | None:
        """Wait for a letter; None once this is closed. Refused: it does not bear the run's seal."""
        with self._receiving:
            while not self._closed.is_set():
                try:
                    letter = self._next()
                except Refused:
                    raise
                except StoreError:
                    self._closed.wait(_TRY_AGAIN_S)
                else:
                    if letter is not None:
                        return letter
        return None

    def _next(self) -> bytes | None:
        """The next letter; None if there is none for some time."""
        with self._opening:
            if self._closed.is_set():
                return None
            self._connection = self._connection or self._keys.connections.new()
        try:
            [reply] = self._connection.ask([("BLPOP", self._keys.key(self._place), _ASK_AGAIN_S)])
        except StoreError:
            self._hang_up()
            raise
        return None if reply is None else self._seal.open(self._place, bytes_of(list_of(reply)[-1]))

    def close(self) -> None:
        """Interrupt who receives, then hang up."""
        self._closed.set()
        with self._opening:
            if self._connection:
                self._connection.interrupt()
        with self._receiving:
            self._hang_up()

    def _hang_up(self) -> None:
        with self._opening:
            if self._connection:
                self._connection.close()
            self._connection = None
