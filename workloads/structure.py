"""What follows from the edges: parents, a topological order, and the cycles if there is none."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workloads.csr import Csr, IntArray


def parents_of(inputs: Csr, object_producer: IntArray, control: Csr) -> Csr:
    """Each task's parents, ascending and unique: producers of its inputs, and control-only parents."""
    producers = object_producer[inputs.indices]
    made = producers >= 0
    children = np.concatenate([inputs.keys[made], control.keys])
    parents = np.concatenate([producers[made], control.indices])
    n_tasks = inputs.n_rows
    edges = np.unique(children.astype(np.int64) * n_tasks + parents)
    return Csr.from_pairs(edges // max(n_tasks, 1), edges % max(n_tasks, 1), n_tasks)


def joined(rows: Csr, more: Csr) -> Csr:
    """Each row with what another list of lists has there."""
    return Csr.from_pairs(
        np.concatenate([rows.keys, more.keys]), np.concatenate([rows.indices, more.indices]), rows.n_rows
    )


def without_repeats(rows: Csr) -> Csr:
    """The rows with only the first of equal entries, order kept."""
    keys = rows.keys.astype(np.int64)
    n_columns = int(rows.indices.max(initial=0)) + 1
    _, first = np.unique(keys * n_columns + rows.indices, return_index=True)
    if first.size == rows.indices.size:
        return rows
    kept = np.sort(first)
    return Csr.from_pairs(keys[kept], rows.indices[kept], rows.n_rows)


def topological_order(parents: Csr) -> IntArray | None:
    """Kahn's order, smallest index first; None if there is a cycle."""
    n_tasks = parents.n_rows
    if np.all(parents.indices < parents.keys):
        # Every edge goes upward, so the smallest task left is always ready: the order is 0, 1, 2, …
        return np.arange(n_tasks, dtype=np.int32)
    order = list(_released(parents.counts.copy(), parents.transposed(n_tasks).tuples()))
    return np.array(order, dtype=np.int32) if len(order) == n_tasks else None


def _released(waiting: NDArray[Any], children: tuple[tuple[int, ...], ...]) -> Iterator[int]:
    """Tasks in the order in which they become ready, smallest index first."""
    left: list[int] = waiting.tolist()
    ready = [task for task, count in enumerate(left) if count == 0]
    while ready:
        task = heapq.heappop(ready)
        yield task
        for child in children[task]:
            left[child] -= 1
            if left[child] == 0:
                heapq.heappush(ready, child)


def cycles(parents: Csr) -> list[tuple[int, ...]]:
    """Every self-loop, and disjoint longer cycles, at least one of each strongly connected component.

    A cycle is listed in the direction of its edges, from its smallest task on.
    """
    to_itself = parents.indices == parents.keys
    found = [(task,) for task in parents.indices[to_itself].tolist()]
    between = Csr.from_pairs(parents.keys[~to_itself], parents.indices[~to_itself], parents.n_rows)
    return sorted(found + _longer_cycles(between))


def _longer_cycles(parents: Csr) -> list[tuple[int, ...]]:
    """Disjoint cycles of a graph without self-loops, until nothing cyclic is left without them."""
    rows, children = parents.tuples(), parents.transposed(parents.n_rows).tuples()
    waiting = parents.counts.tolist()
    alive = [True] * parents.n_rows
    found: list[tuple[int, ...]] = []
    removed: list[int] = [task for task, count in enumerate(waiting) if count == 0]
    while True:
        _remove(removed, alive, waiting, children)
        fresh = _cycles_upward(rows, alive)
        if not fresh:
            return found
        found += fresh
        removed = [task for cycle in fresh for task in cycle]


def _remove(tasks: list[int], alive: list[bool], waiting: list[int], children: tuple[tuple[int, ...], ...]) -> None:
    """Take tasks away, and after them all that no longer wait for anything."""
    stack = list(tasks)
    while stack:
        task = stack.pop()
        if not alive[task]:
            continue
        alive[task] = False
        for child in children[task]:
            waiting[child] -= 1
            if waiting[child] == 0:
                stack.append(child)


def _cycles_upward(parents: tuple[tuple[int, ...], ...], alive: list[bool]) -> list[tuple[int, ...]]:
    """The cycles met when walking from each living task to its first living parent, again and again."""
    walk_of = [-1] * len(alive)
    found: list[tuple[int, ...]] = []
    for start, living in enumerate(alive):
        path: list[int] = []
        task = start
        while living and walk_of[task] < 0:
            walk_of[task] = start
            path.append(task)
            task = next(parent for parent in parents[task] if alive[parent])
        if path and walk_of[task] == start:
            found.append(_from_smallest(path[path.index(task) :][::-1]))
    return found


def _from_smallest(cycle: list[int]) -> tuple[int, ...]:
    begin = cycle.index(min(cycle))
    return (*cycle[begin:], *cycle[:begin])
