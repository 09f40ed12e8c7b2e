"""The one way to make a workflow: describe it by names, then have everything checked at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from workloads.columns import bytes_column, figures_column
from workloads.csr import Csr, FloatArray, IntArray
from workloads.demand import Curve, MemoryTable, PowerLaw
from workloads.errors import MISSING, Fault, refuse_if
from workloads.fill import REFUSE, FillRules, fill
from workloads.names import Names
from workloads.structure import cycles, parents_of, topological_order, without_repeats
from workloads.workflow import Workflow

Kind: TypeAlias = Literal["tasks", "objects"]


class Locate(Protocol):
    """Says where a figure or reference stands in the source, for the ``field`` of a fault.

    ``part`` is an argument's name of ``add_task`` or ``add_object``; ``position`` the place in a list.
    """

    def __call__(self, kind: Kind, index: int, part: str, position: int | None = None) -> str:
        """The path of the field."""


class WorkflowBuilder:
    """Collects tasks and data objects by name; :meth:`build` checks all of it and makes the workflow.

    Names may be used before they are added. Nothing is checked before :meth:`build`.
    """

    def __init__(
        self,
        name: str,
        *,
        fill: FillRules = REFUSE,
        metadata: Mapping[str, object] | None = None,
        where: str | None = None,
        locate: Locate | None = None,
    ) -> None:
        """``where`` and ``locate`` name the source in faults, for a reader of a file format."""
        self._name = name
        self._fill = fill
        self._metadata = dict(metadata or {})
        self._where = where or f"workflow {name!r}"
        self._locate = locate or self._by_name
        self._assumptions: list[str] = []
        self._objects = _Objects()
        self._tasks = _Tasks()

    def add_object(self, name: str, bytes: int | None = None) -> str:  # noqa: A002 (the unit)
        """Add a data object; ``None`` is an unknown size. Returns the name."""
        self._objects.names.append(name)
        self._objects.bytes.append(bytes)
        return name

    def add_task(
        self,
        name: str,
        *,
        function: str | None = None,
        inputs: Iterable[str] = (),
        outputs: Iterable[str] = (),
        io_s: float | None = None,
        cpu_s: float | None = None,
        parallelism: float = 1.0,
        memory_mb: float = 0.0,
        curve: Curve | None = None,
        after: Iterable[str] = (),
    ) -> str:
        """Add a task and return its name.

        ``inputs`` and ``outputs`` are names of data objects (a repeated one counts once); ``after``
        are parents that hand over no data. Its time is ``io_s + cpu_s / min(vcpus, parallelism)``,
        where one of the two may be left out as nothing, or ``curve`` alone; with none of the three
        the time is unknown. ``function`` is the code it runs, by default one of its own.
        """
        tasks = self._tasks
        if curve is not None:
            tasks.curves[len(tasks.names)] = curve
        tasks.names.append(name)
        tasks.functions.append(name if function is None else function)
        tasks.io_s.append(io_s)
        tasks.cpu_s.append(cpu_s)
        tasks.parallelism.append(parallelism)
        tasks.memory_mb.append(memory_mb)
        tasks.inputs.append(inputs)
        tasks.outputs.append(outputs)
        tasks.after.append(after)
        return name

    def assume(self, assumption: str) -> None:
        """Add to the assumptions that the workflow reports."""
        self._assumptions.append(assumption)

    def build(self) -> Workflow:
        """Check everything and make the workflow; raises :class:`InvalidInput` with every fault."""
        return _Build(self).workflow()

    def _by_name(self, kind: Kind, index: int, part: str, position: int | None = None) -> str:
        names = self._tasks.names if kind == "tasks" else self._objects.names
        place = "" if position is None else f"[{position}]"
        return f"{kind}[{names[index]!r}].{part}{place}"


class _References:
    """Lists of names, one after another in one list."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.ends: list[int] = [0]

    def append(self, names: Iterable[str]) -> None:
        self.names.extend(names)
        self.ends.append(len(self.names))


class _Objects:
    def __init__(self) -> None:
        self.names: list[str] = []
        self.bytes: list[int | None] = []


class _Tasks:
    def __init__(self) -> None:
        self.names: list[str] = []
        self.functions: list[str] = []
        self.io_s: list[float | None] = []
        self.cpu_s: list[float | None] = []
        self.parallelism: list[float] = []
        self.memory_mb: list[float] = []
        self.curves: dict[int, Curve] = {}
        self.inputs = _References()
        self.outputs = _References()
        self.after = _References()


class _Build:
    """One pass over what a builder collected; faults gather in ``faults``."""

    def __init__(self, source: WorkflowBuilder) -> None:
        self.source = source
        self.tasks = source._tasks
        self.objects = source._objects
        self.faults: list[Fault] = []
        self.assumptions = list(source._assumptions)

    def workflow(self) -> Workflow:
        task_index = self._index("tasks", self.tasks.names)
        object_index = self._index("objects", self.objects.names)
        sizes = self._sizes()
        io_s, cpu_s = self._times()
        parallelism = self._figures("parallelism", self.tasks.parallelism, 1.0, "vCPUs ≥ 1")
        memory_mb = self._figures("memory_mb", self.tasks.memory_mb, 0.0, "MB ≥ 0")
        inputs = self._resolve("inputs", self.tasks.inputs, object_index, "a data object of the workflow")
        outputs = self._resolve("outputs", self.tasks.outputs, object_index, "a data object of the workflow")
        control = self._resolve("after", self.tasks.after, task_index, "a task of the workflow")
        producer = self._producers(outputs)
        parents = parents_of(inputs, producer, control)
        order = self._order(parents)
        refuse_if(self.faults)
        functions, task_function = _distinct(self.tasks.functions)
        return Workflow(
            name=self.source._name,
            task_names=Names(self.tasks.names),
            object_names=Names(self.objects.names),
            functions=functions,
            task_function=task_function,
            io_s=io_s,
            cpu_s=cpu_s,
            parallelism=parallelism,
            memory_mb=memory_mb,
            curves=self.tasks.curves,
            object_bytes=sizes,
            object_producer=producer,
            inputs=inputs,
            outputs=outputs,
            parents=parents,
            topological_order=order,
            assumptions=tuple(dict.fromkeys(self.assumptions)),
            metadata=self.source._metadata,
        )

    def _fault(
        self, kind: Kind, index: int, part: str, value: object, expected: str, position: int | None = None
    ) -> None:
        field = self.source._locate(kind, index, part, position)
        self.faults.append(Fault(self.source._where, field, value, expected))

    def _index(self, kind: Kind, names: list[str]) -> dict[str, int]:
        """Each name's index; faults for names that are none, or not the first of their kind."""
        index: dict[str, int] = {}
        for i, name in enumerate(names):
            if not isinstance(name, str) or not name:
                self._fault(kind, i, "name", name, "a name")
            elif index.setdefault(name, i) != i:
                self._fault(kind, i, "name", name, f"a name not used before (first at {index[name]})")
        return index

    def _figures(self, part: str, values: list[Any], least: float, expected: str) -> FloatArray:
        column, bad = figures_column(values, least)
        for i in bad:
            self._fault("tasks", i, part, MISSING if values[i] is None else values[i], f"finite {expected}")
        return column

    def _times(self) -> tuple[FloatArray, FloatArray]:
        """The columns ``io_s`` and ``cpu_s``: checked, filled by rule, NaN where a curve rules."""
        tasks = self.tasks
        io_s, bad_io = figures_column(tasks.io_s, 0.0, none_is_nan=True)
        cpu_s, bad_cpu = figures_column(tasks.cpu_s, 0.0, none_is_nan=True)
        for part, values, bad in (("io_s", tasks.io_s, bad_io), ("cpu_s", tasks.cpu_s, bad_cpu)):
            for i in bad:
                self._fault("tasks", i, part, values[i], "finite seconds ≥ 0")
        for i, curve in tasks.curves.items():
            if not isinstance(curve, MemoryTable | PowerLaw):
                self._fault("tasks", i, "curve", curve, "a MemoryTable or a PowerLaw")
            if tasks.io_s[i] is not None or tasks.cpu_s[i] is not None:
                self._fault("tasks", i, "curve", curve, "either a curve or io_s and cpu_s")
        unknown = np.isnan(io_s) & np.isnan(cpu_s)
        curved = list(tasks.curves)
        unknown[[*curved, *bad_io, *bad_cpu]] = False
        filled = self._filled_times(np.where(unknown, np.nan, np.nan_to_num(cpu_s)), io_s)
        for i in np.flatnonzero(np.isnan(filled)).tolist():
            self._fault("tasks", i, "cpu_s", MISSING, "seconds ≥ 0, a curve, or a rule to fill it")
        io_s = np.nan_to_num(io_s)
        io_s[curved] = filled[curved] = np.nan
        return io_s, filled

    def _filled_times(self, cpu_s: FloatArray, io_s: FloatArray) -> FloatArray:
        filled, assumption = fill(cpu_s, self.source._fill.cpu_s, "cpu_s", self.tasks.names)
        self.assumptions += [assumption] if assumption else []
        return filled

    def _sizes(self) -> NDArray[np.int64]:
        """The column of object sizes: checked and filled by rule."""
        values = self.objects.bytes
        column, bad, unknown = bytes_column(values)
        for i in bad:
            self._fault("objects", i, "bytes", values[i], "whole bytes ≥ 0, below 2^63")
        if unknown:
            known = column.astype(np.float64)
            known[[*unknown, *bad]] = np.nan
            filled, assumption = fill(known, self.source._fill.bytes, "bytes", self.objects.names)
            column[unknown] = np.nan_to_num(filled[unknown]).astype(np.int64)
            self.assumptions += [assumption] if assumption else []
            for i in unknown if assumption is None else ():
                self._fault("objects", i, "bytes", MISSING, "bytes ≥ 0, or a rule to fill it")
        return column

    def _resolve(self, part: str, references: _References, index: dict[str, int], expected: str) -> Csr:
        """Names to indices, each once a row; faults for names that are not in the index."""
        found = np.fromiter(
            (index.get(name, -1) for name in references.names), dtype=np.int32, count=len(references.names)
        )
        ends = np.array(references.ends)
        rows = np.repeat(np.arange(ends.size - 1), np.diff(ends))
        for k in np.flatnonzero(found < 0).tolist():
            row = int(rows[k])
            self._fault("tasks", row, part, references.names[k], expected, k - references.ends[row])
        known = found >= 0
        return without_repeats(Csr.from_pairs(rows[known], found[known], ends.size - 1), len(index))

    def _producers(self, outputs: Csr) -> IntArray:
        """The producer of each object, −1 for none; faults for a second one."""
        producer = np.full(len(self.objects.names), -1, dtype=np.int32)
        producer[outputs.indices[::-1]] = outputs.keys[::-1]
        for k in np.flatnonzero(producer[outputs.indices] != outputs.keys).tolist():
            task, made = int(outputs.keys[k]), int(outputs.indices[k])
            first, name = self.tasks.names[producer[made]], self.objects.names[made]
            position = self._position(self.tasks.outputs, task, name)
            self._fault("tasks", task, "outputs", name, f"one producer (it has one: {first!r})", position)
        return producer

    @staticmethod
    def _position(references: _References, row: int, name: str) -> int:
        return references.names.index(name, references.ends[row]) - references.ends[row]

    def _order(self, parents: Csr) -> IntArray:
        order = topological_order(parents)
        if order is None:
            self.faults += self._cycle_faults(parents)
            return np.arange(0, dtype=np.int32)
        return order

    def _cycle_faults(self, parents: Csr) -> Iterator[Fault]:
        for cycle in cycles(parents):
            shown = " → ".join(self.tasks.names[i] for i in (*cycle, cycle[0]))
            field = self.source._locate("tasks", cycle[0], "parents")
            yield Fault(self.source._where, field, _Path(shown), "no cycle of tasks")


class _Path(str):
    """A cycle shown whole in a fault: naming its tasks is the point."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _distinct(names: list[str]) -> tuple[tuple[str, ...], IntArray]:
    """The distinct names in order of appearance, and the index of each."""
    index: dict[str, int] = {}
    column = np.fromiter((index.setdefault(n, len(index)) for n in names), dtype=np.int32, count=len(names))
    return tuple(index), column
