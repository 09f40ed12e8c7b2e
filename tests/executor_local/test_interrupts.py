"""Ctrl-C, and the sudden death of the user's process: nothing is left behind, or it is named; and it can be resumed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from executor.store.opening import destroy, leftovers
from tests.executor_local.interrupted import INTERRUPTED
from tests.executor_local.programs import chain, fan, first_time, ground, is_there, nap, platform_with, wait_until
from tests.support import ROOT


@contextmanager
def user(folder: Path, seconds: float) -> Iterator[subprocess.Popen[str]]:
    """A user's process whose three tasks run."""
    command = [sys.executable, "-m", "tests.executor_local.interrupted", str(folder), str(seconds)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: len(instances_of(process.pid)) == 3 and has_begun(folder, 3), within_s=60)
        yield process
    finally:
        process.kill()
        process.communicate()


def has_begun(folder: Path, n: int) -> bool:
    """Whether so many machines have taken a step."""
    frames = [*(folder / "run" / "records").glob("[0-9]*.frames")]
    return len(frames) == n and all(path.stat().st_size for path in frames)


def instances_of(pid: int) -> list[int]:
    """The processes that a process has started, but for its guard."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    threads = [Path(f"/proc/{pid}/task/{task.name}/children") for task in Path(f"/proc/{pid}/task").iterdir()]
    assert children in threads
    pids = [int(word) for path in threads if path.exists() for word in path.read_text().split()]
    return [each for each in pids if b"executor.instance" in Path(f"/proc/{each}/cmdline").read_bytes()]


def groups_of(pid: int) -> list[Path]:
    """Control groups that a process has made."""
    return [*Path("/sys/fs/cgroup").glob(f"**/faascast-{pid}-*")]


def test_ctrl_c_ends_everything_and_names_what_is_kept(tmp_path: Path) -> None:
    with user(tmp_path, 30.0) as process:
        instances, guard = instances_of(process.pid), int((tmp_path / "guard").read_text())
        process.send_signal(signal.SIGINT)
        said, errors = process.communicate(timeout=60)
        assert process.returncode == INTERRUPTED, errors
        assert said.startswith("interrupted; its data are kept in files:")
        assert not any(is_there(pid) for pid in (*instances, guard))
        assert not groups_of(process.pid)
    assert len(leftovers(f"files:{tmp_path / 'store'}")) == 1


def test_nothing_outlives_a_user_who_is_killed(tmp_path: Path) -> None:
    with user(tmp_path, 30.0) as process:
        instances, guard = instances_of(process.pid), int((tmp_path / "guard").read_text())
        os.kill(instances[0], signal.SIGSTOP)  # as the duty cycle does: it could not end by itself
        process.kill()
        wait_until(lambda: not any(is_there(pid) for pid in (*instances, guard)))
        assert not groups_of(process.pid)
    [left] = leftovers(url := f"files:{tmp_path / 'store'}")
    destroy(url, left.name)
    assert leftovers(url) == ()


def test_a_run_whose_user_was_killed_is_resumed_from_what_is_stored(tmp_path: Path) -> None:
    with user(tmp_path, 2.0) as process:
        process.kill()
        process.wait()
    with ground(tmp_path, platform_with(client_callers=8)) as here:
        run = here.run(fan(nap, 3, 2.0), resume=tmp_path / "run")
    assert run.result() == [0, 1, 2]
    assert [each.epoch for each in run.account.invocations] == [2, 2, 2]
    assert leftovers(f"files:{tmp_path / 'store'}") == ()


def test_what_was_committed_is_not_run_again(tmp_path: Path) -> None:
    def counts() -> int:
        with (tmp_path / "counts").open("a") as file:
            file.write("x")
        return 20

    def fails_at_first(value: int) -> int:
        if first_time(str(tmp_path), 0):
            raise ValueError("a fault that will be mended")
        return value + 1

    program = chain(counts, fails_at_first, lambda value: value * 2)
    retry = {"faults.retry.attempts": 1, "limits.max_attempts": 1}
    with ground(tmp_path, platform_with(**retry)) as here:
        failed = here.run(program)
        resumed = here.run(program, resume=failed.folder)
    assert failed.failure is not None
    assert resumed.result() == 42
    assert (tmp_path / "counts").read_text() == "x"
    assert [each.task for each in resumed.account.invocations] == [1, 2]
