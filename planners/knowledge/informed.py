"""A planner that plans in the world it believes in: any planner, and what it may know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from planners.evaluator import Evaluator
from planners.knowledge.belief import rebound
from planners.knowledge.modes import Knowledge, Mean
from planners.plan import Plan
from planners.planner import Planner
from platforms import Platform
from workloads import Workflow

MARK = "@"
"""Between a planner's name and what it knows: `heft@blind`."""


@dataclass(frozen=True)
class Informed(Planner):
    """Plans in the world that `knowledge` believes in, and hands the plan over for the real one.

    Its evaluations, too, are of the believed world. Parameters are the planner's own.
    """

    name: ClassVar[str] = "informed"

    planner: Planner = field(kw_only=True)
    knowledge: Knowledge = field(kw_only=True)

    def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        """The planner's plan, made of what it may know."""
        belief = self.knowledge.belief(workflow, platform)
        within = evaluator.elsewhere(belief.workflow, belief.platform, belief.run_seed) if evaluator else None
        return rebound(self.planner.plan(belief.workflow, belief.platform, within), belief, workflow, str(self))

    def __str__(self) -> str:
        return f"{self.planner}{MARK}{self.knowledge}"


def informed(planner: Planner, knowledge: Knowledge | None) -> Planner:
    """A planner with what it may know; itself if that is what is described, as for any planner."""
    return (
        planner if knowledge is None or isinstance(knowledge, Mean) else Informed(planner=planner, knowledge=knowledge)
    )


def parted(planner: Planner) -> tuple[Planner, Knowledge | None]:
    """The planner itself, and what it may know if that is said."""
    return (planner.planner, planner.knowledge) if isinstance(planner, Informed) else (planner, None)


def knowing(specs: Sequence[str], knowledge: str | None) -> list[str]:
    """Names of planners with everything of a list such as `mean,blind` that they may know.

    Those that say what they know stay as they are.
    """
    known = [each.strip() for each in (knowledge or "").split(",") if each.strip()]
    crossed = ([spec] if MARK in spec or not known else [f"{spec}{MARK}{each}" for each in known] for spec in specs)
    return [spec for each in crossed for spec in each]


def one_knowing(spec: str, knowledge: str | None) -> str:
    """The name of one planner with the one thing that it may know."""
    return spec if MARK in spec or knowledge is None else f"{spec}{MARK}{knowledge}"
