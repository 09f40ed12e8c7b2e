"""Where runs are kept: an earlier result is there until a run has begun in its place; one process at a time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import faascast
from executor.local.journal import is_begun
from executor.store.opening import leftovers
from faascast.experiments import execution
from faascast.experiments.execution import store_address
from faascast.results import attempts, claims
from faascast.results.folder import folder_faults
from platforms import load_platform

NO_STORE = "redis://127.0.0.1:1/0"


@pytest.fixture(scope="module")
def host() -> Iterator[faascast.LocalPlatform]:
    """A platform whose instances all tests share; what fails fails at once."""
    fields = {"provisioning_s": 0, "init_s": 0, "max_attempts": 1, "faults.retry.attempts": 1}
    with faascast.LocalPlatform(load_platform("local", fields)) as host:
        yield host


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "out"


def fails_until(mark: Path) -> Any:
    """A run of two tasks, of which the second fails until a file is there."""

    @faascast.task
    def base() -> int:
        return 6

    @faascast.task
    def picky(number: int) -> int:
        if not mark.exists():
            raise RuntimeError("it is not ready")
        return number * 7

    return picky(base())


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def failed(host: faascast.LocalPlatform, tmp_path: Path, place: Path) -> Any:
    """The node of a run that failed, is kept in ``place``, and would succeed now."""
    node = fails_until(tmp_path / "ready")
    assert faascast.run(node, "one-per-task", host, f"files:{tmp_path}/store", place, seed=1).status == "failed"
    (tmp_path / "ready").touch()
    return node


def test_an_earlier_result_stays_if_nothing_can_begin(
    host: faascast.LocalPlatform, failed: Any, tmp_path: Path, place: Path
) -> None:
    before = tree(place)
    with pytest.raises(faascast.BadInput, match="store: "):
        faascast.run(failed, "one-per-task", host, NO_STORE, place, seed=1)
    assert tree(place) == before
    assert len(leftovers(f"files:{tmp_path}/store")) == 1
    run = faascast.run(failed, platform=host, resume=place)
    assert run.result() == 42
    assert leftovers(f"files:{tmp_path}/store") == ()


def test_an_interrupt_before_a_run_begins_leaves_all_as_it_was(
    host: faascast.LocalPlatform, failed: Any, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    before = tree(place)
    monkeypatch.setattr("executor.local.run.put_given", interrupted)
    for out in (place, tmp_path / "new" / "deep"):
        with pytest.raises(KeyboardInterrupt):
            faascast.run(failed, "one-per-task", host, f"files:{tmp_path}/store", out, seed=1)
    assert tree(place) == before
    assert not (tmp_path / "new").exists()
    assert len(leftovers(f"files:{tmp_path}/store")) == 1


def test_a_run_in_the_place_of_another_forgets_that(
    host: faascast.LocalPlatform, failed: Any, tmp_path: Path, place: Path
) -> None:
    run = faascast.run(failed, "one-per-task", host.platform, f"files:{tmp_path}/store", place, seed=1)
    assert run.result() == 42
    assert leftovers(f"files:{tmp_path}/store") == ()
    assert faascast.load_run(place).status == "complete"
    assert not [path for path in place.iterdir() if path.name.startswith(".")]


def test_a_complete_run_is_not_gone_on_with_and_keeps_its_result(
    host: faascast.LocalPlatform, tmp_path: Path, place: Path
) -> None:
    node = faascast.task(lambda: 1, name="one")()
    faascast.run(node, "one-per-task", host, f"files:{tmp_path}/store", place, seed=1)
    before = tree(place)
    with pytest.raises(faascast.BadInput, match="holds a run that is complete: there is nothing to go on with"):
        faascast.run(node, platform=host, resume=place)
    assert tree(place) == before


def test_a_failed_result_stays_until_the_next_is_there(
    host: faascast.LocalPlatform, failed: Any, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(execution, "recount", killed)
        with pytest.raises(SystemExit):
            faascast.run(failed, platform=host, resume=place)
    assert is_begun(place / "attempt-2")
    assert faascast.load_run(place).status == "failed"
    [fault] = attempts.place_faults(place)
    assert "was cut short, which can be resumed" in fault


def test_what_a_killed_process_had_put_aside_comes_back(failed: Any, place: Path) -> None:
    """Killed at each step on the way there and back."""
    before = tree(place)
    claims.put_aside(place)
    (place / "plan.json").touch()
    (place / "attempt-1").mkdir()
    assert [*attempts.place_faults(place)] == []
    claims.put_back(place)
    assert tree(place) == before
    (place / ".earlier~").mkdir()
    (place / "attempt-1").rename(place / ".earlier~" / "attempt-1")
    assert [*attempts.place_faults(place)] == []
    claims.put_back(place)
    assert tree(place) == before


def test_a_run_that_was_killed_before_it_began_gives_way(
    host: faascast.LocalPlatform, failed: Any, tmp_path: Path, place: Path
) -> None:
    for path in place.iterdir():
        if path.name not in ("plan.json", "workflow.json", "platform.toml", "attempt-1"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    [fault] = attempts.place_faults(place)
    assert "was cut short, which can be resumed" in fault
    (place / "attempt-1" / "records" / "platform.journal").unlink()
    with pytest.raises(faascast.BadInput, match="cut short before it began: there is nothing to go on with"):
        faascast.run(failed, platform=host, resume=place)
    run = faascast.run(failed, "one-per-task", host.platform, f"files:{tmp_path}/store", place, seed=1)
    assert run.result() == 42
    assert leftovers(f"files:{tmp_path}/store") == ()


def test_nobody_else_carries_a_run_out_in_a_folder(
    host: faascast.LocalPlatform, failed: Any, tmp_path: Path, place: Path
) -> None:
    before = tree(place)
    with claims.claimed(place):
        for how in ({"resume": place}, {"out": place, "store": f"files:{tmp_path}/store"}):
            with pytest.raises(faascast.BadInput, match="is in use: a run is carried out there just now"):
                faascast.run(failed, platform=host, **how)
        [fault] = attempts.place_faults(place)
        assert "is in use" in fault
    assert tree(place) == before
    assert faascast.run(failed, platform=host, resume=place).result() == 42


def test_a_claim_leaves_no_empty_folder(tmp_path: Path) -> None:
    with claims.claimed(tmp_path / "a" / "b"):
        assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    assert not (tmp_path / "a").exists()


def test_failed_attempts_count_what_former_ones_committed(
    host: faascast.LocalPlatform, tmp_path: Path, place: Path
) -> None:
    node = fails_until(tmp_path / "ready")
    told = [faascast.run(node, "one-per-task", host, f"files:{tmp_path}/store", place, seed=1)]
    told += [faascast.run(node, platform=host, resume=place) for _ in range(2)]
    for run in told:
        with pytest.raises(faascast.RunFailed, match="1 of 2 tasks are committed"):
            run.result()
    assert faascast.load_run(place).n_committed == 1
    told[-1].forget()


# ---- bad input


def test_what_is_no_place_is_told_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
    places = {".": "no name", "..": "no name", "/": "no name", "link": "is a link", "dangling": "is a link"}
    for path, told in ({**places, "/proc/x": "cannot be made", "/proc/x/y": "cannot be made"}).items():
        [fault] = folder_faults(Path(path))
        assert told in fault
        with pytest.raises(faascast.BadInput):
            faascast.run("gemm,n=8", out=path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling", "link"]


@pytest.mark.parametrize("deadline_s", [float("inf"), float("nan"), 1e300, 1e9])
def test_a_deadline_is_a_time_that_will_come(deadline_s: float) -> None:
    with pytest.raises(faascast.BadInput, match=r"deadline is .*; expected seconds above 0, and at most 31,622,400"):
        faascast.run("gemm,n=8", deadline_s=deadline_s)


def test_files_are_in_a_folder() -> None:
    with pytest.raises(faascast.BadInput, match="store is 'files:'; expected files:FOLDER"):
        store_address("files:")


def test_one_run_has_no_planner_to_choose_by(host: faascast.LocalPlatform, failed: Any, place: Path) -> None:
    with pytest.raises(faascast.BadInput, match="holds one run; expected no planner to choose by"):
        faascast.load_run(place, "heft")


def test_a_folder_that_holds_another_run_now_is_that_runs(host: faascast.LocalPlatform, tmp_path: Path) -> None:
    """Instances that are warm know the former one by the same folder."""
    for value in (1, 2):
        node = faascast.task(lambda number: number)(value)
        assert faascast.run(node, "one-per-task", host, out=tmp_path / "result").result() == value
