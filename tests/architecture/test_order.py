"""No order is left to a hash seed or a file system."""

from __future__ import annotations

import pytest

from tests.architecture.order import undecided_order
from tests.architecture.project import Project
from tests.support import fail_with


def test_every_order_in_the_house_is_decided() -> None:
    fail_with(undecided_order(Project.of_checkout()))


@pytest.mark.parametrize(
    "source",
    [
        "for x in set(names): ...",
        "for x in {1, 2}: ...",
        "for x in frozenset(names) - done: ...",
        "for x in a.keys() - b.keys(): ...",
        "for x in {y for y in names}: ...",
        "for x in set(a).union(b): ...",
        "for x in done or set(names): ...",
        "[x for x in set(names)]",
        "{x: 1 for x in set(names)}",
        "first = next(x for x in {1, 2})",
        "list(set(names))",
        "tuple(x for x in set(names))",
        "enumerate({1, 2})",
        "','.join(set(names))",
        "sum({.1, .2})",
        "max(set(names), key=len)",
        "max((x for x in set(names)), key=len)",
        "print(*set(names))",
        "a, b = {1, 2}",
        "set(names).pop()",
        "for path in folder.glob('*.toml'): ...",
        "import os\nfor name in os.listdir(): ...",
        "[path.name for path in folder.iterdir()]",
        "def f():\n    return (x for x in {1, 2})",
        "files = (x.name for x in folder.iterdir())\nfor file in files: ...",
        "files = (x.name for x in folder.iterdir())\ng(f for f in files)",
        "seen = set()\nfor x in seen: ...",
        "seen: set[int] = f()\n[x for x in seen]",
        "def f():\n    seen = {x for x in names}\n    return list(seen)",
        "def f(names: frozenset[str]):\n    yield from names",
        "def f(names: set):\n    for name in names: ...",
        "from collections.abc import Set\ndef f(*, names: Set[str]):\n    return [n for n in names]",
        "class A:\n    ready: set[int]\n    def f(self):\n        for x in self.ready: ...",
        "class A:\n    def f(self):\n        self.ready: set[int] = set()\n        self.ready.pop()",
    ],
)
def test_an_undecided_order_is_seen(source: str) -> None:
    [complaint] = undecided_order(Project.of({"sim/pool.py": source}))
    line = source.count("\n") + 1
    assert complaint.startswith((f"sim/pool.py:{line}: ", f"sim/pool.py:{line - 1}: "))


@pytest.mark.parametrize(
    "source",
    [
        "for x in sorted(set(names)): ...",
        "[x for x in sorted({1, 2}, key=len)]",
        "sorted(x.name for x in set(names))",
        "all(x > 0 for x in {1, 2}) and any([x for x in {1, 2}])",
        "{x + 1 for x in set(names)} | {*set(names)}",
        "set(x for x in {1, 2})",
        "len({1, 2}), max({1, 2}), 3 in {1, 2}, set(a) == {*b}",
        "for path in sorted(folder.glob('*.toml')): ...",
        "for x in dict.fromkeys(names): ...",
        "files = (x.name for x in folder.iterdir())\nsorted(file for file in files)",
        "for k in a.keys(): ...",
        "for x in a - b: ...",
        "seen = set(names)\nseen = sorted(seen)\nfor x in seen: ...",
        "def f():\n    seen = set()\ndef g(seen):\n    for x in seen: ...",
        "stack = [1]\nstack.pop()",
        "def f(names: list[str]):\n    for x in names: ...",
    ],
)
def test_a_decided_order_is_not_a_fault(source: str) -> None:
    assert undecided_order(Project.of({"sim/pool.py": source})) == []
