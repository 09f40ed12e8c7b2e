"""What all generators share: a family of parameters, and a page to draw tasks on."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from workloads.builder import WorkflowBuilder
from workloads.errors import Fault, refuse_if
from workloads.parameters import Figure, range_faults, to_text
from workloads.workflow import Workflow

Count = Annotated[int, Figure("how many", "count", least=1)]
Seconds = Annotated[float, Figure("seconds", "s")]
Bytes = Annotated[int, Figure("size of a data object", "bytes", most=2**62)]
CpuSeconds = Annotated[float, Figure("CPU seconds of a task", "s")]
IoSeconds = Annotated[float, Figure("seconds of a task that use no CPU", "s")]
Spread = Annotated[
    float, Figure("σ of the lognormal factor of mean 1 on times and sizes; 0 makes all alike", "ln", most=3)
]
Seed = Annotated[int, Figure("seed of everything drawn", "seed")]


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
        factor = self._factor()
        self._builder.add_task(
            name,
            function=function,
            inputs=inputs,
            outputs=(output,),
            io_s=io_s * factor,
            cpu_s=cpu_s * factor,
        )
        return output

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
class Generator(ABC):
    """A family of workflows with its parameters as fields; a subclass's docstring describes it.

    Bad parameters raise :class:`InvalidInput` with every fault. The same parameters give the same
    workflow in any process.
    """

    key: ClassVar[str]
    """Its name in a workflow specification, such as ``gen:chain``."""

    seed: Seed = 0
    spread: Spread = 0.0

    def __post_init__(self) -> None:
        refuse_if(range_faults(self, self.key))
        refuse_if(self.faults())

    def faults(self) -> Iterable[Fault]:
        """Faults between parameters; none unless a family has any."""
        return ()

    @property
    def spec(self) -> str:
        """The specification that makes this workflow; also the workflow's name."""
        parameters = to_text(self)
        return f"{self.key},{parameters}" if parameters else self.key

    def workflow(self) -> Workflow:
        """Make the workflow."""
        sketch = Sketch(self.spec, seed=self.seed, spread=self.spread)
        self.draw(sketch)
        return sketch.build()

    @abstractmethod
    def draw(self, sketch: Sketch) -> None:
        """Add the tasks."""
