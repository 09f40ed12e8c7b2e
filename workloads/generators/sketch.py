"""A page to draw tasks on, and the generators that use it."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from workloads.builder import WorkflowBuilder
from workloads.generators.generator import Generator, Seed, Spread
from workloads.width import Width
from workloads.workflow import Workflow


class Sketch:
    """Tasks that make one data object each, their times and sizes varied by a seeded factor."""

    def __init__(self, name: str, *, seed: int = 0, spread: float = 0.0) -> None:
        self._builder = WorkflowBuilder(name)
        self._spread = spread
        self.random = np.random.default_rng(seed)

    def given(self, name: str, size_bytes: int) -> str:
        """A data object that is in the store from the start; returns its name."""
        return self._builder.add_object(name, self._varied_bytes(size_bytes))

    def task(
        self,
        name: str,
        inputs: Iterable[str],
        *,
        function: str,
        makes_bytes: int,
        cpu_s: float,
        io_s: float = 0.0,
    ) -> str:
        """A task; returns the name of the data object that it makes."""
        output = self._builder.add_object(f"{name}.out", self._varied_bytes(makes_bytes))
        self._add(name, function, inputs, (output,), io_s, cpu_s)
        return output

    def splitter(self, name: str, n_items: int, *, makes_bytes: int, cpu_s: float, io_s: float = 0.0) -> list[str]:
        """A task that returns a list, of so many items at most; returns the names of these, of a size each."""
        items = [self._builder.add_object(f"{name}.item[{i}]", self._varied_bytes(makes_bytes)) for i in range(n_items)]
        self._add(name, name, (), items, io_s, cpu_s)
        return items

    def map(self, name: str, splitter: str, lanes: Iterable[Iterable[str]], width: Width) -> None:
        """A map node over the list of a splitter."""
        self._builder.add_map(name, splitter=splitter, lanes=lanes, width=width)

    def _add(
        self, name: str, function: str, inputs: Iterable[str], outputs: Iterable[str], io_s: float, cpu_s: float
    ) -> None:
        factor = self._factor()
        self._builder.add_task(
            name, function=function, inputs=inputs, outputs=outputs, io_s=io_s * factor, cpu_s=cpu_s * factor
        )

    def build(self) -> Workflow:
        """The workflow."""
        return self._builder.build()

    def _factor(self) -> float:
        if self._spread == 0:
            return 1.0
        return math.exp(self._spread * float(self.random.standard_normal()) - self._spread**2 / 2)

    def _varied_bytes(self, size_bytes: int) -> int:
        return size_bytes if self._spread == 0 else round(size_bytes * self._factor())


@dataclass(frozen=True, kw_only=True)
class Drawn(Generator):
    """A generator that draws its tasks on a :class:`Sketch`."""

    seed: Seed = 0
    spread: Spread = 0.0

    def workflow(self) -> Workflow:
        """Make the workflow."""
        sketch = Sketch(self.spec, seed=self.seed, spread=self.spread)
        self.draw(sketch)
        return sketch.build()

    @abstractmethod
    def draw(self, sketch: Sketch) -> None:
        """Add the tasks."""
