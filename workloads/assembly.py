"""From a draft to a workflow: every fault of the draft is found, then it is packed into arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workloads.columns import MOST, bytes_column, figures_column
from workloads.csr import Csr, FloatArray, IntArray
from workloads.demand import MemoryTable, PowerLaw
from workloads.draft import Draft, Kind, References
from workloads.errors import MISSING, Fault, refuse_if
from workloads.fill import Rule, figure_for, told
from workloads.mapping import mappings_of
from workloads.maps import joins_of, nodes_of
from workloads.names import Names
from workloads.structure import cycles, joined, parents_of, topological_order, without_repeats
from workloads.workflow import Workflow

_MOST_TRAFFIC = 2.0**63


def assembled(draft: Draft) -> Workflow:
    """The workflow; :class:`InvalidInput` with every fault of the draft."""
    return _Assembly(draft).workflow()


class _Assembly:
    """One pass over a draft; faults and assumptions gather on the way."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.tasks = draft.tasks
        self.objects = draft.objects
        self.faults: list[Fault] = []
        self.assumptions = list(draft.assumptions)

    def workflow(self) -> Workflow:
        self._check_not_empty()
        task_index = self._index("tasks", self.tasks.names)
        object_index = self._index("objects", self.objects.names)
        object_bytes = self._sizes()
        io_s, cpu_s = self._times()
        parallelism = self._figures("parallelism", self.tasks.parallelism, 1.0, "vCPUs from 1")
        memory_mb = self._figures("memory_mb", self.tasks.memory_mb, 0.0, "MB from 0")
        inputs = self._resolved("inputs", self.tasks.inputs, object_index, "a data object of the workflow")
        outputs = self._resolved("outputs", self.tasks.outputs, object_index, "a data object of the workflow")
        control = self._resolved("after", self.tasks.after, task_index, "a task of the workflow")
        object_producer = self._producers(outputs)
        self._check_traffic(object_bytes, inputs)
        parents = parents_of(inputs, object_producer, control)
        mappings = mappings_of(self.draft, task_index, parents, self._fault)
        if mappings:
            parents = parents_of(inputs, object_producer, joined(control, joins_of(mappings, parents)))
        order = topological_order(parents)
        self.faults += self._cycle_faults(parents) if order is None else ()
        functions, task_function = self._functions()
        wanted = self._wanted(object_index, object_producer, inputs)
        refuse_if(self.faults)
        assert order is not None
        return Workflow(
            name=self.draft.name,
            task_names=Names(self.tasks.names),
            object_names=Names(self.objects.names),
            functions=functions,
            task_function=task_function,
            io_s=io_s,
            cpu_s=cpu_s,
            parallelism=parallelism,
            memory_mb=memory_mb,
            curves=self.tasks.curves,
            object_bytes=object_bytes,
            object_producer=object_producer,
            inputs=inputs,
            outputs=outputs,
            parents=parents,
            topological_order=order,
            wanted=wanted,
            maps=nodes_of(mappings, outputs, inputs.transposed(len(self.objects.names))) if mappings else (),
            assumptions=tuple(dict.fromkeys(self.assumptions)),
            metadata=self.draft.metadata,
        )

    # ---- faults

    def _fault(
        self, kind: Kind, index: int, part: str, value: object, expected: str, position: int | None = None
    ) -> None:
        field = self.draft.locate(kind, index, part, position)
        found = MISSING if value is None else value
        self.faults.append(Fault(self.draft.where, field, found, expected))

    def _check_not_empty(self) -> None:
        if not isinstance(self.draft.name, str) or not self.draft.name:
            self.faults.append(Fault(self.draft.where, "name", self.draft.name, "a name"))
        if not self.tasks.names:
            self.faults.append(Fault(self.draft.where, "tasks", MISSING, "at least one task"))

    def _index(self, kind: Kind, names: list[str]) -> dict[str, int]:
        """Each name's index; faults for names that are none, or not the first of their kind."""
        index: dict[str, int] = {}
        for i, name in enumerate(names):
            if not isinstance(name, str) or not name:
                self._fault(kind, i, "name", name, "a name")
            elif index.setdefault(name, i) != i:
                self._fault(kind, i, "name", name, "a name not used before")
        return index

    def _functions(self) -> tuple[tuple[str, ...], IntArray]:
        """The distinct functions in order of appearance, and each task's index among them."""
        names = self.tasks.functions
        index: dict[str, int] = {}
        column = [index.setdefault(name, len(index)) for name in names]
        illegal = {name for name in index if not isinstance(name, str) or not name}
        for i in [i for i, name in enumerate(names) if name in illegal] if illegal else ():
            self._fault("tasks", i, "function", names[i], "a name")
        return tuple(index), np.array(column, dtype=np.int32)

    # ---- figures

    def _figures(self, part: str, values: list[Any], least: float, expected: str) -> FloatArray:
        column, bad = figures_column(values, least)
        for i in bad:
            self._fault("tasks", i, part, values[i], f"{expected} to {MOST:g}")
        return column

    def _times(self) -> tuple[FloatArray, FloatArray]:
        """The columns ``io_s`` and ``cpu_s``: checked, filled by rule, NaN where a curve rules."""
        tasks = self.tasks
        io_s, bad_io = figures_column(tasks.io_s, 0.0, none_is_nan=True)
        cpu_s, bad_cpu = figures_column(tasks.cpu_s, 0.0, none_is_nan=True)
        for part, values, bad in (("io_s", tasks.io_s, bad_io), ("cpu_s", tasks.cpu_s, bad_cpu)):
            for i in bad:
                self._fault("tasks", i, part, values[i], f"seconds from 0 to {MOST:g}")
        self._check_curves()
        known = np.isfinite(io_s) | np.isfinite(cpu_s)
        curved = list(tasks.curves)
        unknown = ~known
        unknown[[*curved, *bad_io, *bad_cpu]] = False
        io_s, cpu_s = np.nan_to_num(io_s), np.nan_to_num(cpu_s)
        filled = self._filled("cpu_s", self.draft.fill.cpu_s, unknown, cpu_s[known], tasks.names)
        if filled is None:
            for i in np.flatnonzero(unknown).tolist():
                self._fault("tasks", i, "cpu_s", MISSING, "seconds ≥ 0, a curve, or a rule to fill it")
        else:
            cpu_s[unknown] = filled
        io_s[curved] = cpu_s[curved] = np.nan
        return io_s, cpu_s

    def _check_curves(self) -> None:
        for i, curve in self.tasks.curves.items():
            if not isinstance(curve, MemoryTable | PowerLaw):
                self._fault("tasks", i, "curve", curve, "a MemoryTable or a PowerLaw")
            if self.tasks.io_s[i] is not None or self.tasks.cpu_s[i] is not None:
                self._fault("tasks", i, "curve", curve, "either a curve, or io_s and cpu_s")

    def _sizes(self) -> NDArray[np.int64]:
        """The column of object sizes: checked and filled by rule."""
        values = self.objects.bytes
        column, bad, unknown = bytes_column(values)
        for i in bad:
            self._fault("objects", i, "bytes", values[i], "whole bytes ≥ 0, below 2^63")
        missing = np.zeros(column.size, dtype=np.bool_)
        missing[unknown] = True
        known = np.delete(column, [*unknown, *bad]) if unknown else column
        filled = self._filled("bytes", self.draft.fill.bytes, missing, known, self.objects.names)
        if filled is not None:
            column[missing] = round(filled)
        else:
            for i in unknown:
                self._fault("objects", i, "bytes", MISSING, "bytes ≥ 0, or a rule to fill it")
        return column

    def _check_traffic(self, object_bytes: NDArray[np.int64], inputs: Csr) -> None:
        """All bytes, moved up once and down to each reader, are a number that tables can hold."""
        readers = np.bincount(inputs.indices, minlength=object_bytes.size)
        moved = float((object_bytes * (1.0 + readers)).sum())
        if moved > _MOST_TRAFFIC:
            self.faults.append(Fault(self.draft.where, "bytes moved in all", moved, f"at most {_MOST_TRAFFIC:.3g}"))

    def _filled(
        self, what: str, rule: Rule, unknown: NDArray[np.bool_], known: NDArray[Any], names: Sequence[str]
    ) -> float | None:
        """The figure for all the unknown; None if there is no rule, or nothing to be filled."""
        figure = figure_for(rule, known) if unknown.any() else None
        if figure is not None:
            self.assumptions.append(told(what, rule, figure, [names[i] for i in np.flatnonzero(unknown).tolist()]))
        return figure

    # ---- references

    def _resolved(self, part: str, references: References, index: dict[str, int], expected: str) -> Csr:
        """Names to indices, each once a row; faults for names that are not in the index."""
        names, ends = references.names, np.array(references.ends)
        found = np.fromiter((index.get(name, -1) for name in names), dtype=np.int32, count=len(names))
        rows = np.repeat(np.arange(ends.size - 1), np.diff(ends))
        for k in np.flatnonzero(found < 0).tolist():
            row = int(rows[k])
            self._fault("tasks", row, part, names[k], expected, k - references.ends[row])
        known = found >= 0
        return without_repeats(Csr.from_pairs(rows[known], found[known], ends.size - 1))

    def _producers(self, outputs: Csr) -> IntArray:
        """The producer of each object, −1 for none; faults for a second one."""
        producer = np.full(len(self.objects.names), -1, dtype=np.int32)
        producer[outputs.indices[::-1]] = outputs.keys[::-1]  # reversed, so that the first one stays
        for k in np.flatnonzero(producer[outputs.indices] != outputs.keys).tolist():
            task, name = int(outputs.keys[k]), self.objects.names[outputs.indices[k]]
            first = self.tasks.names[producer[outputs.indices[k]]]
            begin = self.tasks.outputs.ends[task]
            position = self.tasks.outputs.names.index(name, begin) - begin
            self._fault("tasks", task, "outputs", name, f"no second producer (the first is {first!r})", position)
        return producer

    def _wanted(self, index: dict[str, int], producer: IntArray, inputs: Csr) -> tuple[int, ...]:
        """The objects that are wanted and read, the others being results anyway; faults for what no task makes."""
        is_read = np.zeros(producer.size, dtype=np.bool_)
        is_read[inputs.indices] = True
        found = []
        for name in self.draft.wanted:
            number = index.get(name)
            if number is None or producer[number] < 0:
                self.faults.append(Fault(self.draft.where, "wanted", name, "a data object that a task makes"))
            elif is_read[number]:
                found.append(number)
        return tuple(sorted(found))

    def _cycle_faults(self, parents: Csr) -> Iterator[Fault]:
        for cycle in cycles(parents):
            path = " → ".join(self.tasks.names[i] for i in (*cycle, cycle[0]))
            field = self.draft.locate("tasks", cycle[0], "parents")
            yield Fault(self.draft.where, field, path, "no cycle of tasks")
