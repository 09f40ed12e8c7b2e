"""Where most bytes are: siblings with large outputs together, and their fan-in with them.

WUKONG clusters *children* at a fan-out whose parent made something large. What follows is often a fan-in, and its
inputs are as large; run on one worker, they are never uploaded at all. It costs parallelism, so it is tried with the
largest few, then with more of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from planners.edits import moved
from planners.moves.move import Move, Scene
from planners.plan import Plan


class Gather(Move):
    """A fan-in, and those of its parents that make most of its input, on one worker."""

    def proposals(self, scene: Scene) -> Iterator[Plan]:
        """The fan-ins on critical paths, the most bytes first: 1, 2, 4, … of the parents with the largest outputs."""
        parents_of = scene.workflow.parents
        fan_ins = [task for task in range(scene.workflow.n_tasks) if parents_of.counts[task] > 1]
        weights = {
            task: sum(scene.output_bytes[parent] for parent in parents_of.row(task).tolist()) for task in fan_ins
        }
        critical = [task for task in fan_ins if scene.criticality[task] and weights[task]]
        for task in sorted(critical, key=lambda task: (-weights[task], task)):
            yield from _gathered(scene, task)


def _gathered(scene: Scene, fan_in: int) -> Iterator[Plan]:
    parents = scene.workflow.parents.row(fan_in).tolist()
    largest = sorted(parents, key=lambda parent: (-scene.output_bytes[parent], parent))
    n = 1
    while True:
        together = [fan_in, *largest[:n]]
        home = scene.plan.assignment[largest[0]]
        if home is None:
            size_mb = scene.plan.size_of(fan_in)
            yield moved(scene.plan, dict.fromkeys(together, len(scene.plan.workers)), [size_mb])
        else:
            yield moved(scene.plan, dict.fromkeys(together, home))
        if n >= len(largest):
            return
        n *= 2
