"""Map nodes on real workers: as many lanes run as the list has items, and nobody waits for the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.executor_local.programs import ground, platform_with
from workloads.program import Program, map, program_of, task  # noqa: A004


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
