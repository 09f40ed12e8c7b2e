"""Fixtures: a platform for the tests of a module; and after each test nothing is left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.executor_local.programs import Ground, ground, platform_with


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A platform that keeps its instances warm from run to run, and asks for letters that were lost."""
    folder: Path = tmp_path_factory.mktemp("runs")
    with ground(folder, platform_with(client_callers=8, poll_s=1.0)) as made:
        yield made
