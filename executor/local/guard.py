"""The guard: a process that outlives the platform's by a moment, and ends what that has left behind.

It is told on its standard input, a line each: ``+PID`` a process group was begun, ``-PID`` it has ended, ``>PATH`` a
folder was made, ``<PATH`` it is gone. At a line ``.``, or when its input ends, it kills the groups, and removes the
folders (those of the system's control groups with what is below them). Run as a script: it imports nothing of ours, to
be there at once.
"""

import contextlib
import os
import shutil
import signal
import sys
import time

_TRIES = 100
_PAUSE_S = 0.01


def main() -> None:
    """Listen until the platform is gone; then clear up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    folders: dict[str, None] = {}
    for line in sys.stdin:
        kind, what = line[0], line[1:-1]
        if kind == ".":
            break
        if kind == "+":
            groups.add(int(what))
        elif kind == "-":
            groups.discard(int(what))
        elif kind == ">":
            folders[what] = None
        else:
            folders.pop(what, None)
    for group in sorted(groups):
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGKILL)
    for folder in reversed(folders):
        _remove(folder)


def _remove(folder: str) -> None:
    """A control group can only be removed once its processes are gone, and only as an empty folder."""
    for _ in range(_TRIES):
        try:
            if folder.startswith("/sys/"):
                os.rmdir(folder)  # noqa: PTH106 (pathlib would take as long to import as all the rest)
            else:
                shutil.rmtree(folder)
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(_PAUSE_S)


if __name__ == "__main__":
    main()
