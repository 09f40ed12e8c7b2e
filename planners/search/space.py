"""What a search may change, on which workflow and platform."""

from __future__ import annotations

from dataclasses import dataclass, field

from planners.goal import Goal
from planners.search.ladder import ladder
from planners.switch import Switch
from platforms import Platform
from workloads import Workflow


@dataclass(frozen=True, eq=False)
class Space:
    """All that stays the same during a search."""

    workflow: Workflow
    platform: Platform
    goal: Goal
    switches: tuple[Switch, ...]
    """Optimizations that may be switched on and off."""
    size_mb: int | None
    """The size of every worker; None if sizes are to be found."""
    parents: tuple[tuple[int, ...], ...] = field(init=False)
    children: tuple[tuple[int, ...], ...] = field(init=False)
    rungs: tuple[int, ...] = field(init=False)
    """Sizes that are tried, in MB, ascending."""
    floors_mb: tuple[float, ...] = field(init=False)
    """Per task."""
    alike: tuple[tuple[int, ...], ...] = field(init=False)
    """Per task, all tasks of its function."""

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "parents", self.workflow.parents.tuples())
        set_(self, "children", self.workflow.children.tuples())
        set_(self, "rungs", ladder(self.platform) if self.size_mb is None else (self.size_mb,))
        set_(self, "floors_mb", tuple(self.workflow.memory_mb.tolist()))
        set_(self, "alike", _alike(self.workflow))

    def near(self, task: int) -> tuple[int, ...]:
        """Parents, children and siblings of a task, each once, in that order."""
        siblings = (child for parent in self.parents[task][:1] for child in self.children[parent])
        cousins = (parent for child in self.children[task][:1] for parent in self.parents[child])
        found = dict.fromkeys((*self.parents[task], *self.children[task], *siblings, *cousins))
        found.pop(task, None)
        return tuple(found)


def _alike(workflow: Workflow) -> tuple[tuple[int, ...], ...]:
    functions = [task.function for task in workflow.tasks()]
    groups: dict[str, list[int]] = {}
    for task, function in enumerate(functions):
        groups.setdefault(function, []).append(task)
    shared = {function: tuple(tasks) for function, tasks in groups.items()}
    return tuple(shared[function] for function in functions)
