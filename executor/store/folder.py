"""Folders that belong to this user alone: what is found in them was put there by this user."""

import os
import stat

from .store import Refused, StoreError

OWNER_ONLY = 0o700
OWNER_ONLY_FILE = 0o600
_OTHERS_WRITE = 0o022


def make_folder(path: str) -> None:
    """Make a folder for this user alone, unless it is there; then see that it is so. Refused, StoreError."""
    try:
        os.mkdir(path, OWNER_ONLY)
    except FileExistsError:
        pass
    except OSError as error:
        raise StoreError(f"{path} cannot be made: {error.strerror}") from error
    check_folder(path)


def check_way(path: str) -> None:
    """Refuse a folder to which somebody else can put another one: what is above it can be written by others.

    A sticky bit, as of ``/tmp``, keeps others from renaming what is not theirs.
    """
    above = os.path.realpath(os.path.dirname(path))
    while True:
        try:
            found = os.stat(above)
        except OSError as error:
            raise Refused(f"{above} cannot be used: {error.strerror}") from error
        if found.st_mode & _OTHERS_WRITE and not found.st_mode & stat.S_ISVTX:
            mode = stat.S_IMODE(found.st_mode)
            raise Refused(
                f"{above} can be written by others (mode {mode:o}), who could exchange {path}; "
                f"expected folders above a store that only their owners can write"
            )
        if above == os.path.dirname(above):
            return
        above = os.path.dirname(above)


def check_file(file: int, path: str) -> None:
    """Refuse an open file that is not this user's: what it holds will be unpickled."""
    owner = os.fstat(file).st_uid
    if owner != os.geteuid():
        raise Refused(f"{path} belongs to user {owner}; expected a file of this user, {os.geteuid()}")


def check_folder(path: str) -> None:
    """Refuse what is no folder, not this user's, or writable by others. Links are not followed. Missing: Refused."""
    try:
        found = os.lstat(path)
    except OSError as error:
        raise Refused(f"{path} cannot be used: {error.strerror}") from error
    if not stat.S_ISDIR(found.st_mode):
        raise Refused(f"{path} is {_kind(found.st_mode)}; expected a folder")
    if found.st_uid != os.geteuid():
        raise Refused(f"{path} belongs to user {found.st_uid}; expected a folder of this user, {os.geteuid()}")
    if found.st_mode & _OTHERS_WRITE:
        mode = stat.S_IMODE(found.st_mode)
        raise Refused(f"{path} can be written by others (mode {mode:o}); expected a folder of mode 700")


def _kind(mode: int) -> str:
    return "a symbolic link" if stat.S_ISLNK(mode) else "no folder"
