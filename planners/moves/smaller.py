"""Less memory, where it is missed least: the move of whoever has to save."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from planners.edits import resized
from planners.moves.move import Move, Scene
from planners.plan import Plan

_SHARES = (1.0, 0.5, 0.25, 0.125)


class Smaller(Move):
    """Workers a step down the ladder, the least critical first."""

    def proposals(self, scene: Scene) -> Iterator[Plan]:
        """Flexible ones; those off the critical path, all, half of them, …; all workers, half of them, and so on."""
        below = dict(zip(scene.ladder[1:], scene.ladder[:-1], strict=True))
        workers, flexible_mb = scene.plan.workers, scene.plan.flexible_mb
        if flexible_mb in below:
            yield replace(scene.plan, flexible_mb=below[flexible_mb])
        critical = [max(scene.criticality[task] for task in tasks) for tasks in scene.tasks_of]
        order = sorted((i for i, each in enumerate(workers) if each.memory_mb in below), key=lambda i: (critical[i], i))
        off = [worker for worker in order if not critical[worker]]
        for group in (off, order):
            for share in _SHARES:
                chosen = group[: round(share * len(group))]
                if chosen:
                    yield resized(scene.plan, {worker: below[workers[worker].memory_mb] for worker in chosen})
