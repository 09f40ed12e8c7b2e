"""Settings and fixtures of the whole suite."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support import find_data_dir
from tests.tidiness import _nothing_is_left, own_temporary_folder

__all__ = ["_nothing_is_left", "own_temporary_folder"]

# Notebooks, snippets and plots draw without a screen, in this process and in those it starts.
os.environ.setdefault("MPLBACKEND", "agg")

# A shell that starts the suite in the background has Ctrl-C ignored, by all that the suite starts, too: those that are
# to be interrupted would go on.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Without time limits: how fast this machine is today decides nothing. "normal" repeats its own examples, so
# that a change is judged by the change alone; "deep" looks for new ones.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("normal", unhurried, derandomize=True, database=None, max_examples=50)
settings.register_profile("deep", unhurried, max_examples=2_000, print_blob=True)
settings.load_profile(os.environ.get("FAASCAST_TESTS", "normal"))


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of recorded workflows and measurements; tests that need it skip without it."""
    found = find_data_dir()
    if found is None:
        pytest.skip("no recorded data: set FAASCAST_DATA or put it at ../shared/data beside the checkout")
    return found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what tests measured without judging it: `record_property("measured", "...")`."""
    reports = [report for same_outcome in terminalreporter.stats.values() for report in same_outcome]
    properties = [entry for report in reports for entry in getattr(report, "user_properties", ())]
    measured = sorted({text for name, text in properties if name == "measured"})
    if measured:
        terminalreporter.section("measured")
        for text in measured:
            terminalreporter.write_line(text)
