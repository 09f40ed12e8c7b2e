"""What tests of several rooms share: where the checkout and the recorded data are, which files are ours."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("workloads", "platforms", "planners", "executor", "optimizations", "sim", "faascast")


def find_data_dir() -> Path | None:
    """The folder of recorded data, or None: `$FAASCAST_DATA`, else `../shared/data` beside the checkout.

    Use the fixture `data_dir` inside a test; this function serves where tests are collected (`parametrize`).
    """
    named = os.environ.get("FAASCAST_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    return folder if folder.is_dir() else None


def is_deep() -> bool:
    """Whether random tests look further than the suite has time for: `FAASCAST_TESTS=deep`."""
    return os.environ.get("FAASCAST_TESTS") == "deep"


def fail_with(complaints: Sequence[str]) -> None:
    """Fail the test with all complaints, one a line, if there are any."""
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)


@cache
def project_files() -> tuple[Path, ...]:
    """The files of the project, sorted: those git tracks and those it would (new, not ignored)."""
    listing = subprocess.run(
        # safe.directory: the checkout may belong to another user, as in a container
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = sorted({ROOT / name for name in listing.stdout.split("\0") if name})
    return tuple(path for path in paths if path.is_file())
