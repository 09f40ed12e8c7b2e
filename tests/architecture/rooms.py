"""Which room may import which, and which library where (the table of the house)."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

from tests.architecture.imports import COMPUTED, Arrow, arrows
from tests.architecture.project import Project
from tests.support import ROOMS

MAY_IMPORT: Mapping[str, tuple[str, ...]] = {
    "workloads": (),
    "platforms": (),
    "planners": ("workloads", "platforms"),
    "executor": ("workloads", "platforms", "planners"),
    "optimizations": ("workloads", "platforms", "planners", "executor"),
    "sim": ("workloads", "platforms", "planners", "executor", "optimizations"),
    "faascast": ("workloads", "platforms", "planners", "executor", "optimizations", "sim"),
}
OURS = (*ROOMS, "tests", "benchmarks", "notebooks")

# What carries a plan out in real time; whoever works in virtual time, or in both, does not know it.
REAL_BACKENDS = ("executor.instance", "executor.local", "executor.store", "executor.records.real")
WITHOUT_BACKENDS = ("optimizations", "sim")

# The user's door answers `--help` before it loads the house; nobody else has a reason to import ours late.
MAY_WAIT = ("faascast",)

ONLY_IN = {"simpy": "sim", "typer": "faascast", "rich": "faascast"}

# Import names that another library brings and answers for.
PART_OF = {"annotated_types": "pydantic", "pydantic_core": "pydantic"}

# Slow to import and not needed by every run.
LAZY = ("IPython", "cloudpickle", "matplotlib", "networkx", "pandas", "pyarrow", "pymoo", "rich", "scipy", "wfcommons")


def backward_arrows(project: Project) -> list[str]:
    """Imports from a room that is not above, or of a real backend by those that must not know it."""
    return [arrow.complaint(why) for arrow in arrows(project) if (why := _backward(arrow))]


def _backward(arrow: Arrow) -> str:
    room = arrow.module.room
    if arrow.room not in OURS or arrow.room == room:
        return ""
    if arrow.room not in MAY_IMPORT[room]:
        return f"{room} may import {', '.join(MAY_IMPORT[room]) or 'nothing of ours'}"
    if room in WITHOUT_BACKENDS and any(_within(arrow.target, backend) for backend in REAL_BACKENDS):
        return f"{room} knows no real backend"
    return ""


def circles(project: Project) -> list[str]:
    """The imports that are part of a circle; those in functions and for types count, for they hide one."""
    inside = [
        arrow for arrow in arrows(project) if arrow.target in project.modules and arrow.target != arrow.module.name
    ]
    below: dict[str, set[str]] = {name: set() for name in project.modules}
    for arrow in inside:
        below[arrow.module.name].add(arrow.target)
    reached = {name: _reached(name, below) for name in below}
    return [arrow.complaint("part of a circle") for arrow in inside if arrow.module.name in reached[arrow.target]]


def _reached(start: str, below: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        fresh = below[waiting.pop()] - found
        found |= fresh
        waiting += sorted(fresh)
    return found


def hidden_imports(project: Project) -> list[str]:
    """Imports inside functions of our own modules, of libraries that are not slow, and of computed names."""
    return [arrow.complaint(why) for arrow in arrows(project) if (why := _hidden(arrow))]


def _hidden(arrow: Arrow) -> str:
    if arrow.module.room in MAY_WAIT and arrow.room in (*OURS, COMPUTED):
        return ""
    if arrow.target == COMPUTED:
        return "say which module, or find it by entry point"
    if not arrow.place.hidden or arrow.room in (*LAZY, *sys.stdlib_module_names):
        return ""
    if arrow.room in OURS:
        return "hidden in a function"
    return f"only {', '.join(LAZY)} may be imported in a function"


def misplaced_libraries(project: Project, required: set[str], optional: set[str]) -> list[str]:
    """Imports of libraries in the wrong room, or not declared in pyproject.toml, or optional and not lazy."""
    return [arrow.complaint(why) for arrow in arrows(project) for why in _misplaced(arrow, required, optional)]


def _misplaced(arrow: Arrow, required: set[str], optional: set[str]) -> Iterator[str]:
    library = PART_OF.get(arrow.room, arrow.room)
    if library in (*OURS, *sys.stdlib_module_names, COMPUTED):
        return
    if ONLY_IN.get(library, arrow.module.room) != arrow.module.room:
        yield f"{library} belongs to {ONLY_IN[library]}/ alone"
    if library not in required | optional:
        yield "pyproject.toml does not declare it"
    if library in optional and not (arrow.place.hidden or arrow.place.for_types):
        yield "an extra may be absent: import it where it is used"


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")
