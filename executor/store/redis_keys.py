"""The keys of a run on a server: they begin with `faascast:` and its name.

The log is there from the run's beginning to its removal, with an entry of its own at first: that is how a late comer
knows that the run is over, or forgotten, and leaves nothing behind.
"""

from .address import Server, check_name
from .connections import Connections
from .resp import Argument, Connection, Reply, bytes_of, list_of
from .seal import SEAL_BYTES
from .store import Leftover, StoreError

_RUNS = "faascast:runs"
_BEGUN = "begun"
_AT_ONCE = 1000


class Keys:
    """One run's keys, and the way to them."""

    def __init__(self, server: Server, name: str, *, create: bool) -> None:
        check_name(name)
        self.server = server
        self.name = name
        self.log = _log_of(name)
        self.connections = Connections(server, self._greet)
        if create:
            _begin(server, name)
        self.connections.ask(("PING",))

    def key(self, place: str) -> str:
        """The key of a place."""
        return _prefix_of(self.name) + place

    def ask(self, *command: Argument) -> Reply:
        """Ask; the reply."""
        return self.connections.ask(command)[0]

    def write(self, command: str, place: str, *arguments: Argument) -> Reply:
        """Change what is at a place. StoreError: the run is no longer there, and nothing is left of what was tried."""
        key = self.key(place)
        reply, is_there = self.connections.ask((command, key, *arguments), ("EXISTS", self.log))
        if not is_there:
            self.ask("UNLINK", key)
            raise self.gone()
        return reply

    def check(self) -> None:
        """See that the run is there. StoreError."""
        if not self.ask("EXISTS", self.log):
            raise self.gone()

    def gone(self) -> StoreError:
        """What to say where the run is not."""
        return StoreError(f"run {self.name} is not in store {self.server}: it was removed, or the server forgot it")

    def _greet(self, connection: Connection) -> None:
        """A server that was away may have begun anew with nothing."""
        if connection.ask([("EXISTS", self.log)]) != [1]:
            raise self.gone()


def _begin(server: Server, name: str) -> None:
    """Have the run on the server, unless it is there."""
    connection = Connection(server)
    try:
        _, is_there = connection.ask([("WATCH", _log_of(name)), ("EXISTS", _log_of(name))])
        if not is_there:
            # In vain if somebody else begins it meanwhile, which is as good.
            connection.ask([("MULTI",), ("RPUSH", _log_of(name), _BEGUN), ("SADD", _RUNS, name), ("EXEC",)])
    finally:
        connection.close()


def keys_left(server: Server) -> tuple[Leftover, ...]:
    """What runs left on a server, by name. StoreError."""
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
    """Remove all that a run left on a server; fine if there is nothing. StoreError."""
    check_name(name)
    connections = Connections(server)
    try:
        connections.ask(("UNLINK", _log_of(name)))  # first: then nobody adds anything
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


def _log_of(name: str) -> str:
    return f"{_prefix_of(name)}log"
