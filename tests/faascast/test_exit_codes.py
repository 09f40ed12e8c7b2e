"""Exit codes where planners are at fault, and not what was handed in."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest
from typer.testing import CliRunner

from faascast.cli.app import app
from planners import registry

FORK = "gen:forkjoin,width=4"


@pytest.mark.parametrize("command", ["plan", "simulate", "compare", "sweep"])
def test_where_a_planner_has_a_bug_it_exits_1(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("broken", "tests.faascast.planners_for_tests:Broken", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry])
    option = "--planner" if command in ("plan", "simulate") else "--planners"
    done = CliRunner().invoke(app, [command, FORK, option, "broken"])
    assert done.exit_code == 1
    assert "ZeroDivisionError: a bug (planners_for_tests.py:" in done.output


@pytest.mark.parametrize("command", ["compare", "sweep"])
def test_where_nothing_can_be_run_it_exits_1(command: str) -> None:
    long = "gen:forkjoin,width=18,cpu_s=60"
    done = CliRunner().invoke(app, [command, long, "--planners", "all-on-one", "--reps", "2"])
    assert done.exit_code == 1
    assert "refused: " in done.stdout
