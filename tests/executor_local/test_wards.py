"""The guard ends when the platform does, and not when somebody else does who was forked from its process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from executor.local.wards import Wards
from tests.executor_local.programs import is_there, wait_until
from tests.support import ROOT


@contextmanager
def forked() -> Iterator[int]:
    """A process that was forked from this one, and sleeps."""
    pid = os.fork()
    if not pid:
        signal.pause()
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_a_process_that_was_forked_does_not_hold_up_the_end(tmp_path: Path) -> None:
    wards = Wards()
    left = tmp_path / "left"
    left.mkdir()
    wards.made(str(left))
    with forked() as pid:
        line = Path(f"/proc/{os.getpid()}/fd/{wards._line}").readlink()
        wait_until(lambda: line not in [each.readlink() for each in Path(f"/proc/{pid}/fd").iterdir()])
        wards.close()
    assert not is_there(wards.pid)
    assert not left.exists()


def test_the_guard_sees_the_end_of_the_user_though_a_process_forked_from_it_goes_on(tmp_path: Path) -> None:
    left = tmp_path / "left"
    left.mkdir()
    text = f"""
import os, signal
from executor.local.wards import Wards
wards = Wards()
wards.made({str(left)!r})
child = os.fork()
if not child:
    signal.pause()
print(child, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.Popen([sys.executable, "-c", text], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert done.stdout
    child = int(done.stdout.readline())
    try:
        done.wait()
        wait_until(lambda: not left.exists())
        assert is_there(child)
    finally:
        os.kill(child, signal.SIGKILL)
        done.stdout.close()
