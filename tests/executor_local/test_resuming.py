"""Attempt after attempt at a run: nothing that was committed is run again, or changed, wherever an attempt was cut."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from executor.local.journal import JOURNAL, Journal, Known, Taken, is_begun, known_of
from executor.local.resuming import Former
from executor.local.run import Interrupted
from executor.records.real.remains import read_remains
from executor.store.opening import leftovers
from executor.store.replica import Replica
from tests.executor_local.programs import chain, fan, ground, platform_with, square
from workloads import WorkflowBuilder
from workloads.program import Program, PythonBody, Reference

ONE_TRY = {"faults.retry.attempts": 1, "limits.max_attempts": 1}


def luck_and_its_heirs(folder: Path) -> Program:
    """A task that makes another value whenever it is run, one that hands it on, and one that fails and compares."""
    builder = WorkflowBuilder("luck")
    for number, inputs in enumerate(([], ["out0"], ["out0", "out1"])):
        builder.add_object(f"out{number}", 1)
        builder.add_task(f"t{number}", function="f", cpu_s=0.01, inputs=inputs, outputs=[f"out{number}"])

    def draws() -> float:
        with (folder / "drawn").open("a") as file:
            file.write("x")
        return random.SystemRandom().random()

    def compares(first: float, second: float) -> tuple[float, float]:
        if not (folder / "ready").exists():
            raise ValueError("not yet")
        return first, second

    bodies = (
        PythonBody(draws, (), outputs=(0,)),
        PythonBody(lambda value: value, (Reference(0),), outputs=(1,)),
        PythonBody(compares, (Reference(0), Reference(1)), outputs=(2,)),
    )
    return Program(builder.build(), bodies, {}, Reference(2))


def test_what_was_committed_stays_over_many_attempts(tmp_path: Path) -> None:
    program = luck_and_its_heirs(tmp_path)
    with ground(tmp_path, platform_with(**ONE_TRY)) as here:
        runs = [here.run(program)]
        for _ in range(3):
            runs.append(here.run(program, resume=runs[-1].folder))
        (tmp_path / "ready").touch()
        last = here.run(program, resume=runs[-1].folder)
    assert [run.account.n_committed for run in runs] == [2, 2, 2, 2]
    first, second = last.result()  # type: ignore[misc]
    assert first == second
    assert (tmp_path / "drawn").read_text() == "x"
    assert [[each.task for each in run.account.invocations] for run in (*runs[1:], last)] == [[2]] * 4
    assert [run.account.invocations[0].epoch for run in (*runs[1:], last)] == [2, 3, 4, 5]


class Killed(BaseException):
    """The process was killed just then."""


@pytest.mark.parametrize("cut", ["before", "after"])
def test_an_attempt_that_is_cut_about_the_burial_can_be_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    program, bury = luck_and_its_heirs(tmp_path), Former.bury

    def killed(former: Former, replica: Replica) -> None:
        if cut == "after":
            bury(former, replica)
        raise Killed

    with ground(tmp_path, platform_with(**ONE_TRY)) as here:
        failed = here.run(program)
        with monkeypatch.context() as patched:
            patched.setattr(Former, "bury", killed)
            with pytest.raises(Killed):
                here.run(program, resume=failed.folder)
        (tmp_path / "ready").touch()
        run = here.run(program, resume=tmp_path / "run2")
    first, second = run.result()  # type: ignore[misc]
    assert first == second
    assert [each.epoch for each in run.account.invocations] == [2]


def test_a_journal_is_there_as_a_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "records").mkdir()
    delivery = Taken(7, 3, 2, 5, (1,), is_early=False, also=())
    known = (Known(delivery), Known(Taken(7, 4, 1, 6, (), is_early=False, also=()), "done"))

    def cut(journal: Journal, entry: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "write", cut)
        with pytest.raises(Killed):
            Journal(str(tmp_path), known)
    assert not is_begun(str(tmp_path))
    journal = Journal(str(tmp_path), known)
    journal.close()
    assert is_begun(str(tmp_path))
    assert known_of(str(tmp_path)) == known
    assert [each.is_open for each in known] == [True, False]
    with (tmp_path / JOURNAL).open("ab") as file:
        file.write(b"\x40\x00\x00\x00cut")
    assert known_of(str(tmp_path)) == known


def test_an_interrupt_before_the_first_call_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    with ground(tmp_path, platform_with()) as here:
        for where in ("executor.local.run.put_given", "executor.local.client.ClientDriver.start"):
            with monkeypatch.context() as patched:
                patched.setattr(where, interrupted)
                with pytest.raises(KeyboardInterrupt) as raised:
                    here.run(fan(square, 1))
            assert not isinstance(raised.value, Interrupted)
            assert leftovers(f"files:{tmp_path / 'store'}") == ()
        assert [path.name for path in tmp_path.glob("run*")] == []
        assert here.run(fan(square, 1)).result() == [0]


def leaves_when_it_is_read() -> Any:
    class Leaves:
        def __reduce__(self) -> Any:
            return exec, ("raise SystemExit(3)",)

    return Leaves()


def test_a_result_that_ends_whoever_reads_it_is_a_failure_with_records(tmp_path: Path) -> None:
    with ground(tmp_path, platform_with()) as here:
        run = here.run(chain(leaves_when_it_is_read))
    assert run.failure == "the results cannot be read: SystemExit: 3"
    assert read_remains(Path(run.folder)).account.failure == run.failure
