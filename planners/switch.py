"""`Switch`: an optimization, as planners see it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from planners.evaluator import Observation
from planners.plan import Plan
from platforms import Platform
from workloads import Fault, Workflow


class Switch(ABC):
    """What an optimization writes into a plan. A subclass has no state, and stands in a file of `optimizations/`.

    To be found by name it is an entry point of group `faascast.optimizations`, under its `name`.
    """

    name: ClassVar[str]

    @abstractmethod
    def is_on(self, plan: Plan) -> bool:
        """Whether the plan asks for it."""

    @abstractmethod
    def proposals(self, plan: Plan, workflow: Workflow, platform: Platform, observation: Observation) -> Iterator[Plan]:
        """The plan with this switched on, in the ways worth a try, the most promising first.

        None where the plan cannot carry it. `observation` is what happens under the plan as it is.
        """

    @abstractmethod
    def faults(self, plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
        """All that makes its orders in the plan impossible: what they refer to, and what they cannot go with.

        A conflict names both optimizations and the task.
        """
