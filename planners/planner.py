"""`Planner`: what every planner is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import KW_ONLY, dataclass
from typing import Annotated, ClassVar, final

from planners.evaluator import Evaluator
from planners.goal import BudgetUsd, DeadlineS, Goal, Sla
from planners.improve import improve
from planners.level import AVERAGE
from planners.parameters import Spelling, to_text
from planners.plan import Plan
from planners.switches import make_switches, switches_name
from planners.verdict import with_verdict
from platforms import Platform
from workloads import Fault, InvalidInput, Workflow
from workloads.errors import refuse_if
from workloads.parameters import Figure

Optimizations = Annotated[
    str,
    Figure("optimizations kept where simulation shows that they help, as preload+prewarm, or all", ""),
    Spelling(switches_name),
]


@dataclass(frozen=True)
class Planner(ABC):
    """Decides a plan before the run; a subclass is a frozen dataclass whose fields are its parameters.

    A planner is a function of its parameters, workflow, platform and evaluator: no clock, no random state, no set
    order, so that the same four give the same plan in any process. Fields are of a type that
    `planners.parameters` reads, for a user writes `name[parameter=value]`. To be found by name, a subclass
    is registered as an entry point of group `faascast.planners`, under its `name`.
    """

    name: ClassVar[str]

    _: KW_ONLY
    optimizations: Optimizations = ""
    sla: Sla = AVERAGE

    @final
    def plan(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None = None) -> Plan:
        """A plan that `planners.check.check_plan` accepts, or InvalidInput saying why there is none.

        `evaluator` simulates candidates: planners that search need one, and so does every optimization.
        """
        refuse_if(self.parameter_faults())  # before anything is decided
        if make_switches(self.optimizations) and evaluator is None:
            expected = "an evaluator, for nothing is switched on without being shown to help"
            raise InvalidInput([Fault(f"planner {self.name}", "optimizations", self.optimizations, expected)])
        decided = self.decide(workflow, platform, evaluator)
        if not isinstance(decided, Plan):
            raise TypeError(f"decide of {self.name} returned {type(decided).__name__}, not a Plan")
        return self.finished(decided, workflow, platform, evaluator)

    @final
    def finished(self, plan: Plan, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        """What was decided, with the optimizations that are shown to help, and told whether the goal is met."""
        switches = make_switches(self.optimizations)
        if switches and evaluator is not None:
            plan = improve(plan, workflow, platform, evaluator, switches, self.goal)
        return with_verdict(plan, workflow, platform, evaluator, self.goal)

    def parameter_faults(self) -> Iterator[Fault]:
        """What is wrong with its parameters, whatever is to be planned; a subclass may have more to say."""
        yield from _faults(lambda: self.goal)
        yield from _faults(lambda: make_switches(self.optimizations))

    @abstractmethod
    def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        """The plan, before optimizations are tried on it."""

    @property
    def goal(self) -> Goal:
        """What its plans are judged by; InvalidInput if there is no such thing."""
        return Goal(self.sla)

    def __str__(self) -> str:
        """The canonical name: `name[parameter=value,…]` with what is not at its default, in field order."""
        text = to_text(self)
        return f"{self.name}[{text}]" if text else self.name


@dataclass(frozen=True)
class Judging(Planner):
    """A planner that chooses between plans by their evaluation, so that it can keep a deadline and a budget."""

    _: KW_ONLY
    deadline_s: DeadlineS = None
    budget_usd: BudgetUsd = None

    @property
    def goal(self) -> Goal:
        """What its plans are judged by."""
        return Goal(self.sla, self.deadline_s, self.budget_usd)

    def evaluator_needed(self, evaluator: Evaluator | None) -> Evaluator:
        """The evaluator; InvalidInput if there is none, for nothing can be chosen without it."""
        if evaluator is None:
            raise InvalidInput([Fault(f"planner {self.name}", "evaluator", None, "one, to choose between plans")])
        return evaluator


def _faults(read: Callable[[], object]) -> tuple[Fault, ...]:
    try:
        read()
    except InvalidInput as invalid:
        return invalid.faults
    return ()
