"""The layout that docs/json.md promises is the one that commands print."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from faascast.cli.app import app
from tests.support import ROOT

FORK = "gen:forkjoin,width=3"
COMMANDS = {
    "run": ("simulate", FORK),
    "comparison": ("compare", FORK, "--planners", "wukong,heft", "--reps", "6"),
    "sweep": ("sweep", FORK, "--planners", "heft", "--reps", "6", "--set", "keep_alive_s=1"),
    "arrivals": ("arrivals", FORK, "--rate", "1", "-n", "60", "--set", "concurrency=1"),
    "plan": ("plan", FORK),
    "search": ("search", FORK, "--planner", "local-search", "--evaluations", "6"),
    "explanation": ("explain", FORK),
    "difference": ("explain", FORK, "--planners", "wukong,heft"),
    "workflow": ("generate", FORK),
    "sources": ("generate",),
    "check": ("check", FORK),
    "planners": ("planners",),
    "optimizations": ("optimizations",),
    "leftovers": ("leftovers",),
    "platforms": ("platforms",),
    "platform": ("platforms", "ideal"),
}
DATA = {"versions", "parameters", "host", "axes", "plan", "folders", "causes_ns"}
"""Members that hold names of the user's or of other documents."""


def printed(kind: str) -> dict:
    return json.loads(CliRunner().invoke(app, [*COMMANDS[kind], "--json"]).stdout)


def members(value: object) -> Iterator[str]:
    """The names of all members, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            if name not in DATA or (name == "plan" and "schema_version" not in inner):
                yield from members(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from members(inner)


@pytest.mark.parametrize("kind", COMMANDS)
def test_every_member_is_described(kind: str) -> None:
    described = set(re.findall(r"`\"?(\w+)\"?`", (ROOT / "docs" / "json.md").read_text("utf-8")))
    document = printed(kind)
    assert document["kind"] == kind
    assert set(members(document)) - described == set()


def test_every_kind_has_its_chapter() -> None:
    chapters = re.findall(r"^## (.*)$", (ROOT / "docs" / "json.md").read_text("utf-8"), flags=re.MULTILINE)
    assert set(COMMANDS) <= set(re.findall(r"`(\w+)`", " ".join(chapters)))
