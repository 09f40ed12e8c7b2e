"""Levels of a workflow: how many tasks stand before each, at most, on any path to it."""

from __future__ import annotations

from workloads import Workflow


def depths(workflow: Workflow) -> list[int]:
    """Per task, the edges on the longest path to it; 0 for a root."""
    parents = workflow.parents.tuples()
    found = [0] * workflow.n_tasks
    for task in workflow.topological_order.tolist():
        found[task] = max((found[parent] + 1 for parent in parents[task]), default=0)
    return found
