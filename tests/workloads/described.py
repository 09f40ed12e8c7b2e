"""Random workflows as plain descriptions: what a builder is told, and an oracle of what it should make."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from workloads import Curve, FillRules, MemoryTable, PowerLaw, Workflow, WorkflowBuilder


@dataclass
class TaskTold:
    """The arguments of `add_task`."""

    name: str
    function: str | None = None
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    io_s: float | None = None
    cpu_s: float | None = 1.0
    parallelism: float = 1.0
    memory_mb: float = 0.0
    curve: Curve | None = None


@dataclass
class Told:
    """All that a builder is told."""

    objects: dict[str, int | None] = field(default_factory=dict)
    tasks: list[TaskTold] = field(default_factory=list)

    def builder(self, fill: FillRules | None = None) -> WorkflowBuilder:
        builder = WorkflowBuilder("told", fill=fill or FillRules())
        for name, size_bytes in self.objects.items():
            builder.add_object(name, size_bytes)
        for task in self.tasks:
            builder.add_task(**vars(task))
        return builder

    def build(self) -> Workflow:
        return self.builder().build()

    def parents(self) -> dict[str, set[str]]:
        """Each task's parents, computed the slow way."""
        producer = {name: task.name for task in self.tasks for name in task.outputs}
        return {
            task.name: {producer[name] for name in task.inputs if name in producer} | set(task.after)
            for task in self.tasks
        }


any_names = st.text(min_size=1, max_size=4)
seconds = st.floats(0, 1e6)
curves = st.one_of(
    st.builds(PowerLaw, seconds, st.floats(1, 1e4), st.floats(-2, 2)),
    st.dictionaries(st.floats(1, 1e4), seconds, min_size=1, max_size=4).map(
        lambda points: MemoryTable(sorted(points.items()))
    ),
)


@st.composite
def told(draw: st.DrawFn) -> Told:
    """A legal description of up to ten tasks, in an order that need not be topological."""
    task_names = draw(st.lists(any_names, min_size=1, max_size=10, unique=True))
    object_names = draw(st.lists(any_names, max_size=20, unique=True))
    free = list(object_names)
    readable = [free.pop() for _ in range(draw(st.integers(0, min(3, len(free)))))]
    earlier: list[str] = []
    tasks = []
    for name in task_names:
        outputs = [free.pop() for _ in range(draw(st.integers(0, min(2, len(free)))))]
        tasks.append(
            TaskTold(
                name,
                function=draw(st.sampled_from([None, "f", "g h"]) | any_names),
                inputs=draw(st.lists(st.sampled_from(readable), max_size=4)) if readable else [],
                outputs=outputs,
                after=draw(st.lists(st.sampled_from(earlier), max_size=2)) if earlier else [],
                memory_mb=draw(st.floats(0, 1e5)),
                **draw(_demands),
            )
        )
        earlier.append(name)
        readable += outputs
    sizes: dict[str, int | None] = {name: draw(st.integers(0, 2**55)) for name in object_names}
    return Told(sizes, draw(st.permutations(tasks)))


_demands: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"io_s": seconds, "cpu_s": seconds, "parallelism": st.floats(1, 64)}),
    st.fixed_dictionaries({"curve": curves, "cpu_s": st.none(), "parallelism": st.floats(1, 64)}),
)
