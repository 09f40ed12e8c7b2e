"""Addresses of stores: `files:FOLDER`, `redis://…`, `redis+unix://…`."""

import re
from typing import TypeAlias

from msgspec import Struct

from .store import Refused

FILES = "files:"
REDIS = "redis://"
REDIS_SOCKET = "redis+unix://"
DEFAULT_PORT = 6379

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


class Folder(Struct, frozen=True):
    """A folder that holds the files of runs, a folder each."""

    path: str

    def __str__(self) -> str:
        return f"{FILES}{self.path}"


class Server(Struct, frozen=True):
    """A server that speaks the Redis protocol: by host and port, or by the path of a socket."""

    host: str = ""
    port: int = DEFAULT_PORT
    path: str = ""
    user: str = ""
    password: str = ""
    db: int = 0

    def __str__(self) -> str:
        """For people: without the password."""
        if self.path:
            return f"{REDIS_SOCKET}{self.path}?db={self.db}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{REDIS}{host}:{self.port}/{self.db}"


Address: TypeAlias = Folder | Server


def address_of(url: str) -> Address:
    """Where a store is. Refused: what is wrong with the address (without its password), and what was expected."""
    if url.startswith(FILES):
        path = url.removeprefix(FILES)
        if not path.startswith("/"):
            # Not every process of a run works in the same folder.
            raise Refused(f"store {url!r}: the folder is {path!r}; expected an absolute path")
        return Folder(path.rstrip("/") or "/")
    if url.startswith((REDIS, REDIS_SOCKET)):
        return _server_of(url)
    scheme = url.partition(":")[0] if "@" in url else url
    raise Refused(f"store {scheme!r} is of no known kind; expected files:FOLDER, redis://… or redis+unix://…")


def _server_of(url: str) -> Server:
    # Only who asks a server needs this: 2 ms of a cold start.
    from urllib.parse import parse_qs, unquote, urlsplit

    try:
        parts = urlsplit(url)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        port = DEFAULT_PORT if parts.port is None else parts.port
    except ValueError as error:
        raise Refused(f"the store's address cannot be read: {error}") from error
    if not url.startswith(REDIS_SOCKET):
        if not parts.hostname:
            raise Refused("the store's address names no host; expected redis://[user:password@]host[:port][/db]")
        return Server(parts.hostname, port, "", user, password, _db_of(parts.path.strip("/")))
    if len(parts.path) < 2:
        raise Refused("the store's address names no socket; expected redis+unix://[user:password@]/path[?db=n]")
    db = _db_of(*parse_qs(parts.query).get("db", ["0"]))
    return Server("", DEFAULT_PORT, unquote(parts.path), user, password, db)


def _db_of(written: str, *more: str) -> int:
    if more or not (written or "0").isdecimal():
        raise Refused(f"the store's database is {[written, *more]}; expected one whole number")
    return int(written or 0)


def check_name(name: str) -> None:
    """Refuse a run's name that is no plain file name: Refused."""
    if not _NAME.fullmatch(name):
        raise Refused(f"a run's name is {name!r}; expected up to 100 letters, digits, '_', and inside '-' and '.'")
