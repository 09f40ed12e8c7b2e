"""Iteration whose order no one decided: over sets, and over folders as the file system lists them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.project import Module, Project

SET_TYPES = ("set", "frozenset", "Set", "AbstractSet", "MutableSet")
SET_METHODS = ("union", "intersection", "difference", "symmetric_difference", "copy")
FOLDER_METHODS = ("iterdir", "glob", "rglob", "listdir", "scandir")
VIEWS = ("keys", "items")

# Consumers to whom the order makes no difference (min and max: without a key, where ties are equal)...
INDIFFERENT = ("sorted", "set", "frozenset", "len", "any", "all", "min", "max")
# ...and those to whom it does.
ORDERLY = (
    "list", "tuple", "iter", "enumerate", "map", "filter", "zip", "sum", "fsum", "deque", "dict",
    "join", "extend", "fromkeys", "array", "asarray", "fromiter", "reduce", "chain",
)  # fmt: skip

Scope = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef


def undecided_order(project: Project) -> list[str]:
    """Places that walk a set or a folder as it comes; `sorted(...)` around it decides."""
    return [
        f"{module.path}:{line}: the order of `{ast.unparse(expression)}` is no one's decision: sort it"
        for module in project
        for line, expression in sorted(_sites(module), key=lambda site: site[0])
    ]


def _sites(module: Module) -> Iterator[tuple[int, ast.expr]]:
    attributes = _set_attributes(module.tree)
    for scope in ast.walk(module.tree):
        if isinstance(scope, Scope):
            walk = _Walk(attributes, _set_names(scope))
            for child in ast.iter_child_nodes(scope):
                walk.visit(child)
            yield from walk.found


class _Walk(ast.NodeVisitor):
    """Collects the faulty places of one scope; nested functions are scopes of their own."""

    def __init__(self, attributes: set[str], names: set[str]) -> None:
        self.attributes, self.names = attributes, names
        self.found: list[tuple[int, ast.expr]] = []

    def note(self, expression: ast.expr) -> None:
        if self.unordered(expression):
            self.found.append((expression.lineno, expression))

    def unordered(self, node: ast.expr) -> bool:
        match node:
            case ast.Set() | ast.SetComp():
                return True
            case ast.Name(id=name):
                return name in self.names
            case ast.Attribute(attr=name):
                return name in self.attributes
            case ast.Call(func=ast.Name(id=name)):
                return name in (*SET_TYPES, *FOLDER_METHODS)
            case ast.Call(func=ast.Attribute(value=value, attr=name)):
                return name in FOLDER_METHODS or (name in SET_METHODS and self.unordered(value))
            case ast.BinOp(left=left, op=ast.Sub() | ast.BitOr() | ast.BitAnd() | ast.BitXor(), right=right):
                return any(self.unordered(side) or _is_view(side) for side in (left, right))
            case ast.IfExp(body=first, orelse=second):
                return self.unordered(first) or self.unordered(second)
            case ast.BoolOp(values=values):
                return any(map(self.unordered, values))
            case ast.NamedExpr(value=value):
                return self.unordered(value)
            case ast.GeneratorExp(generators=loops):
                return any(self.unordered(loop.iter) for loop in loops)
        return False

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Leave a nested function to its own scope."""

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """Leave a nested function to its own scope."""

    def visit_Set(self, node: ast.Set) -> None:
        """Allow sets to be unpacked into a set."""
        for element in node.elts:
            self.visit(element.value if isinstance(element, ast.Starred) else element)

    def visit_For(self, node: ast.For) -> None:
        self.note(node.iter)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self.note(node.iter)
        self.generic_visit(node)

    def visit_Starred(self, node: ast.Starred) -> None:
        self.note(node.value)
        self.generic_visit(node)

    def visit_YieldFrom(self, node: ast.YieldFrom) -> None:
        self.note(node.value)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if any(isinstance(target, ast.Tuple | ast.List) for target in node.targets):
            self.note(node.value)
        self.generic_visit(node)

    def visit_SetComp(self, node: ast.SetComp) -> None:
        self.indifferently(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        """Leave the verdict to where it is walked."""
        self.indifferently(node)

    def visit_Return(self, node: ast.Return) -> None:
        if isinstance(node.value, ast.GeneratorExp):
            self.note(node.value)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = _name_of(node.func)
        keyed = name != "sorted" and any(keyword.arg == "key" for keyword in node.keywords)
        indifferent = name in INDIFFERENT and not keyed
        orderly = keyed or name in ORDERLY
        if isinstance(node.func, ast.Attribute) and name == "pop" and not node.args:
            self.note(node.func.value)
        for argument in node.args:
            if orderly or (isinstance(argument, ast.GeneratorExp) and not indifferent):
                self.note(argument)
        for child in (node.func, *node.args, *node.keywords):
            if indifferent and isinstance(child, ast.ListComp):
                self.indifferently(child)
            else:
                self.visit(child)

    def indifferently(self, node: ast.GeneratorExp | ast.ListComp | ast.SetComp) -> None:
        """Visit a comprehension whose result does not depend on the order it walks in."""
        self.visit(node.elt)
        for loop in node.generators:
            self.generic_visit(loop)


def _is_view(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and _name_of(node.func) in VIEWS


def _name_of(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _is_set_type(annotation: ast.expr | None) -> bool:
    match annotation:
        case ast.Subscript(value=base):
            return _name_of(base) in SET_TYPES
        case ast.Name() | ast.Attribute():
            return _name_of(annotation) in SET_TYPES
    return False


def _set_attributes(tree: ast.Module) -> set[str]:
    """Attributes that are declared as sets: in a class body, or as `self.name: set[...] = ...`."""
    in_bodies = [line for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for line in node.body]
    on_objects = [
        node for node in ast.walk(tree) if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Attribute)
    ]
    return {
        _name_of(node.target)
        for node in (*in_bodies, *on_objects)
        if isinstance(node, ast.AnnAssign) and _is_set_type(node.annotation)
    }


def _set_names(scope: Scope) -> set[str]:
    """Names bound to sets and to nothing else in a scope, by annotation or by what they are given."""
    bound: dict[str, list[bool]] = {}
    known = _Walk(set(), set())
    if not isinstance(scope, ast.Module):
        for argument in [*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs]:
            bound.setdefault(argument.arg, []).append(_is_set_type(argument.annotation))
    for node in _own_nodes(scope):
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                bound.setdefault(name, []).append(_is_set_type(annotation))
            case ast.Assign(targets=targets, value=value):
                for name in (target.id for target in targets if isinstance(target, ast.Name)):
                    bound.setdefault(name, []).append(known.unordered(value))
            case ast.For(target=ast.Name(id=name)) | ast.NamedExpr(target=ast.Name(id=name)):
                bound.setdefault(name, []).append(False)
    return {name for name, kinds in bound.items() if all(kinds)}


def _own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope without those of the functions inside it."""
    for child in ast.iter_child_nodes(scope):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _own_nodes(child)
