"""Starts that fail, limits that cannot be set, failures that are another task's: each is told of whom it is."""

from __future__ import annotations

import errno
import os
import resource
from pathlib import Path
from typing import Any

import pytest

from executor.local import limits
from executor.local.cgroups import GroupV1, Place
from executor.local.loop import Loop
from tests.executor_local.programs import Ground, chain, fan, ground, platform_with, square, wait_until


def test_a_start_that_fails_is_tried_again_and_gives_up_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.pidfd_open
    failed: list[int] = []

    def fails_once(pid: int, flags: int = 0) -> int:
        if not failed:
            failed.append(pid)
            raise OSError(errno.EMFILE, "Too many open files")
        return opened(pid, flags)

    monkeypatch.setattr(os, "pidfd_open", fails_once)
    with ground(tmp_path, platform_with()) as here:
        run = here.run(fan(square, 1))
    assert run.result() == [0]
    first, second = run.account.invocations
    assert "could not be started: [Errno 24] Too many open files" in first.reason
    assert second.status == "done"
    assert not Path(f"/proc/{failed[0]}").exists()


def test_an_instance_that_cannot_be_watched_is_ended_and_the_next_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Loop.watch
    failed: list[int] = []

    def fails_once(loop: Loop, descriptor: int, act: Any) -> None:
        if not failed:
            failed.append(descriptor)
            raise OSError(errno.ENOSPC, "No space left on device")
        watch(loop, descriptor, act)

    monkeypatch.setattr(Loop, "watch", fails_once)
    with ground(tmp_path, platform_with()) as here:
        run = here.run(fan(square, 1))
    assert run.result() == [0]
    assert "could not be started" in run.account.invocations[0].reason


def test_a_limit_that_cannot_be_set_is_told_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(resource, "prlimit", refuses)
    with ground(tmp_path, platform_with(), memory="rlimit") as here:
        run = here.run(fan(square, 1))
    assert run.result() == [0]
    [instance] = run.account.instances
    assert instance.memory_limit.startswith("none: PermissionError")
    assert instance.troubles


def test_a_group_that_cannot_be_made_is_told_as_no_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "groups").mkdir()
    place = Place("cgroup v1", GroupV1, tmp_path / "groups" / "gone")
    monkeypatch.setattr(limits, "find_place", lambda controller: place)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    with ground(tmp_path, platform_with(), cpu="cgroup") as here:
        run = here.run(fan(square, 1))
    [instance] = run.account.instances
    assert instance.cpu_limit.startswith("none: FileNotFoundError")


def test_two_platforms_of_a_process_name_their_groups_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A group is a folder: no two have one name."""
    named: list[Path] = []

    def make(path: Path) -> GroupV1:
        named.append(path)
        raise OSError("enough")

    monkeypatch.setattr(limits, "find_place", lambda controller: Place("cgroup v1", make, tmp_path))
    with ground(tmp_path, platform_with(), cpu="cgroup") as one, ground(tmp_path, platform_with(), cpu="cgroup") as two:
        one.run(fan(square, 1))
        Ground(two.local, tmp_path / "other").run(fan(square, 1))
    assert len(named) == len(set(named)) == 2


def test_a_failure_is_told_of_the_task_that_failed(tmp_path: Path) -> None:
    def breaks(value: int) -> int:
        raise ArithmeticError("too much")

    with ground(tmp_path, platform_with(**{"limits.max_attempts": 1, "faults.retry.attempts": 1})) as here:
        run = here.run(chain(lambda: 7, breaks), "all-on-one")
    assert run.failure is not None
    assert "(invoked for task t0)" in run.failure
    assert "task t1: " in run.failure
    assert "task t0: " not in run.failure


def test_what_came_for_a_descriptor_that_was_closed_is_not_for_who_has_its_number_next() -> None:
    """Both pipes can be read at once; who is heard first closes both, and another gets the second's number."""
    broken: list[BaseException] = []
    heard: list[str] = []
    loop = Loop(broken.append)
    pairs = [os.pipe(), os.pipe()]
    quiet: list[int] = []

    def hear(name: str) -> None:
        heard.append(name)
        for reader, writer in pairs:
            loop.forget(reader)
            os.close(reader)
            os.close(writer)
        for _ in range(2):
            reader, writer = os.pipe()
            quiet.extend((reader, writer))
            loop.watch(reader, lambda: heard.append("somebody else"))

    for name, (reader, writer) in zip("ab", pairs, strict=True):
        loop.watch(reader, lambda name=name: hear(name))  # type: ignore[misc]
        os.write(writer, b".")
    loop.start()
    wait_until(lambda: bool(quiet))
    loop.call(lambda: heard.append("done"))
    wait_until(lambda: "done" in heard)
    loop.close()
    for each in quiet:
        os.close(each)
    assert heard in (["a", "done"], ["b", "done"])
    assert broken == []
