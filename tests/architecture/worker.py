"""What a real worker loads when it starts cold: the standard library, msgspec, and of ours what is made for it."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from tests.architecture.imports import Arrow, arrows
from tests.architecture.project import Project

# What a cold start consists of, and what of the rest each part may import: machines know of no store.
LIGHT: Mapping[str, tuple[str, ...]] = {
    "executor.worker": (),
    "executor.store": ("executor.worker",),
    "executor.instance": ("executor.worker", "executor.store"),
}
LIBRARIES = ("msgspec",)
# What an instance loads once a task needs it, and no sooner.
LATE = {"executor.instance": ("cloudpickle",)}


def heavy_imports(project: Project) -> list[str]:
    """Run-time imports of these parts and of all that they reach, which a cold start cannot afford."""
    by_module: dict[str, list[Arrow]] = {}
    for arrow in arrows(project):
        if not arrow.place.for_types:
            by_module.setdefault(arrow.module.name, []).append(arrow)
    found: dict[tuple[str, int], str] = {}
    for part in LIGHT:
        for arrow in _reached_heavy(part, by_module, project):
            why = f"{part} runs on {', '.join((*LIBRARIES, *LIGHT[part]))} and the standard library"
            found.setdefault((arrow.module.path, arrow.line), arrow.complaint(why))
    return list(found.values())


def _reached_heavy(part: str, by_module: Mapping[str, list[Arrow]], project: Project) -> list[Arrow]:
    own = (part, *LIGHT[part])
    heavy = []
    waiting = [name for name in project.modules if belongs(name, (part,))]
    seen = set(waiting)
    while waiting:
        for arrow in by_module.get(waiting.pop(), []):
            if not (_is_library(arrow, part) or belongs(arrow.target, own)):
                heavy.append(arrow)
            if arrow.target in project.modules and arrow.target not in seen:
                seen.add(arrow.target)
                waiting.append(arrow.target)
    return heavy


def _is_library(arrow: Arrow, part: str) -> bool:
    late = LATE.get(part, ()) if arrow.place.hidden else ()
    return arrow.room in (*LIBRARIES, *late, *sys.stdlib_module_names)


def belongs(name: str, parts: tuple[str, ...]) -> bool:
    """Whether a module is in one of these packages, or the package above them, which is imported first."""
    return any(name in (part, part.partition(".")[0]) or name.startswith(part + ".") for part in parts)
