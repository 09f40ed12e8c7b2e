"""A stronger worker for the rest of a chain.

Where a task is the only child of its only parent, WUKONG and octoflows let it stay: nothing is moved, nobody is
started. That is right unless the task is long and can use more CPU than its worker has. Then it may pay to hand its
input through the store to a larger worker, start-up included; when it does, an evaluation says.
"""

from __future__ import annotations

from collections.abc import Iterator

from planners.edits import moved
from planners.estimate import expected_exec_s
from planners.moves.move import Move, Scene
from planners.plan import Plan


class Stronger(Move):
    """The second task of a 1→1 edge, and what follows it in the chain, on a larger worker."""

    def proposals(self, scene: Scene) -> Iterator[Plan]:
        """The largest expected saving of computing first, critical tasks alone; with its chain, then by itself."""
        found = [
            (saved_s, task, size_mb)
            for size_mb in scene.ladder
            for task, saved_s in enumerate(_saved_s(scene, size_mb))
            if saved_s > 0 and scene.criticality[task] and _stays(scene, task)
        ]
        for _, task, size_mb in sorted(found, key=lambda each: (-each[0], each[1], each[2])):
            chain = _chain(scene, task)
            yield _on_new(scene.plan, chain, size_mb)
            if len(chain) > 1:
                yield _on_new(scene.plan, [task], size_mb)


def _saved_s(scene: Scene, size_mb: int) -> list[float]:
    plan = scene.plan
    sizes_mb = [plan.size_of(task) for task in range(plan.n_tasks)]
    now_s = expected_exec_s(scene.workflow, scene.platform, sizes_mb)
    return list((now_s - expected_exec_s(scene.workflow, scene.platform, size_mb)).tolist())


def _stays(scene: Scene, task: int) -> bool:
    """Whether it is the only child of its only parent, and runs where that ran."""
    parents = scene.workflow.parents.row(task).tolist()
    if len(parents) != 1 or len(scene.workflow.children.row(parents[0])) != 1:
        return False
    return bool(scene.plan.assignment[task] == scene.plan.assignment[parents[0]])


def _chain(scene: Scene, task: int) -> list[int]:
    chain = [task]
    while True:
        children = scene.workflow.children.row(chain[-1]).tolist()
        if len(children) != 1 or not _stays(scene, children[0]):
            return chain
        chain.append(children[0])


def _on_new(plan: Plan, tasks: list[int], size_mb: int) -> Plan:
    return moved(plan, dict.fromkeys(tasks, len(plan.workers)), [size_mb])
