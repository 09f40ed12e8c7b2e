"""Files mutated from real ones: a result, or one clear error. A case is made from its number alone.

A failure names the case; `python -m tests.hard_input NUMBER` carries it out again. There is no time limit: a case that
is still running after a minute is named on stderr, with where it is.
"""

from __future__ import annotations

import faulthandler
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import pytest

from tests.hard_input.cases import KINDS, carry_out
from tests.hard_input.workflows import recorded_paths

N_CASES = 10_000 if os.environ.get("FAASCAST_TESTS") == "deep" else 1_000
BLOCK = 100
"""Cases of a kind in one test."""


@pytest.mark.parametrize(
    ("kind", "block"),
    [(kind, block) for kind in KINDS for block in range(-(-N_CASES // (len(KINDS) * BLOCK)))],
)
def test_hard_input(kind: str, block: int, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if kind == "recorded workflow" and not recorded_paths():
        pytest.skip("no recorded data: set FAASCAST_DATA or put it at ../shared/data beside the checkout")
    every = range([*KINDS].index(kind), N_CASES, len(KINDS))
    violations = []
    for number in every[block * BLOCK : (block + 1) * BLOCK]:
        with watched(number, request.config):
            _, violation = carry_out(number, tmp_path)
        violations += [violation] if violation else []
    if violations:
        pytest.fail("\n\n".join(violations), pytrace=False)


@contextmanager
def watched(number: int, config: pytest.Config) -> Iterator[None]:
    """Say which case it is that does not end, and where it is: past pytest's capture, for that never ends either."""
    capture = config.pluginmanager.getplugin("capturemanager")

    def complain() -> None:
        with capture.global_and_fixture_disabled():
            print(f"hard input: case {number} is still running", file=sys.__stderr__, flush=True)
            faulthandler.dump_traceback(sys.__stderr__)

    watchdog = Timer(60, complain)
    watchdog.daemon = True
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()


@pytest.mark.parametrize("number", [0, 7, 100, 1234])
def test_a_case_is_made_from_its_number_alone(number: int, tmp_path: Path) -> None:
    assert carry_out(number, tmp_path) == carry_out(number, tmp_path)
