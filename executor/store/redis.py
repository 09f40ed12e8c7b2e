"""The store on a server that speaks the Redis protocol: objects as keys, the log as a list, letters as lists.

All keys of a run begin with `faascast:` and its name. What was put there by somebody who does not know the run's key
is refused. How long it lasts is the server's business; that it forgot a run is told.
"""

from .address import Server, check_name
from .connections import Connections
from .redis_mail import RedisMail
from .resp import Connection, Reply, bytes_of, int_of, list_of
from .seal import SEAL_BYTES, Seal
from .store import Data, Leftover, Missing, StoreError

_RUNS = "faascast:runs"
_AT_ONCE = 1000


class RedisStore:
    """One run's keys."""

    def __init__(self, server: Server, name: str, key: bytes, *, create: bool) -> None:
        check_name(name)
        seal = Seal(key, name)
        prefix = _prefix_of(name)
        if create:
            _begin(server, name)
        self._name = name
        self._connections = Connections(server, lambda connection: _greet(connection, server, name))
        self._connections.ask(("PING",))
        self.objects = RedisObjects(prefix, self._connections, seal)
        self.log = RedisLog(prefix, self._connections, seal)
        self.mail = RedisMail(prefix, self._connections, seal)

    def close(self) -> None:
        """Hang up."""
        self._connections.close()

    def destroy(self) -> None:
        """Remove the run's keys."""
        self.close()
        remove_keys(self._connections.server, self._name)


class RedisObjects:
    """Objects as keys."""

    def __init__(self, prefix: str, connections: Connections, seal: Seal) -> None:
        self._prefix = prefix
        self._ask = connections.ask
        self._seal = seal

    def put(self, found: int, version: int, chunk: int, data: Data) -> None:
        """Set."""
        place = _place(found, version, chunk)
        self._ask(("SET", self._prefix + place, self._seal.close(place, data)))

    def get(self, found: int, version: int, chunk: int) -> bytes:
        """Get. Refused: it does not bear the run's seal."""
        place = _place(found, version, chunk)
        [sealed] = self._ask(("GET", self._prefix + place))
        if not isinstance(sealed, bytes):
            raise Missing(f"object {found} (version {version}, chunk {chunk}) is not in the store")
        return self._seal.open(place, sealed)

    def has(self, found: int, version: int, chunk: int) -> bool:
        """Whether the key exists."""
        return self._ask(("EXISTS", self._prefix + _place(found, version, chunk))) == [1]


class RedisLog:
    """The request log as a list."""

    def __init__(self, prefix: str, connections: Connections, seal: Seal) -> None:
        self._key = f"{prefix}log"
        self._ask = connections.ask
        self._seal = seal

    def append(self, entry: bytes, seen: int) -> list[bytes]:
        """Push and read in one transaction."""
        sealed = self._seal.close("the log", entry)
        replies = self._ask(("MULTI",), ("RPUSH", self._key, sealed), ("LRANGE", self._key, seen, -1), ("EXEC",))
        return self._opened(replies[-1], seen)

    def read(self, seen: int) -> list[bytes]:
        """Read in one transaction with the length, which tells whether something was lost."""
        replies = self._ask(("MULTI",), ("LLEN", self._key), ("LRANGE", self._key, seen, -1), ("EXEC",))
        return self._opened(replies[-1], seen)

    def _opened(self, reply: Reply, seen: int) -> list[bytes]:
        replied, sealed = list_of(reply)
        length, entries = int_of(replied), list_of(sealed)
        if length != seen + len(entries):
            raise StoreError(f"the server lost entries of the request log: it has {length} where {seen} were seen")
        return [self._seal.open("the log", bytes_of(entry)) for entry in entries]


def _begin(server: Server, name: str) -> None:
    """Have a run in the store, unless it is there."""
    connections = Connections(server)
    try:
        connections.ask(("SADD", _RUNS, name), ("SET", f"{_prefix_of(name)}run", 1))
    finally:
        connections.close()


def _greet(connection: Connection, server: Server, name: str) -> None:
    """See that the server knows the run: it may have begun anew with nothing."""
    if connection.ask([("EXISTS", f"{_prefix_of(name)}run")]) != [1]:
        raise StoreError(f"run {name} is not in store {server}, or the server has forgotten it")


def keys_left(server: Server) -> tuple[Leftover, ...]:
    """What runs left on a server, by name."""
    connections = Connections(server)
    try:
        [names] = connections.ask(("SMEMBERS", _RUNS))
        return tuple([_left(connections, name.decode()) for name in sorted(map(bytes_of, list_of(names)))])
    finally:
        connections.close()


def _left(connections: Connections, name: str) -> Leftover:
    prefix = _prefix_of(name)
    keys = _keys(connections, f"{prefix}object:*")
    sizes: list[Reply] = []
    for begin in range(0, len(keys), _AT_ONCE):
        sizes += connections.ask(*[("STRLEN", key) for key in keys[begin : begin + _AT_ONCE]])
    n_bytes = sum(max(0, size - SEAL_BYTES) for size in sizes if isinstance(size, int))
    return Leftover(name, f"{connections.server}, keys {prefix}*", len(keys), n_bytes)


def remove_keys(server: Server, name: str) -> None:
    """Remove all that a run left on a server. StoreError."""
    check_name(name)
    connections = Connections(server)
    try:
        keys = _keys(connections, f"{_prefix_of(name)}*")
        for begin in range(0, len(keys), _AT_ONCE):
            connections.ask(("UNLINK", *keys[begin : begin + _AT_ONCE]))
        connections.ask(("SREM", _RUNS, name))
    finally:
        connections.close()


def _keys(connections: Connections, pattern: str) -> list[bytes]:
    """All keys of a pattern, each once."""
    found: dict[bytes, None] = {}
    cursor: Reply = b"0"
    while True:
        [reply] = connections.ask(("SCAN", bytes_of(cursor), "MATCH", pattern, "COUNT", _AT_ONCE))
        cursor, keys = list_of(reply)
        found |= dict.fromkeys(map(bytes_of, list_of(keys)))
        if cursor == b"0":
            return list(found)


def _prefix_of(name: str) -> str:
    return f"faascast:{name}:"


def _place(found: int, version: int, chunk: int) -> str:
    return f"object:{found}:{version}:{chunk}"
