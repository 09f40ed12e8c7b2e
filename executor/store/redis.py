"""The store on a server that speaks the Redis protocol: objects as keys, the log as a list, letters as lists.

What was put there by somebody who does not know the run's key is refused. How long it lasts is the server's business;
that it forgot a run is told.
"""

from .address import Server
from .redis_keys import Keys, remove_keys
from .redis_mail import RedisMail
from .resp import Command, bytes_of, int_of, list_of
from .seal import Seal
from .store import Data, Missing, StoreError


class RedisStore:
    """One run's keys."""

    def __init__(self, server: Server, name: str, key: bytes, *, create: bool) -> None:
        seal = Seal(key, name)
        self._keys = Keys(server, name, create=create)
        self.objects = RedisObjects(self._keys, seal)
        self.log = RedisLog(self._keys, seal)
        self.mail = RedisMail(self._keys, seal)

    def close(self) -> None:
        """Hang up."""
        self._keys.connections.close()

    def destroy(self) -> None:
        """Remove the run's keys."""
        self.close()
        remove_keys(self._keys.server, self._keys.name)


class RedisObjects:
    """Objects as keys."""

    def __init__(self, keys: Keys, seal: Seal) -> None:
        self._keys = keys
        self._seal = seal

    def put(self, found: int, version: int, chunk: int, data: Data) -> None:
        """Set."""
        place = _place(found, version, chunk)
        self._keys.write("SET", place, self._seal.close(place, data))

    def get(self, found: int, version: int, chunk: int) -> bytes:
        """Get. Refused: it does not bear the run's seal."""
        place = _place(found, version, chunk)
        sealed = self._keys.ask("GET", self._keys.key(place))
        if sealed is None:
            self._keys.check()
            raise Missing(f"object {found} (version {version}, chunk {chunk}) is not in the store")
        return self._seal.open(place, bytes_of(sealed))

    def has(self, found: int, version: int, chunk: int) -> bool:
        """Whether the key exists."""
        is_there = self._keys.ask("EXISTS", self._keys.key(_place(found, version, chunk))) == 1
        if not is_there:
            self._keys.check()
        return is_there


class RedisLog:
    """The request log as a list, after the entry that every run begins with."""

    def __init__(self, keys: Keys, seal: Seal) -> None:
        self._keys = keys
        self._seal = seal

    def append(self, entry: bytes, seen: int) -> list[bytes]:
        """Push and read in one transaction."""
        return self._carry_out(("RPUSHX", self._keys.log, self._seal.close("the log", entry)), seen)

    def read(self, seen: int) -> list[bytes]:
        """Read in one transaction with the length, which tells whether something was lost."""
        return self._carry_out(("LLEN", self._keys.log), seen)

    def _carry_out(self, request: Command, seen: int) -> list[bytes]:
        """What gives the log's length, and all entries after the first ``seen``."""
        replies = self._keys.connections.ask(("MULTI",), request, ("LRANGE", self._keys.log, 1 + seen, -1), ("EXEC",))
        replied, sealed = list_of(replies[-1])
        length, entries = int_of(replied), list_of(sealed)
        if not length:
            raise self._keys.gone()
        if length != 1 + seen + len(entries):
            raise StoreError(f"the server lost entries of the request log: it has {length - 1} where {seen} were seen")
        return [self._seal.open("the log", bytes_of(entry)) for entry in entries]


def _place(found: int, version: int, chunk: int) -> str:
    return f"object:{found}:{version}:{chunk}"
