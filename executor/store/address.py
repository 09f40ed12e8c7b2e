"""Addresses of stores: `files:FOLDER`, `redis://…`, `redis+unix://…`."""

import re
from typing import TypeAlias

from msgspec import Struct

from .store import Refused

FILES = "files:"
REDIS = "redis://"
REDIS_SOCKET = "redis+unix://"
DEFAULT_PORT = 6379

_FORM = f"{REDIS}[[user]:password@]host[:port][/db]"
_SOCKET_FORM = f"{REDIS_SOCKET}[[user]:password@]/path[?db=n]"

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
        if not path.startswith("/") or path.startswith("//"):
            # Not every process of a run works in the same folder.
            raise Refused(f"store {url!r}: the folder is {path!r}; expected an absolute path")
        return Folder(path.rstrip("/") or "/")
    if url.startswith((REDIS, REDIS_SOCKET)):
        return _server_of(url)
    # What comes after the kind may be a password.
    raise Refused(f"the store's kind is {url.partition(':')[0]!r}; expected files:FOLDER, {_FORM} or {_SOCKET_FORM}")


def _server_of(url: str) -> Server:
    # Only who asks a server needs this: 2 ms of a cold start.
    from urllib.parse import parse_qs, unquote, urlsplit

    form = _SOCKET_FORM if url.startswith(REDIS_SOCKET) else _FORM
    try:
        parts = urlsplit(url)
        port = DEFAULT_PORT if parts.port is None else parts.port
        query = parse_qs(parts.query, keep_blank_values=True)
    except ValueError:
        # The reason may hold part of the password, if that is why.
        raise Refused(f"the store's address cannot be read; expected {form}, %-encoded") from None
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if url.startswith(REDIS_SOCKET):
        path, db = unquote(parts.path), query.pop("db", ["0"])
        _check(not parts.hostname, f"names a host, {parts.hostname!r}", form)
        _check(len(path) > 1, "names no socket", form)
    else:
        path, db = "", [parts.path.removeprefix("/") or "0"]
        _check(bool(parts.hostname), "names no host", form)
    _check(not query, f"has unknown parts: {', '.join(query)}", form)
    _check(len(db) == 1 and db[0].isdecimal(), f"has a database that is no number, {', '.join(db)!r}", form)
    return Server(parts.hostname or "", port, path, user, password, int(db[0]))


def _check(is_right: bool, otherwise: str, expected: str) -> None:
    if not is_right:
        raise Refused(f"the store's address {otherwise}; expected {expected}")


def check_name(name: str) -> None:
    """Refuse a run's name that is no plain file name: Refused."""
    if not _NAME.fullmatch(name):
        raise Refused(f"a run's name is {name!r}; expected up to 100 letters, digits, '_', and inside '-' and '.'")
