"""What a builder has been told and nobody has checked yet, in lists that grow fast."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from workloads.demand import Curve
from workloads.fill import FillRules
from workloads.width import Width

Kind: TypeAlias = Literal["tasks", "objects", "maps"]


class Locate(Protocol):
    """Says where a figure or reference stands in the source, for the ``field`` of a fault.

    ``part`` is an argument's name of ``add_task`` or ``add_object`` (or ``parents``, all together);
    ``position`` the place in a list.
    """

    def __call__(self, kind: Kind, index: int, part: str, position: int | None = None) -> str:
        """The path of the field."""


@dataclass(slots=True)
class References:
    """For each task a list of names, all in one list: those of task ``i`` end at ``ends[i + 1]``."""

    names: list[str] = field(default_factory=list)
    ends: list[int] = field(default_factory=lambda: [0])

    def append(self, names: Iterable[str]) -> None:
        """Add the list of the next task."""
        self.names.extend(names)
        self.ends.append(len(self.names))


@dataclass(slots=True)
class ObjectDrafts:
    """Data objects, an entry each."""

    names: list[str] = field(default_factory=list)
    bytes: list[int | None] = field(default_factory=list)


@dataclass(slots=True)
class TaskDrafts:
    """Tasks, an entry each; ``curves`` by index."""

    names: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    io_s: list[float | None] = field(default_factory=list)
    cpu_s: list[float | None] = field(default_factory=list)
    parallelism: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)
    curves: dict[int, Curve] = field(default_factory=dict)
    inputs: References = field(default_factory=References)
    outputs: References = field(default_factory=References)
    after: References = field(default_factory=References)


@dataclass(slots=True)
class MapDraft:
    """A map node, tasks by name."""

    name: str
    splitter: str
    lanes: tuple[tuple[str, ...], ...]
    width: Width


@dataclass(slots=True)
class Draft:
    """A workflow as it was told."""

    name: str
    where: str
    locate: Locate
    fill: FillRules
    metadata: Mapping[str, object]
    objects: ObjectDrafts = field(default_factory=ObjectDrafts)
    tasks: TaskDrafts = field(default_factory=TaskDrafts)
    maps: list[MapDraft] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    wanted: dict[str, None] = field(default_factory=dict)
