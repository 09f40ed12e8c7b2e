"""Orders for `list_schedule` that are optimal on unit times: Hu's levels, and Coffman and Graham's labels."""

from __future__ import annotations

from collections.abc import Iterable
from graphlib import TopologicalSorter


def highest_level_first(n_tasks: int, precedence: Iterable[tuple[int, int]]) -> list[int]:
    """The task with most tasks on a path to the end first, ties by number: Hu, Operations Research 1961.

    Optimal for unit times on any number of machines where the precedence is an in-tree. O(v + e).
    """
    children, order = _children(n_tasks, precedence)
    level = [0] * n_tasks
    for task in reversed(order):
        level[task] = 1 + max((level[child] for child in children[task]), default=0)
    return sorted(range(n_tasks), key=lambda task: -level[task])


def highest_label_first(n_tasks: int, precedence: Iterable[tuple[int, int]]) -> list[int]:
    """The highest label first: Coffman, Graham, Acta Informatica 1972. Optimal for unit times on two machines. O(v²·e).

    Labels are given from the end: to the task, all of whose children have one, whose children's labels in
    descending order come first in the dictionary; ties by number. Edges that others imply are left out before.
    """
    children, order = _children(n_tasks, precedence)
    children = _reduced(children, order)
    label: dict[int, int] = {}
    while len(label) < n_tasks:
        candidates = [task for task in range(n_tasks) if task not in label and label.keys() >= children[task]]
        following = {task: sorted((label[child] for child in children[task]), reverse=True) for task in candidates}
        label[min(candidates, key=lambda task: (following[task], task))] = len(label)
    return sorted(range(n_tasks), key=lambda task: -label[task])


def _children(n_tasks: int, precedence: Iterable[tuple[int, int]]) -> tuple[list[set[int]], list[int]]:
    """Children of each task, and the tasks with parents first."""
    children: list[set[int]] = [set() for _ in range(n_tasks)]
    parents: dict[int, set[int]] = {task: set() for task in range(n_tasks)}
    for before, after in precedence:
        children[before].add(after)
        parents[after].add(before)
    return children, list(TopologicalSorter(parents).static_order())


def _reduced(children: list[set[int]], order: list[int]) -> list[set[int]]:
    """Without edges to a task that another child leads to."""
    below: list[set[int]] = [set() for _ in children]
    reduced: list[set[int]] = [set() for _ in children]
    for task in reversed(order):
        indirect = set().union(*(below[child] for child in children[task]))
        reduced[task] = children[task] - indirect
        below[task] = indirect | children[task]
    return reduced
