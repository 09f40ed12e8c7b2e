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
        """On a larger worker where it is; on a new one of each size; alone on the worker that has most of it."""
        path, plan = scene.critical_path, scene.plan
        homes = Counter(home for task in path if (home := plan.assignment[task]) is not None)
        for size_mb in reversed(scene.ladder):
            larger = {home: size_mb for home in homes if plan.workers[home].memory_mb < size_mb}
            if larger:
                yield resized(plan, larger)
            if plan.flexible_mb is not None and plan.flexible_mb < size_mb:
                yield replace(plan, flexible_mb=size_mb)
            if path:
                yield moved(plan, dict.fromkeys(path, len(plan.workers)), [size_mb])
        if homes:
            most = min(homes, key=lambda home: (-homes[home], home))
            others = [task for task in scene.tasks_of[most] if task not in set(path)]
            size_mb = plan.workers[most].memory_mb
            yield moved(plan, dict.fromkeys(path, most))
            if others:
                away = dict.fromkeys(others, len(plan.workers))
                yield moved(plan, dict.fromkeys(path, most) | away, [size_mb])
                apart = {task: len(plan.workers) + i for i, task in enumerate(others)}
                yield moved(plan, dict.fromkeys(path, most) | apart, [size_mb] * len(others))
