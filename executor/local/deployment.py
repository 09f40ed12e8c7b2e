"""The user's code as it stands: what instances have loaded of it must not serve a run of other code.

Platforms start new instances when code is deployed anew. Here that is whenever a run begins after a file of a module
has changed, or with another search path or folder to be in.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from executor.local.process import search_path

Stamp: TypeAlias = tuple[int, int] | None
"""When a file was changed (ns), and its size in bytes; None if it is not there."""
_INSTALLED: Final = tuple(f"{sysconfig.get_path(kind)}{os.sep}" for kind in ("stdlib", "platstdlib"))
_LIBRARIES: Final = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


@dataclass(frozen=True)
class Code:
    """Where a run's code is found, and the files of it that are known: those of modules that this process imported."""

    folders: tuple[str, ...]
    cwd: str
    stamps: dict[str, Stamp] = field(default_factory=dict)

    def differs(self, other: Code) -> bool:
        """Whether who has loaded one cannot serve the other. That only one knows a file is no difference."""
        if (self.folders, self.cwd) != (other.folders, other.cwd):
            return True
        return any(other.stamps.get(file, stamp) != stamp for file, stamp in self.stamps.items())

    def together(self, other: Code) -> Code:
        """All files that one or the other knows."""
        return Code(self.folders, self.cwd, {**self.stamps, **other.stamps})


def present_code() -> Code:
    """The code of the user's process: its modules, but for those of installed libraries."""
    files = [getattr(module, "__file__", None) for module in [*sys.modules.values()]]
    users = [file for file in files if isinstance(file, str) and not _is_installed(file)]
    return Code(search_path(), os.getcwd(), {file: _stamp(file) for file in users})  # noqa: PTH109 (a text)


class Deployments:
    """Counts the states of the code, as runs begin."""

    def __init__(self) -> None:
        self.number = 0
        self._code: Code | None = None

    def take(self, code: Code) -> bool:
        """A run of this code begins: whether what was loaded before is outdated."""
        if self._code is not None and self._code.differs(code):
            self.number += 1
            self._code = code
            return True
        self._code = self._code.together(code) if self._code else code
        return False


def _is_installed(file: str) -> bool:
    return any(each in file for each in _LIBRARIES) or file.startswith(_INSTALLED)


def _stamp(file: str) -> Stamp:
    try:
        found = os.stat(file)  # noqa: PTH116 (hundreds of them, for every run)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
