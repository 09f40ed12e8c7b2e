"""The import graph, read from the syntax trees: an arrow for every import, wherever it stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.architecture.project import Module, Project

COMPUTED = "<computed>"
IMPORTERS = ("import_module", "__import__")


@dataclass(frozen=True)
class Place:
    """Where in a module an import stands: hidden in a function, or under TYPE_CHECKING for types alone."""

    hidden: bool = False
    for_types: bool = False


@dataclass(frozen=True)
class Arrow:
    """`module` imports `target`."""

    module: Module
    target: str
    line: int
    place: Place

    @property
    def room(self) -> str:
        """The target's top-level name."""
        return self.target.partition(".")[0]

    def complaint(self, why: str) -> str:
        """Say where this import stands and what is wrong with it."""
        place = " in a function" * self.place.hidden + " for types" * self.place.for_types
        return f"{self.module.path}:{self.line}: imports {self.target}{place}: {why}"


def arrows(project: Project) -> list[Arrow]:
    """Every import of the project: `from a import b` means a.b where a.b is a module of ours, a otherwise."""
    found = (
        Arrow(module, next((name for name in meant if name in project.modules), meant[-1]), line, place)
        for module in project
        for meant, line, place in _imports(module.tree, module, Place())
    )
    return list(dict.fromkeys(found))


# The dotted names an import may mean, the most specific first.
Meant = tuple[str, ...]


def _imports(node: ast.AST, module: Module, place: Place) -> Iterator[tuple[Meant, int, Place]]:
    match node:
        case ast.Import(names=aliases):
            yield from (((alias.name,), node.lineno, place) for alias in aliases)
        case ast.ImportFrom(names=aliases):
            base = _absolute(node, module)
            yield from (((f"{base}.{alias.name}", base), node.lineno, place) for alias in aliases)
        case ast.Call(args=[name, *_]) if _called(node) in IMPORTERS:
            yield (_literal(name),), node.lineno, place
    for child in ast.iter_child_nodes(node):
        yield from _imports(child, module, _place_of(child, node, place))


def _place_of(child: ast.AST, parent: ast.AST, place: Place) -> Place:
    match parent:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            return replace(place, hidden=True)
        case ast.If(test=ast.Name(id=name) | ast.Attribute(attr=name), body=body) if (
            name == "TYPE_CHECKING" and child in body
        ):
            return replace(place, for_types=True)
    return place


def _absolute(node: ast.ImportFrom, module: Module) -> str:
    if not node.level:
        return node.module or ""
    parents = module.package.split(".")
    base = parents[: len(parents) - node.level + 1]
    return ".".join([*base, node.module] if node.module else base)


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _literal(name: ast.expr) -> str:
    """The module that `import_module` is given; of an f-string, the package its fixed beginning names."""
    match name:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]) if "." in text:
            return text.rpartition(".")[0]
    return COMPUTED
