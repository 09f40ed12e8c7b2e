"""Only plain facts are hidden from the garbage collector."""

from __future__ import annotations

import pytest

from tests.architecture.project import Project
from tests.architecture.untracked import endless
from tests.support import fail_with


def test_nothing_in_the_house_is_kept_for_ever() -> None:
    fail_with(endless(Project.of_checkout()))


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("class Operation(Struct, gc=False):\n    op: int", "not frozen"),
        ("class Operation(Struct, frozen=True, gc=False):\n    party: Any", "party may be anything"),
        ("class Operation(Struct, frozen=True, gc=False):\n    told: tuple[object, ...]", "told may be anything"),
        ("class Operation(Struct, frozen=True, gc=False):\n    act: Callable[[], None]", "act may be anything"),
    ],
)
def test_what_may_go_round_in_a_circle_is_seen(source: str, why: str) -> None:
    assert endless(Project.of({"sim/operation.py": source})) == [f"sim/operation.py:1: Operation: gc=False, but {why}"]


@pytest.mark.parametrize(
    "source",
    [
        "class Operation(Struct):\n    party: Any",
        "class Fetched(Event, frozen=True, gc=False):\n    op: int\n    versions: tuple[int, ...] = ()",
    ],
)
def test_plain_facts_may_be_hidden(source: str) -> None:
    assert endless(Project.of({"sim/operation.py": source})) == []
