"""The workflow: tasks, data objects and edges in compact arrays, with access by name."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workloads.csr import Csr, FloatArray, IntArray, frozen
from workloads.demand import Curve, Demand, demand_on_curve
from workloads.maps import MapNode
from workloads.names import Names


@dataclass(frozen=True, slots=True)
class Task:
    """One task, to be read by people: everything by name."""

    index: int
    name: str
    function: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    parents: tuple[str, ...]
    children: tuple[str, ...]
    demand: Demand | Curve
    memory_mb: float


@dataclass(frozen=True, slots=True)
class DataObject:
    """One data object, to be read by people; without a producer it is in the store from the start."""

    index: int
    name: str
    bytes: int
    producer: str | None
    consumers: tuple[str, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Workflow:
    """An immutable DAG of tasks and data objects; made by a :class:`~workloads.WorkflowBuilder`.

    Tasks and objects are numbered from 0 in the order in which they were added. Arrays are read-only;
    those of tasks have ``n_tasks`` entries, those of objects ``n_objects``. Two workflows are equal
    if they would run alike: same name, tasks, objects, demands and edges. ``metadata`` and
    ``assumptions`` do not enter the comparison.
    """

    name: str
    task_names: Names
    object_names: Names
    functions: tuple[str, ...]
    """The distinct codes that tasks run."""
    task_function: IntArray
    """Per task: its code, an index into ``functions``."""
    io_s: FloatArray
    """Per task: seconds before computing that use no CPU (NaN for a task with a curve)."""
    cpu_s: FloatArray
    """Per task: CPU seconds (NaN for a task with a curve)."""
    parallelism: FloatArray
    """Per task: how many vCPUs it can use at once, ≥ 1."""
    memory_mb: FloatArray
    """Per task: the least memory it needs; 0 is no floor."""
    curves: Mapping[int, Curve]
    """Tasks whose time is a curve over memory instead."""
    object_bytes: NDArray[np.int64]
    object_producer: IntArray
    """Per object: the task that makes it; −1 if it is in the store from the start."""
    inputs: Csr
    """Task → objects it reads, as declared, each once."""
    outputs: Csr
    """Task → objects it makes, as declared."""
    parents: Csr
    """Task → tasks before it, ascending, each once, control-only parents included."""
    topological_order: IntArray
    """Kahn's order, smallest index first."""
    wanted: tuple[int, ...] = ()
    """Objects that are results although tasks read them, ascending."""
    maps: tuple[MapNode, ...] = ()
    """Where a run decides how many of the tasks there are to be."""
    assumptions: tuple[str, ...] = ()
    """The rules by which unknown figures were filled; to be shown with every result."""
    metadata: Mapping[str, object] = field(default_factory=dict)
    """What a file format needs for its round trip and no simulation reads."""

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, np.ndarray):
                frozen(value)
        object.__setattr__(self, "curves", MappingProxyType(dict(self.curves)))
        object.__setattr__(self, "metadata", MappingProxyType(dict(self.metadata)))

    # ---- counts and what follows from the edges

    @property
    def n_tasks(self) -> int:
        """How many tasks there are."""
        return len(self.task_names)

    @property
    def n_objects(self) -> int:
        """How many data objects there are."""
        return len(self.object_names)

    @property
    def n_edges(self) -> int:
        """How many pairs of a parent and a child there are."""
        return int(self.parents.indices.size)

    @cached_property
    def children(self) -> Csr:
        """Task → tasks after it, ascending."""
        return self.parents.transposed(self.n_tasks)

    @cached_property
    def consumers(self) -> Csr:
        """Object → tasks that read it, ascending."""
        return self.inputs.transposed(self.n_objects)

    @cached_property
    def roots(self) -> IntArray:
        """Tasks without a parent, ascending."""
        return _where(self.parents.counts == 0)

    @cached_property
    def sinks(self) -> IntArray:
        """Tasks without a child, ascending."""
        return _where(self.children.counts == 0)

    @cached_property
    def is_result(self) -> NDArray[np.bool_]:
        """Per object: made by a task, and read by none or wanted all the same."""
        made = (self.object_producer >= 0) & (self.consumers.counts == 0)
        made[list(self.wanted)] = True
        return frozen(made)

    @cached_property
    def chance(self) -> FloatArray:
        """Per task: how likely it is run, 1 but in the lanes of map nodes."""
        return frozen(self._chances(self.n_tasks, [node.lanes for node in self.maps]))

    @cached_property
    def object_chance(self) -> FloatArray:
        """Per object: how likely it is made, if it has a producer; 1 but for what map nodes make and read."""
        chances = self._chances(self.n_objects, [node.items for node in self.maps])
        made = self.object_producer >= 0
        chances[made] *= self.chance[self.object_producer[made]]
        return frozen(chances)

    def _chances(self, n: int, laned: list[tuple[tuple[int, ...], ...]]) -> FloatArray:
        chances = np.ones(n)
        for node, lanes in zip(self.maps, laned, strict=True):
            for index, members in enumerate(lanes):
                chances[list(members)] = node.width.chance(index)
        return chances

    @cached_property
    def lane_of(self) -> Mapping[int, tuple[int, int]]:
        """Per task of a lane, the splitter of its map node, and the index of the lane."""
        lanes = [(node.splitter, index, lane) for node in self.maps for index, lane in enumerate(node.lanes)]
        return MappingProxyType({task: (splitter, index) for splitter, index, lane in lanes for task in lane})

    # ---- access by name

    def index_of_task(self, name: str) -> int:
        """The index of the task of this name; KeyError if there is none."""
        return _found(self.task_names.find(name), f"workflow {self.name!r} has no task {name!r}")

    def index_of_object(self, name: str) -> int:
        """The index of the data object of this name; KeyError if there is none."""
        return _found(self.object_names.find(name), f"workflow {self.name!r} has no data object {name!r}")

    def task(self, name: str) -> Task:
        """The task of this name; KeyError if there is none."""
        return self._task(self.index_of_task(name))

    def data_object(self, name: str) -> DataObject:
        """The data object of this name; KeyError if there is none."""
        return self._object(self.index_of_object(name))

    def tasks(self) -> Iterator[Task]:
        """All tasks in their order."""
        return map(self._task, range(self.n_tasks))

    def data_objects(self) -> Iterator[DataObject]:
        """All data objects in their order."""
        return map(self._object, range(self.n_objects))

    def _task(self, i: int) -> Task:
        return Task(
            index=i,
            name=self.task_names[i],
            function=self.functions[self.task_function[i]],
            inputs=self._names(self.object_names, self.inputs.row(i)),
            outputs=self._names(self.object_names, self.outputs.row(i)),
            parents=self._names(self.task_names, self.parents.row(i)),
            children=self._names(self.task_names, self.children.row(i)),
            demand=self.stated(i),
            memory_mb=float(self.memory_mb[i]),
        )

    def _object(self, i: int) -> DataObject:
        producer = int(self.object_producer[i])
        return DataObject(
            index=i,
            name=self.object_names[i],
            bytes=int(self.object_bytes[i]),
            producer=None if producer < 0 else self.task_names[producer],
            consumers=self._names(self.task_names, self.consumers.row(i)),
        )

    @staticmethod
    def _names(names: Names, indices: IntArray) -> tuple[str, ...]:
        return tuple(names[i] for i in indices.tolist())

    # ---- compute demand

    def stated(self, task: int) -> Demand | Curve:
        """What was stated of a task's compute demand: the figures, or a curve over memory."""
        return self.curves.get(task) or self._figures(task)

    def _figures(self, i: int) -> Demand:
        return Demand(float(self.io_s[i]), float(self.cpu_s[i]), float(self.parallelism[i]))

    def demand(self, task: int, memory_mb: float, vcpus: float) -> Demand:
        """What the CPU model executes for a task on an instance of a size.

        A curve becomes the CPU work that, alone on ``vcpus`` > 0, takes the curve's time.
        """
        curve = self.curves.get(task)
        if curve is None:
            return self._figures(task)
        return demand_on_curve(curve, float(self.parallelism[task]), memory_mb, vcpus)

    def demands(self, memory_mb: ArrayLike, vcpus: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
        """``io_s``, ``cpu_s`` and ``parallelism`` of all tasks; scalars or an entry per task."""
        if not self.curves:
            return self.io_s, self.cpu_s, self.parallelism
        io_s, cpu_s = self.io_s.copy(), self.cpu_s.copy()
        sizes_mb = np.broadcast_to(np.asarray(memory_mb, dtype=np.float64), self.n_tasks)
        shares = np.broadcast_to(np.asarray(vcpus, dtype=np.float64), self.n_tasks)
        for i in self.curves:
            demand = self.demand(i, float(sizes_mb[i]), float(shares[i]))
            io_s[i], cpu_s[i] = demand.io_s, demand.cpu_s
        return frozen(io_s), frozen(cpu_s), self.parallelism

    def duration_s(self, task: int, memory_mb: float, vcpus: float) -> float:
        """How long a task computes alone on an instance with ``vcpus`` > 0."""
        return self.demand(task, memory_mb, vcpus).duration_s(vcpus)

    def durations_s(self, memory_mb: ArrayLike, vcpus: ArrayLike) -> FloatArray:
        """How long each task computes alone; scalars or an entry per task."""
        io_s, cpu_s, parallelism = self.demands(memory_mb, vcpus)
        return np.asarray(io_s + cpu_s / np.minimum(np.asarray(vcpus, dtype=np.float64), parallelism))

    # ---- identity

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hexadecimal) of all that a run depends on, names included, metadata not."""
        digest = hashlib.sha256()
        for part in self._content():
            digest.update(struct.pack("<q", len(part)))
            digest.update(part)
        return digest.hexdigest()

    def _content(self) -> Iterator[bytes]:
        yield self.name.encode("utf-8", "surrogatepass")
        yield self.task_names.to_bytes()
        yield self.object_names.to_bytes()
        yield Names(self.functions).to_bytes()
        yield repr(sorted(self.curves.items())).encode()
        for rows in (self.inputs, self.outputs, self.parents):
            yield rows.indptr.astype("<i4").tobytes()
            yield rows.indices.astype("<i4").tobytes()
        yield self.task_function.astype("<i4").tobytes()
        yield self.object_bytes.astype("<i8").tobytes()
        for column in (self.io_s, self.cpu_s, self.parallelism, self.memory_mb):
            yield column.astype("<f8").tobytes()
        if self.wanted:
            yield struct.pack(f"<{len(self.wanted)}q", *self.wanted)
        for node in self.maps:
            yield repr((node.name, node.splitter, node.lanes, str(node.width))).encode()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Workflow):
            return NotImplemented
        return self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __reduce__(self) -> tuple[type[Workflow], tuple[Any, ...]]:
        # Through the constructor: without the caches, and read-only again on the other side.
        values = (getattr(self, each.name) for each in fields(self))
        return Workflow, tuple(dict(v) if isinstance(v, MappingProxyType) else v for v in values)

    def __repr__(self) -> str:
        return f"Workflow({self.name!r}: {self.n_tasks} tasks, {self.n_objects} objects, {self.n_edges} edges)"


def _where(mask: NDArray[np.bool_]) -> IntArray:
    return frozen(np.flatnonzero(mask).astype(np.int32))


def _found(index: int | None, message: str) -> int:
    if index is None:
        raise KeyError(message)
    return index
