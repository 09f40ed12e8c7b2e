"""The store that needs nothing started: a folder for each run, with files, a table and the way to its mail.

The sockets of the mail lie elsewhere, for the kernel wants them to have short names: `mail` in the run's folder is a
link to that place. Both are this user's alone.
"""

import os

from .address import Folder, check_name
from .file_objects import UNFINISHED, FileObjects
from .folder import check_folder, check_way, make_folder
from .socket_mail import LONGEST_NAME, LONGEST_PATH, SocketMail
from .sqlite_log import SqliteLog
from .store import Leftover, StoreError

_OBJECTS, _LOG, _MAIL = "objects", "log.sqlite", "mail"
_GOING = "~"
"""What is behind the name of a run while it is removed; no name of a run ends so."""


class FilesStore:
    """One run's files."""

    def __init__(self, address: Folder, name: str, *, create: bool) -> None:
        check_name(name)
        self._address = address
        self._name = name
        folder = f"{address.path}/{name}"
        if create:
            _make_run(address.path, folder)
        else:
            _check_run(address, name)
        self.objects = FileObjects(f"{folder}/{_OBJECTS}")
        self.mail = SocketMail(_mail_folder(folder))
        self.log = SqliteLog(f"{folder}/{_LOG}")

    def close(self) -> None:
        """Close the log."""
        self.log.close()

    def destroy(self) -> None:
        """Remove the run's folder and its sockets."""
        self.close()
        remove_files(self._address, self._name)


def _make_run(store: str, folder: str) -> None:
    """Make what is not there of a run's place; others may be doing the same."""
    try:
        os.makedirs(os.path.dirname(store), exist_ok=True)
    except OSError as error:
        raise StoreError(f"{store} cannot be made: {error.strerror}") from error
    make_folder(store)
    check_way(store)
    make_folder(folder)
    make_folder(f"{folder}/{_OBJECTS}")
    _make_mail(folder)


def _check_run(address: Folder, name: str) -> None:
    """StoreError if the run is not there; refused if others can write to its place, or exchange it."""
    folder = f"{address.path}/{name}"
    if not os.path.lexists(folder):
        raise StoreError(f"run {name} is not in store {address}")
    check_folder(address.path)
    check_way(address.path)
    check_folder(folder)


def _make_mail(folder: str) -> None:
    """Make the place of the run's sockets: who is first chooses it."""
    link = f"{folder}/{_MAIL}"
    if not os.path.lexists(link):
        try:
            os.symlink(_short_folder(folder), link)
        except FileExistsError:
            pass  # somebody else was first
        except OSError as error:
            raise StoreError(f"{link} cannot be made: {error.strerror}") from error
    make_folder(os.readlink(link))


def _mail_folder(folder: str) -> str:
    """Where the run's sockets are, or were: a run at rest has none, and who comes too late must not make any."""
    link = f"{folder}/{_MAIL}"
    if not os.path.islink(link):
        raise StoreError(f"{link} is not there: the run was never begun")
    if os.path.lexists(place := os.readlink(link)):
        check_folder(place)
    return place


def _short_folder(folder: str) -> str:
    """A name that no other run has: no two folders are the same one at the same time."""
    own = os.stat(folder)
    name = f"faascast-{own.st_ino:x}-{own.st_ctime_ns:x}"
    for base in (os.environ.get("XDG_RUNTIME_DIR"), os.environ.get("TMPDIR"), "/tmp"):
        place = f"{base}/{name}"
        if base and len(os.fsencode(place)) + 1 + LONGEST_NAME <= LONGEST_PATH and os.access(base, os.W_OK | os.X_OK):
            return place
    raise StoreError("no place for sockets: neither $XDG_RUNTIME_DIR nor $TMPDIR nor /tmp can be written, or is short")


def files_left(address: Folder) -> tuple[Leftover, ...]:
    """What runs left in a folder, by name."""
    if not os.path.lexists(address.path):
        return ()
    check_folder(address.path)
    found = {}
    for entry in sorted(os.listdir(address.path)):
        place = f"{address.path}/{entry}"
        name = entry.removesuffix(_GOING)
        if os.path.isdir(f"{place}/{_OBJECTS}") or entry != name:
            found[name] = _left(name, place)
    return tuple(found.values())


def _left(name: str, place: str) -> Leftover:
    sizes = []
    if os.path.isdir(f"{place}/{_OBJECTS}"):
        with os.scandir(f"{place}/{_OBJECTS}") as files:
            sizes = [file.stat().st_size for file in files if not file.name.endswith(UNFINISHED)]
    return Leftover(name, place, len(sizes), sum(sizes))


def remove_files(address: Folder, name: str) -> None:
    """Remove all that a run left in a folder; also what a removal that was interrupted did. StoreError."""
    check_name(name)
    folder = f"{address.path}/{name}"
    going = folder + _GOING
    try:
        _remove(going)
        if os.path.lexists(folder):
            check_folder(folder)
            os.rename(folder, going)  # nobody adds anything to what is under another name
            _remove(going)
    except OSError as error:
        raise StoreError(f"{folder} cannot be removed: {error}") from error


def wake_files(address: Folder, name: str) -> None:
    """Make the place of a run's sockets anew. StoreError, Refused."""
    check_name(name)
    _check_run(address, name)
    _make_mail(f"{address.path}/{name}")


def rest_files(address: Folder, name: str) -> None:
    """Remove the sockets of a run to which nobody listens any more."""
    check_name(name)
    folder = f"{address.path}/{name}"
    try:
        _remove_mail(folder)
    except OSError as error:
        raise StoreError(f"the sockets of {folder} cannot be removed: {error}") from error


def _remove(folder: str) -> None:
    # Only who ends a run needs this.
    from shutil import rmtree

    if os.path.lexists(folder):
        _remove_mail(folder)
        rmtree(folder)


def _remove_mail(folder: str) -> None:
    from shutil import rmtree

    link = f"{folder}/{_MAIL}"
    if not os.path.islink(link):
        return
    place = os.readlink(link)
    going = place + _GOING
    if os.path.lexists(going):  # a removal that was interrupted
        check_folder(going)
        rmtree(going)
    if os.path.lexists(place):
        check_folder(place)
        os.rename(place, going)
        rmtree(going)
