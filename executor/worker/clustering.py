"""Clustering: with which of the flexible tasks that it could go on with a worker goes on itself.

By default with one, the most urgent, if it has nothing else to do. WUKONG's task clustering (Carver et al., SoCC 2020)
keeps large objects where they are. At a fan-out whoever made one goes on with all children that are ready, so that it
need not be uploaded for them. At a fan-in whoever holds much of a complete task's input goes on with it though busy,
so that it need not be fetched. (WUKONG looks once more at a fan-in after it has stored a large output, for others may
have completed it meanwhile; here commit and marks are one request, and its answer tells who completed what.)
"""

from collections.abc import Sequence, Set

from .view import View


def adopted(
    view: View, candidates: Sequence[int], busy: bool, local: Set[int], parent: int | None = None
) -> tuple[int, ...]:
    """Of the ``candidates``, complete but for what a worker holds, those with which it goes on.

    ``local`` are the objects it has; ``parent`` is the task whose children they are, where it is not sent yet.
    """
    if parent in view.clustered:
        return tuple(candidates)
    chosen = () if busy or not candidates else (min(candidates, key=lambda task: (view.priority[task], task)),)
    least_bytes = view.cluster_fan_in_bytes
    if least_bytes is None:
        return chosen
    return tuple([task for task in candidates if task in chosen or bytes_here(view, task, local) >= least_bytes])


def bytes_here(view: View, task: int, local: Set[int]) -> int:
    """How much of a join's input is local; of a task with one parent nothing counts, for it is no fan-in."""
    if len(view.parents[task]) < 2:
        return -1
    return sum([view.object_bytes[found] for found in view.inputs[task] if found in local])
