"""`Planner`: what every planner is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from planners.evaluator import Evaluator
from planners.parameters import to_text
from planners.plan import Plan
from platforms import Platform
from workloads import Workflow


@dataclass(frozen=True)
class Planner(ABC):
    """Decides a plan before the run; a subclass is a frozen dataclass whose fields are its parameters.

    A planner is a function of its parameters, workflow and platform: no clock, no random state, no set
    order, so that the same three give the same plan in any process. Fields are of a type that
    `planners.parameters` reads, for a user writes `name[parameter=value]`. To be found by name, a subclass
    is registered as an entry point of group `faascast.planners`, under its `name`.
    """

    name: ClassVar[str]

    @abstractmethod
    def plan(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None = None) -> Plan:
        """A plan that `planners.check.check_plan` accepts, or InvalidInput saying why there is none.

        `evaluator` simulates candidates, for planners that search; the others do not look at it.
        """

    def __str__(self) -> str:
        """The canonical name: `name[parameter=value,…]` with what is not at its default, in field order."""
        text = to_text(self)
        return f"{self.name}[{text}]" if text else self.name
