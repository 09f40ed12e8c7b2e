"""What makes two equal runs differ: global and unseeded generators, clocks, addresses, string hashes."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from tests.architecture.project import Module, Project

# A name stands for itself and all that is below it.
BANNED: Mapping[str, str] = {
    "random": "global state: draw from a numpy Generator that is handed in",
    "numpy.random": "global state: draw from a numpy Generator that is handed in",
    "secrets": "cannot be seeded",
    "uuid": "cannot be seeded: count instead",
    "os.urandom": "cannot be seeded",
    **{
        f"time.{clock}{unit}": "a clock: take the time from the event"
        for clock in ("time", "perf_counter", "monotonic", "process_time", "thread_time", "clock_gettime")
        for unit in ("", "_ns")
    },
    "time.localtime": "a clock",
    "time.gmtime": "a clock",
    "timeit.default_timer": "a clock",
    "datetime.datetime.now": "a clock",
    "datetime.datetime.utcnow": "a clock",
    "datetime.datetime.today": "a clock",
    "datetime.date.today": "a clock",
}
SEEDED = tuple(
    f"numpy.random.{name}"
    for name in ("default_rng", "SeedSequence", "PCG64", "PCG64DXSM", "Philox", "SFC64", "MT19937")
)
ALLOWED = ("numpy.random.Generator", "numpy.random.BitGenerator")

# Module, or package with `.*` behind it -> names it may use all the same, and why.
Exceptions = Mapping[str, frozenset[str]]


def chance(project: Project, exceptions: Exceptions) -> list[str]:
    """Uses of what must not decide in a run; naming one counts, called or handed on."""
    return [
        f"{module.path}:{line}: {name}: {why}"
        for module in project
        for name, line, why in _uses(module)
        if not _below(name, _allowed(module.name, exceptions))
    ]


def unneeded(project: Project, exceptions: Exceptions) -> list[str]:
    """Exceptions that no module uses any more."""
    used = {(module.name, name) for module in project for name, _, _ in _uses(module)}
    return [
        f"{where}: {name} is not used"
        for where, names in exceptions.items()
        for name in sorted(names)
        if not any(_covers(where, user) and _below(use, (name,)) for user, use in used)
    ]


def _allowed(module: str, exceptions: Exceptions) -> frozenset[str]:
    return frozenset().union(*(names for where, names in exceptions.items() if _covers(where, module)))


def _covers(where: str, module: str) -> bool:
    return _below(module, (where.removesuffix(".*"),)) if where.endswith(".*") else module == where


def _uses(module: Module) -> Iterator[tuple[str, int, str]]:
    known = _imported_names(module.tree)
    return _search(module.tree, known, hashing=False)


def _search(node: ast.AST, known: Mapping[str, str], *, hashing: bool) -> Iterator[tuple[str, int, str]]:
    name = _dotted(node, known)
    if name and isinstance(node, ast.expr):
        yield from ((name, node.lineno, why) for why in _faults_of(name))
        return
    children = list(ast.iter_child_nodes(node))
    match node:
        case ast.Call(func=ast.Name(id="id")):
            yield "id()", node.lineno, "an address: it differs from process to process"
        case ast.Call(func=ast.Name(id="hash")) if not hashing:
            yield "hash()", node.lineno, "differs from process to process for strings"
        case ast.Call(func=ast.Attribute(attr="rvs"), keywords=given) if "random_state" not in _names(given):
            yield "rvs()", node.lineno, "draws from numpy's global generator without random_state="
        case ast.Call(func=func) if (called := _dotted(func, known)) in SEEDED:
            children.remove(func)
            if not _has_seed(node):
                yield f"{called}()", node.lineno, "without a seed"
    hashing = hashing or getattr(node, "name", "") == "__hash__"
    for child in children:
        yield from _search(child, known, hashing=hashing)


def _faults_of(name: str) -> Iterator[str]:
    if name == "numpy.random.default_rng":
        yield "handed on, it will be called without a seed"
    elif name not in SEEDED and not _below(name, ALLOWED):
        yield from (why for banned, why in BANNED.items() if _below(name, (banned,)))


def _imported_names(tree: ast.Module) -> dict[str, str]:
    """What the names bound by imports stand for: np -> numpy."""
    known = {}
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                for alias in aliases:
                    top = alias.name.partition(".")[0]
                    known[alias.asname or top] = alias.name if alias.asname else top
            case ast.ImportFrom(module=str(base), names=aliases, level=0):
                known |= {alias.asname or alias.name: f"{base}.{alias.name}" for alias in aliases}
    return known


def _dotted(node: ast.AST, known: Mapping[str, str]) -> str:
    """The full name of an expression that begins with an imported name, else ''."""
    match node:
        case ast.Name(id=name):
            return known.get(name, "")
        case ast.Attribute(value=value, attr=attribute):
            base = _dotted(value, known)
            return f"{base}.{attribute}" if base else ""
    return ""


def _has_seed(call: ast.Call) -> bool:
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(not (isinstance(value, ast.Constant) and value.value is None) for value in given)


def _names(keywords: list[ast.keyword]) -> list[str | None]:
    return [keyword.arg for keyword in keywords]


def _below(name: str, bases: tuple[str, ...] | frozenset[str]) -> bool:
    return any(name == base or name.startswith(base + ".") for base in bases)
