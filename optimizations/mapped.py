"""What the optimizations leave to map nodes: of what a run may not have, or may have more or less of, they keep off.

A splitter is run by one worker alone, for its width is a fact once it is committed, and a copy might return another
list; nor does it run ahead, on what may be void. A task of a lane is not duplicated, for who waits for it does not
know that there will be one. Chunks are read ahead of what is sure to come if the reader does: not into a lane, nor out
of one.
"""

from __future__ import annotations

from collections.abc import Iterator

from workloads import Fault, Workflow


def is_sure(workflow: Workflow, task: int) -> bool:
    """Whether a task runs in any run, and once: it is no splitter's, and in no lane."""
    return task not in workflow.lane_of and not is_splitter(workflow, task)


def is_splitter(workflow: Workflow, task: int) -> bool:
    """Whether a map node takes the list that a task returns."""
    return any(node.splitter == task for node in workflow.maps)


def can_stream(workflow: Workflow, producer: int, consumer: int) -> bool:
    """Whether what one task makes may be read by another while it is made: both in one lane, or in none."""
    together = workflow.lane_of.get(producer) == workflow.lane_of.get(consumer)
    return together and not (is_splitter(workflow, producer) or is_splitter(workflow, consumer))


def node_of(workflow: Workflow, *tasks: int) -> str:
    """The name of the map node that some of these tasks belong to."""
    splitters = {*tasks, *(workflow.lane_of[task][0] for task in tasks if task in workflow.lane_of)}
    return next((node.name for node in workflow.maps if node.splitter in splitters), "")


def map_conflicts(name: str, field: str, workflow: Workflow, task: int, *, allowed: bool) -> Iterator[Fault]:
    """Why the optimization ``name`` cannot have a task that belongs to a map node."""
    if not allowed:
        node, who = node_of(workflow, task), workflow.task_names[task]
        yield Fault("plan", field, f"{name} and map", f"no optimization {name} for {who!r}, of the map node {node!r}")
