"""What the garbage collector does not know (`gc=False`) must not be part of a circle, or it is never let go."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.project import Project

ANYTHING = {"Any", "object", "Callable"}


def endless(project: Project) -> list[str]:
    """Structs that the collector does not know and that may hold who holds them: they can change, or hold anything."""
    return [
        f"{module.path}:{node.lineno}: {node.name}: gc=False, but {why}"
        for module in project
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef) and _is(node, "gc", False)
        for why in _doubts(node)
    ]


def _doubts(struct: ast.ClassDef) -> Iterator[str]:
    if not _is(struct, "frozen", True):
        yield "not frozen"
    for field in struct.body:
        if isinstance(field, ast.AnnAssign):
            named = {name.id for name in ast.walk(field.annotation) if isinstance(name, ast.Name)}
            yield from (f"{ast.unparse(field.target)} may be anything" for _ in named & ANYTHING)


def _is(struct: ast.ClassDef, option: str, value: bool) -> bool:
    given = {each.arg: each.value for each in struct.keywords}.get(option)
    return isinstance(given, ast.Constant) and given.value is value
