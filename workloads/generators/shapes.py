"""Regular shapes, and random layers: the DAGs of textbooks, with all tasks alike."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray

from workloads.errors import Fault
from workloads.generators.generator import Bytes, CpuSeconds, IoSeconds
from workloads.generators.sketch import Drawn, Sketch
from workloads.parameters import Figure


@dataclass(frozen=True, kw_only=True)
class Shape(Drawn):
    """A shape of like tasks; each root reads an object of its own, each task makes one object."""

    cpu_s: CpuSeconds = 1.0
    io_s: IoSeconds = 0.0
    bytes: Bytes = 1_000_000

    def root(self, sketch: Sketch, name: str, function: str) -> str:
        """A task that reads an initial object; returns the name of its output."""
        return self.task(sketch, name, (sketch.given(f"{name}.in", self.bytes),), function)

    def task(self, sketch: Sketch, name: str, inputs: Iterable[str], function: str) -> str:
        """A task of this shape's time and size; returns the name of its output."""
        return sketch.task(name, inputs, function=function, makes_bytes=self.bytes, cpu_s=self.cpu_s, io_s=self.io_s)


@dataclass(frozen=True, kw_only=True)
class Chain(Shape):
    """One task after another."""

    key: ClassVar[str] = "gen:chain"

    depth: Annotated[int, Figure("tasks one after another", "tasks", least=1)] = 8

    @property
    def n_tasks(self) -> int:
        """As many as it is deep."""
        return self.depth

    def draw(self, sketch: Sketch) -> None:
        """Make depth tasks, depth − 1 edges."""
        output = self.root(sketch, "step-0", "step")
        for i in range(1, self.depth):
            output = self.task(sketch, f"step-{i}", (output,), "step")


@dataclass(frozen=True, kw_only=True)
class ForkJoin(Shape):
    """One task, then chains side by side that all read its output, then one task that reads all."""

    key: ClassVar[str] = "gen:forkjoin"

    width: Annotated[int, Figure("chains side by side", "chains", least=1)] = 8
    depth: Annotated[int, Figure("tasks in each chain", "tasks", least=1)] = 1

    @property
    def n_tasks(self) -> int:
        """The chains', the fork and the join."""
        return self.width * self.depth + 2

    def draw(self, sketch: Sketch) -> None:
        """Make width · depth + 2 tasks, width · (depth + 1) edges."""
        source = self.root(sketch, "fork", "fork")
        ends = [self._chain(sketch, f"work-{i}", source) for i in range(self.width)]
        self.task(sketch, "join", ends, "join")

    def _chain(self, sketch: Sketch, name: str, output: str) -> str:
        for k in range(self.depth):
            output = self.task(sketch, f"{name}-{k}" if self.depth > 1 else name, (output,), "work")
        return output


@dataclass(frozen=True, kw_only=True)
class Tree(Shape):
    """A complete tree of 1 + arity + … + arity^(depth − 1) tasks and one edge fewer."""

    depth: Annotated[int, Figure("levels, the root and the leaves included", "levels", least=1, most=10**7)] = 4
    arity: Annotated[int, Figure("children of a node of the tree", "tasks", least=1)] = 2

    @property
    def leaves(self) -> int:
        """How many leaves the tree has."""
        return int(self.arity ** (self.depth - 1))

    @property
    def n_tasks(self) -> int:
        """1 + arity + … + arity^(depth − 1)."""
        return self.depth if self.arity == 1 else int(self.arity**self.depth - 1) // (self.arity - 1)

    def faults(self) -> Iterator[Fault]:
        """A tree that nobody could have meant; by logarithms, for its size may be no number that fits anywhere."""
        most = self.MOST_TASKS * (self.arity - 1) + 1
        if self.arity > 1 and self.depth * math.log(self.arity) > math.log(most):
            yield Fault(self.key, "depth", self.depth, f"at most {self.MOST_TASKS} tasks in the tree")


@dataclass(frozen=True, kw_only=True)
class InTree(Tree):
    """A complete tree that joins: leaves first, each further task reads ``arity`` outputs, one remains."""

    key: ClassVar[str] = "gen:intree"

    def draw(self, sketch: Sketch) -> None:
        """Draw it from the leaves to the root."""
        outputs = [self.root(sketch, f"leaf-{i}", "leaf") for i in range(self.leaves)]
        for level in range(1, self.depth):
            groups = (outputs[i : i + self.arity] for i in range(0, len(outputs), self.arity))
            outputs = [self.task(sketch, f"join-{level}-{i}", g, "join") for i, g in enumerate(groups)]


@dataclass(frozen=True, kw_only=True)
class OutTree(Tree):
    """A complete tree that forks: every output is read by ``arity`` tasks of the next level."""

    key: ClassVar[str] = "gen:outtree"

    def draw(self, sketch: Sketch) -> None:
        """Draw it from the root to the leaves."""
        outputs = [self.root(sketch, "fork-0-0", "fork")]
        for level in range(1, self.depth):
            inputs = (output for output in outputs for _ in range(self.arity))
            outputs = [self.task(sketch, f"fork-{level}-{i}", (x,), "fork") for i, x in enumerate(inputs)]


@dataclass(frozen=True, kw_only=True)
class Diamond(Shape):
    """A grid swept from one corner to the other: a task reads its left and its upper neighbour.

    The diamond DAG of the scheduling literature (a wavefront); 2 × 2 is the diamond of four tasks.
    """

    key: ClassVar[str] = "gen:diamond"

    width: Annotated[int, Figure("columns of the grid", "tasks", least=1)] = 4
    depth: Annotated[int, Figure("rows of the grid", "tasks", least=1)] = 4

    @property
    def n_tasks(self) -> int:
        """One in each cell."""
        return self.width * self.depth

    def draw(self, sketch: Sketch) -> None:
        """Make width · depth tasks, 2 · width · depth − width − depth edges."""
        above: list[str] = []
        for row in range(self.depth):
            outputs: list[str] = []
            for column in range(self.width):
                inputs = [*outputs[-1:], *above[column : column + 1]]
                name = f"cell-{row}-{column}"
                cell = self.task(sketch, name, inputs, "cell") if inputs else self.root(sketch, name, "cell")
                outputs.append(cell)
            above = outputs


@dataclass(frozen=True, kw_only=True)
class Layered(Shape):
    """Layers of tasks, each of which reads ``fan_in`` outputs of the layer before, drawn at random."""

    key: ClassVar[str] = "gen:layered"

    width: Annotated[int, Figure("tasks in a layer", "tasks", least=1)] = 10
    depth: Annotated[int, Figure("layers", "layers", least=1)] = 5
    fan_in: Annotated[int, Figure("outputs that a task reads, at most width", "tasks", least=1)] = 2

    MOST_EDGES: ClassVar[int] = 50_000_000

    @property
    def n_tasks(self) -> int:
        """All layers'."""
        return self.width * self.depth

    def faults(self) -> Iterator[Fault]:
        """A task cannot read more outputs than the layer before makes; nobody can mean too many in all."""
        if self.fan_in > self.width:
            yield Fault(self.key, "fan_in", self.fan_in, f"at most width, {self.width}")
        elif self.n_tasks * self.fan_in > self.MOST_EDGES:
            yield Fault(self.key, "fan_in", self.fan_in, f"at most {self.MOST_EDGES} edges")

    def draw(self, sketch: Sketch) -> None:
        """Make width · depth tasks, width · (depth − 1) · fan_in edges."""
        outputs = [self.root(sketch, f"layer-0-{i}", "layer-0") for i in range(self.width)]
        for layer in range(1, self.depth):
            chosen = distinct_draws(sketch.random, self.width, self.width, self.fan_in).tolist()
            function = f"layer-{layer}"
            outputs = [
                self.task(sketch, f"{function}-{i}", [outputs[k] for k in row], function)
                for i, row in enumerate(chosen)
            ]


def distinct_draws(random: np.random.Generator, rows: int, n: int, k: int) -> NDArray[np.int64]:
    """``rows`` random subsets of ``k`` of the numbers below ``n``, ascending; shape (rows, k).

    Floyd's sampling, for all rows at once: every subset is equally likely.
    """
    chosen = np.empty((rows, k), dtype=np.int64)
    for column, top in enumerate(range(n - k, n)):
        drawn = random.integers(0, top, size=rows, endpoint=True)
        taken = (chosen[:, :column] == drawn[:, None]).any(axis=1)
        chosen[:, column] = np.where(taken, top, drawn)
    return np.sort(chosen, axis=1)
