"""What a real worker loads when it starts cold: the standard library, msgspec and `executor.worker`."""

from __future__ import annotations

import sys

from tests.architecture.imports import Arrow, arrows
from tests.architecture.project import Project

WORKER = "executor.worker"
LIBRARIES = ("msgspec",)


def heavy_imports(project: Project) -> list[str]:
    """Run-time imports of the worker and of all that it reaches, which a cold start cannot afford."""
    why = f"{WORKER} runs on {', '.join(LIBRARIES)} and the standard library"
    by_module: dict[str, list[Arrow]] = {}
    for arrow in arrows(project):
        if not arrow.place.for_types:
            by_module.setdefault(arrow.module.name, []).append(arrow)
    complaints = []
    waiting = [name for name in project.modules if _belongs(name)]
    seen = set(waiting)
    while waiting:
        for arrow in by_module.get(waiting.pop(), []):
            if arrow.room not in (*LIBRARIES, *sys.stdlib_module_names) and not _belongs(arrow.target):
                complaints.append(arrow.complaint(why))
            if arrow.target in project.modules and arrow.target not in seen:
                seen.add(arrow.target)
                waiting.append(arrow.target)
    return complaints


def _belongs(name: str) -> bool:
    # Importing executor.worker imports the package executor first.
    return name in (WORKER, WORKER.partition(".")[0]) or name.startswith(WORKER + ".")
