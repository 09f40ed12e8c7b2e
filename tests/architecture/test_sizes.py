"""One idea a file, functions of a few lines."""

from __future__ import annotations

from tests.architecture.project import Project
from tests.architecture.sizes import MOST_LINES_OF_FILE, MOST_LINES_OF_FUNCTION, oversized
from tests.support import ROOMS, fail_with


def test_nothing_in_the_house_is_oversized() -> None:
    fail_with(oversized(Project.of_checkout(*ROOMS, "tests", "benchmarks")))


def test_a_long_file_is_seen() -> None:
    longest = "x = 1\n" * MOST_LINES_OF_FILE
    assert oversized(Project.of({"sim/pool.py": longest})) == []
    assert oversized(Project.of({"sim/pool.py": longest + "x = 1"})) == ["sim/pool.py: 401 lines, at most 400"]


def test_a_long_function_is_seen_in_any_place() -> None:
    longest = "class Pool:\n    async def start(self):\n" + "        pass\n" * (MOST_LINES_OF_FUNCTION - 1)
    assert oversized(Project.of({"sim/pool.py": longest})) == []
    [complaint] = oversized(Project.of({"sim/pool.py": longest + "        pass\n"}))
    assert complaint == "sim/pool.py:2: start: 51 lines, at most 50"
