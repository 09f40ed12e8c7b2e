"""A map node with its splitter and its join: as wide as each run decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from workloads.errors import Fault, InvalidInput
from workloads.generators.generator import Bytes, CpuSeconds, IoSeconds
from workloads.generators.sketch import Drawn, Sketch
from workloads.parameters import Figure
from workloads.width import EXPECTED, MOST_WIDTH, Width, read_width


@dataclass(frozen=True, kw_only=True)
class MapJoin(Drawn):
    """A task whose list is mapped: one chain of tasks for each item, then one that joins what came of all of them."""

    key: ClassVar[str] = "gen:map"

    width: Annotated[str, Figure(EXPECTED, "")] = "0..8"
    most: Annotated[int, Figure("lanes at most; 0 for the largest width there is", "lanes", most=MOST_WIDTH)] = 0
    steps: Annotated[int, Figure("tasks of a lane, one after the other", "tasks", least=1)] = 1
    cpu_s: CpuSeconds = 1.0
    io_s: IoSeconds = 0.0
    bytes: Bytes = 1_000_000

    def faults(self) -> Iterator[Fault]:
        """A width that is none, or that the lanes cannot hold."""
        try:
            largest = read_width(self.width).largest
        except InvalidInput as invalid:
            yield from (Fault(self.key, "width", self.width, fault.expected) for fault in invalid.faults)
            return
        if not (self.most or largest):
            yield Fault(self.key, "most", self.most, f"at least 1 lane, for a width of {self.width}")
        elif self.most and (largest or 0) > self.most:
            yield Fault(self.key, "width", self.width, f"at most {self.most}, which most says; raise that")

    @property
    def n_tasks(self) -> int:
        """All lanes there may be, splitter and join."""
        return 2 + self._lanes(read_width(self.width)) * self.steps

    def _lanes(self, width: Width) -> int:
        return self.most or width.largest or 0

    def draw(self, sketch: Sketch) -> None:
        """Make 2 + most · steps tasks, most · (steps + 1) + 1 edges."""
        width, cpu_s, io_s = read_width(self.width), self.cpu_s, self.io_s
        items = sketch.splitter("split", self._lanes(width), makes_bytes=self.bytes, cpu_s=cpu_s, io_s=io_s)
        lanes: list[list[str]] = []
        found = list(items)
        for i in range(len(items)):
            lanes.append([])
            for step in range(self.steps):
                function = "map" if self.steps == 1 else f"map-{step}"
                lanes[i].append(f"{function}[{i}]")
                found[i] = self._task(sketch, lanes[i][-1], function, (found[i],))
        self._task(sketch, "join", "join", found)
        sketch.map("map", "split", lanes, width)

    def _task(self, sketch: Sketch, name: str, function: str, inputs: Iterable[str]) -> str:
        return sketch.task(name, inputs, function=function, makes_bytes=self.bytes, cpu_s=self.cpu_s, io_s=self.io_s)
