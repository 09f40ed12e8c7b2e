"""Critical tasks choose their worker first.

A list of ready tasks gives the critical one what is left. Here the critical path is put on one worker of its own, of
any size there is, or on the worker that has most of it, and then whatever else runs there has to leave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from msgspec.structs import replace

from planners.edits import moved, resized
from planners.moves.move import Move, Scene
from planners.plan import Plan


class CriticalFirst(Move):
    """The critical path on one worker, undisturbed."""

    def proposals(self, scene: Scene) -> Iterator[Plan]:
        """Alone on the worker that has most of it; on a larger one where it is; on a new one of each size."""
        path, plan = scene.critical_path, scene.plan
        homes = Counter(home for task in path if (home := plan.assignment[task]) is not None)
        if homes:
            yield from _undisturbed(scene, path, min(homes, key=lambda home: (-homes[home], home)))
        for size_mb in reversed(scene.ladder):
            larger = {home: size_mb for home in homes if plan.workers[home].memory_mb < size_mb}
            if larger:
                yield resized(plan, larger)
            if plan.flexible_mb is not None and plan.flexible_mb < size_mb:
                yield replace(plan, flexible_mb=size_mb)
            if path:
                yield moved(plan, dict.fromkeys(path, len(plan.workers)), [size_mb])


def _undisturbed(scene: Scene, path: list[int], home: int) -> Iterator[Plan]:
    """The path on one worker: with whatever is there, that together elsewhere, each of it on a worker of its own."""
    plan = scene.plan
    critical = set(path)
    others = [task for task in scene.tasks_of[home] if task not in critical]
    size_mb, here = plan.workers[home].memory_mb, dict.fromkeys(path, home)
    if any(plan.assignment[task] != home for task in path):
        yield moved(plan, here)
    if others:
        yield moved(plan, here | dict.fromkeys(others, len(plan.workers)), [size_mb])
        apart = {task: len(plan.workers) + i for i, task in enumerate(others)}
        yield moved(plan, here | apart, [size_mb] * len(others))
