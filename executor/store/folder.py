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
