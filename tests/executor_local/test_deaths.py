"""Instances that die: noticed at once, delivered again as the next epoch, told when that was in vain."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.executor_local.programs import (
    always_dies,
    chain,
    dies_once,
    fan,
    first_time,
    ground,
    leaves,
    platform_with,
    square,
    wait_until,
)


def test_a_killed_instance_is_noticed_at_once_and_its_worker_delivered_again(tmp_path: Path) -> None:
    with ground(tmp_path, platform_with()) as here:
        run = here.run(fan(dies_once, 3, str(tmp_path)))
    assert run.result() == [0, 1, 2]
    killed = [each for each in run.account.invocations if each.status == "killed"]
    again = [each for each in run.account.invocations if each.delivery == 2]
    assert sorted(each.worker for each in killed) == sorted(each.worker for each in again) == [0, 1, 2]
    assert all(each.epoch == 2 and each.status == "done" for each in again)
    assert all("the instance killed by SIGKILL" in each.reason for each in killed)


@pytest.mark.parametrize(("function", "ending"), [(always_dies, "killed by SIGKILL"), (leaves, "exited with code 7")])
def test_a_worker_that_dies_each_time_is_given_up(tmp_path: Path, function: object, ending: str) -> None:
    assert callable(function)
    with ground(tmp_path, platform_with(max_attempts=3)) as here:
        run = here.run(fan(function, 1))
        assert not here.local.pids
    assert [each.epoch for each in run.account.invocations] == [1, 2, 3]
    assert run.account.lost == 2
    assert run.failure is not None
    assert f"(invoked for task t0), attempt 3 of 3: the instance {ending}" in run.failure


def test_the_last_words_of_an_instance_are_told(tmp_path: Path) -> None:
    def shouts(number: int) -> int:
        os.write(2, b"out of cheese\n")
        os._exit(3)

    with ground(tmp_path, platform_with(max_attempts=1)) as here:
        run = here.run(fan(shouts, 1))
    assert run.failure is not None
    assert "its last words: out of cheese" in run.failure


def test_an_instance_that_dies_idle_serves_nobody(tmp_path: Path) -> None:
    with ground(tmp_path, platform_with()) as here:
        first = here.run(fan(square, 1))
        [pid] = here.local.pids
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not here.local.pids)
        second = here.run(fan(square, 1))
    assert second.result() == [0]
    assert second.account.invocations[0].cold
    assert first.account.instances[0].pid == pid


def test_what_only_the_dead_memory_held_is_made_again(tmp_path: Path) -> None:
    """One worker runs all: what the first task made was never uploaded, and died with the second's first run."""

    def second(value: int) -> int:
        if first_time(str(tmp_path), 0):
            os.kill(os.getpid(), signal.SIGKILL)
        return value + 1

    with ground(tmp_path, platform_with()) as here:
        run = here.run(chain(lambda: 41, second), "all-on-one", examined=True)
    assert run.result() == 42
    assert [each.status for each in run.account.invocations] == ["killed", "done"]


def test_a_worker_that_failed_is_delivered_again_like_one_that_died(tmp_path: Path) -> None:
    def fails_at_first(number: int) -> int:
        for attempt in range(2):
            if first_time(str(tmp_path), attempt):
                raise OSError("not yet")
        return number

    with ground(tmp_path, platform_with(**{"faults.retry.attempts": 2})) as here:
        run = here.run(fan(fails_at_first, 1))
    assert run.result() == [0]
    assert [each.status for each in run.account.invocations] == ["failed", "done"]
    assert "OSError: not yet" in run.account.invocations[0].reason


def test_after_a_failure_those_who_still_run_are_stopped_and_those_who_wait_go(tmp_path: Path) -> None:
    def breaks_first(number: int) -> int:
        if number == 0:
            raise ValueError("no")
        time.sleep(30)
        return number

    with ground(tmp_path, platform_with(max_attempts=1, concurrency=3, client_callers=8)) as here:
        begin_s = time.monotonic()
        run = here.run(fan(breaks_first, 5))
        assert time.monotonic() - begin_s < 20
    assert run.failure is not None
    assert "ValueError: no" in run.failure
    assert {each.status for each in run.account.invocations} <= {"failed", "stopped", "killed"}
