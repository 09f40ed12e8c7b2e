"""Stores by address."""

from .address import Folder, address_of
from .files import FilesStore, files_left, remove_files, rest_files, wake_files
from .redis import RedisStore
from .redis_keys import keys_left, remove_keys
from .store import Leftover, Store


def open_store(url: str, name: str, key: bytes, *, create: bool = True) -> Store:
    """A run's share of the store at ``url``; made if it is not there, unless told otherwise (then StoreError).

    ``key`` is the run's: what comes from a server is refused if it was not put there under the same key.
    Refused: what is wrong with the address, the name, the folder or the password. StoreError: there is no such store.
    """
    address = address_of(url)
    if isinstance(address, Folder):
        return FilesStore(address, name, create=create)
    return RedisStore(address, name, key, create=create)


def leftovers(url: str) -> tuple[Leftover, ...]:
    """What runs have in a store that they have not removed: those that died, and those that still go on. StoreError."""
    address = address_of(url)
    return files_left(address) if isinstance(address, Folder) else keys_left(address)


def wake(url: str, name: str) -> None:
    """Make what a run needs while it goes on, and has outside its place: before a run at rest is opened. StoreError."""
    address = address_of(url)
    if isinstance(address, Folder):
        wake_files(address, name)


def rest(url: str, name: str) -> None:
    """Remove what a run needs only while it goes on, and has outside its place; it may be woken again. StoreError."""
    address = address_of(url)
    if isinstance(address, Folder):
        rest_files(address, name)


def destroy(url: str, name: str) -> None:
    """Remove all that a run left in a store, without its key; fine if there is nothing. StoreError."""
    address = address_of(url)
    if isinstance(address, Folder):
        remove_files(address, name)
    else:
        remove_keys(address, name)
