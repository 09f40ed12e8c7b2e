"""Map nodes on real workers: as many lanes run as the list has items, and nobody waits for the others."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from executor.local.run import RealRun
from executor.records.real.recounting import recount
from executor.records.real.remains import read_remains
from executor.records.run import Run
from tests.executor_local.programs import ground, platform_with
from workloads import load_workflow
from workloads.program import Program, burnt, map, program_of, task  # noqa: A004


def told_of(run: RealRun) -> Run:
    """What its records tell of a run."""
    return recount(run.program.workflow, run.plan, run.platform, read_remains(Path(run.folder)))


def mapped(n: int, most: int = 4) -> Program:
    """The list 0 to n − 1, each squared and doubled in a lane of its own, and what comes of it together."""
    parts = task(name="split")(lambda length: list(range(length)))(n)
    squares = map(task(name="square")(lambda x, more: x * x + more), parts, 100, most=most)
    return program_of(
        [task(name="total")(lambda values: (values, sum(values)))(map(task(name="double")(lambda x: 2 * x), squares))]
    )


@pytest.mark.parametrize("planner", ["one-per-task", "all-on-one", "uniform", "wukong", "heft"])
@pytest.mark.parametrize("n", [0, 1, 4])
def test_a_list_is_mapped_item_by_item(tmp_path: Path, planner: str, n: int) -> None:
    program = mapped(n)
    with ground(tmp_path, platform_with()) as here:
        run = here.run(program, planner, examined=True)
    assert run.status == "complete", run.failure
    values = [2 * (x * x + 100) for x in range(n)]
    assert run.result() == program.straight() == [(values, sum(values))]


def test_a_run_tells_its_widths_and_its_records_replay(tmp_path: Path) -> None:
    with ground(tmp_path, platform_with()) as here:
        run = here.run(mapped(2), "one-per-task")
    told = told_of(run)
    assert told.widths == {"square-0": 2}
    assert sorted(told.tasks["task"]) == [
        "double-0[0]", "double-0[1]", "split-0", "square-0[0]", "square-0[1]", "total-0",
    ]  # fmt: skip
    fetched = set(told.transfers["object"][told.transfers["direction"] == "get"])
    assert {"split-0[0]", "split-0[1]"} <= fetched
    assert not {"split-0[2]", "split-0[3]"} & set(told.transfers["object"])


def test_a_list_that_is_too_long_fails_its_task_and_says_so(tmp_path: Path) -> None:
    with ground(tmp_path, platform_with(max_attempts=1)) as here:
        run = here.run(mapped(7))
    assert run.status == "failed"
    assert "its list has 7 items, 4 at most fit its map node, whose most can be raised" in str(run.failure)
    assert "split-0" in str(run.failure)


def test_what_is_no_list_is_not_mapped(tmp_path: Path) -> None:
    program = program_of(map(task(name="square")(lambda x: x * x), task(name="split")(lambda: 7)(), most=2))
    with ground(tmp_path, platform_with(max_attempts=1)) as here:
        run = here.run(program)
    assert "it returned a int; expected a list, for a map node takes its items" in str(run.failure)


@pytest.mark.parametrize("planner", ["one-per-task", "wukong", "heft"])
def test_lanes_and_splitters_that_die_are_done_again(tmp_path: Path, planner: str) -> None:
    parts = task(name="split")(dies_once)([2, 0, 1], str(tmp_path), "split")
    made = map(task(name="again")(lambda x, folder: dies_once(x, folder, f"lane {x}")), parts, str(tmp_path), most=5)
    program = program_of(task(name="total")(sorted)(made))
    with ground(tmp_path, platform_with()) as here:
        run = here.run(program, planner, examined=True)
    assert run.result() == [0, 1, 2]
    assert sum(each.status == "killed" for each in run.account.invocations) == 4


def dies_once(value: object, folder: str, name: str) -> object:
    """Kill this process the first time, then return the value."""
    before = Path(folder) / f"died of {name}"
    if not before.exists():
        before.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return value


def test_a_workflow_without_bodies_is_burnt_as_wide_as_is_expected(tmp_path: Path) -> None:
    program = burnt(load_workflow("gen:map,width=0..4,cpu_s=0.01,bytes=100"))
    with ground(tmp_path, platform_with()) as here:
        run = here.run(program, "heft")
    assert run.status == "complete", run.failure
    told = told_of(run)
    assert told.widths == {"map": 2}
