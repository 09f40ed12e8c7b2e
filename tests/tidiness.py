"""Nothing is left: what the tests of a module leave of ours when they are over is their fault."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

_OURS = (b"executor.instance", b"faulty_instance", b"guard.py")
_PATIENCE_S = 10.0
"""What was killed takes a moment to go."""


@pytest.fixture(scope="session", autouse=True)
def own_temporary_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where this process, and those that it starts, put what is temporary; short, for sockets have short names."""
    tmp_path_factory.getbasetemp()  # which is to stay where it is
    folder = Path(tempfile.mkdtemp(prefix="fc-", dir="/tmp"))
    with pytest.MonkeyPatch.context() as changed:
        for name in ("TMPDIR", "XDG_RUNTIME_DIR"):
            changed.setenv(name, str(folder))
        changed.setattr(tempfile, "tempdir", str(folder))
        yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module", autouse=True)
def _nothing_is_left(own_temporary_folder: Path) -> Iterator[None]:
    """No folder, no process and no control group of ours that was not there before."""
    before = _found(own_temporary_folder)
    yield
    until_s = time.monotonic() + _PATIENCE_S
    while (left := _found(own_temporary_folder) - before) and time.monotonic() < until_s:
        time.sleep(0.02)
    assert not left, f"the tests of this module leave {', '.join(sorted(left))}"


def _found(folder: Path) -> set[str]:
    folders = {str(path) for path in folder.glob("faascast-*")}
    return folders | set(_groups()) | set(_processes())


def _groups() -> Iterator[str]:
    """Control groups that this process has made; others come and go meanwhile."""
    for folder, names, _ in os.walk("/sys/fs/cgroup"):
        yield from (f"{folder}/{name}" for name in names if name.startswith(f"faascast-{os.getpid()}-"))


def _processes() -> Iterator[str]:
    """Those that this process has started, and are ours."""
    for thread in Path("/proc/self/task").glob("*/children"):
        try:
            for pid in thread.read_text().split():
                if any(word in (said := Path(f"/proc/{pid}/cmdline").read_bytes()) for word in _OURS):
                    yield f"process {pid} ({said[-60:]!r})"
        except OSError:
            continue  # it has just ended
