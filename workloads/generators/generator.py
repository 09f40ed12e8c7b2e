"""A generator: a family of workflows with its parameters as fields."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from workloads.columns import MOST
from workloads.errors import Fault, refuse_if
from workloads.parameters import Figure, range_faults, to_texts
from workloads.workflow import Workflow

Bytes = Annotated[int, Figure("size of each data object", "bytes", most=2**62)]
CpuSeconds = Annotated[float, Figure("CPU seconds of each task", "s", most=MOST)]
IoSeconds = Annotated[float, Figure("seconds of each task that use no CPU", "s", most=MOST)]
Spread = Annotated[
    float, Figure("σ of the lognormal factor of mean 1 on times and sizes; 0 makes all alike", "", most=3)
]
Seed = Annotated[int, Figure("seed of everything drawn", "", most=2**32 - 1)]


@dataclass(frozen=True, kw_only=True)
class Generator(ABC):
    """A family of workflows; a subclass's docstring describes it, its fields are the parameters.

    Bad parameters raise :class:`InvalidInput` with every fault. The same parameters give the same
    workflow in any process.
    """

    key: ClassVar[str]
    """Its name in a workflow specification, such as ``gen:chain``."""

    MOST_TASKS: ClassVar[int] = 5_000_000
    """Some gigabytes; refused before anything is made."""

    def __post_init__(self) -> None:
        refuse_if(range_faults(self, self.key))
        refuse_if(self.faults())
        refuse_if(self._size_faults())

    def faults(self) -> Iterable[Fault]:
        """Faults between parameters; none unless a family has any."""
        return ()

    @property
    @abstractmethod
    def n_tasks(self) -> int:
        """How many tasks the workflow will have, or at most; known before it is made."""

    def _size_faults(self) -> Iterable[Fault]:
        if self.n_tasks > self.MOST_TASKS:
            yield Fault(self.key, "number of tasks", self.n_tasks, f"at most {self.MOST_TASKS}")

    @property
    def spec(self) -> str:
        """The specification that makes this workflow; also the workflow's name."""
        return ",".join([self.key, *(f"{name}={text}" for name, text in to_texts(self).items())])

    @abstractmethod
    def workflow(self) -> Workflow:
        """Make the workflow."""
