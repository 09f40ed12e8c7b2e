"""Plans to begin with: those of other planners."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from planners.check import check_plan
from planners.evaluator import Evaluator
from planners.parameters import among, parameters_of
from planners.plan import Plan
from planners.registry import make_planner, planner_class, planner_names
from planners.search.space import Space
from workloads import InvalidInput
from workloads.errors import Fault
from workloads.parameters import Figure

Starts: TypeAlias = Annotated[str, Figure("planners whose plans the search begins with, as heft+wukong", "")]
DEFAULT = "all-on-one+heft+one-per-task+uniform+wukong"


@dataclass(frozen=True)
class Start:
    """A plan to begin with, or why there is none."""

    name: str
    plan: Plan | None
    reasons: tuple[Fault, ...] = ()


def begin(names: str, space: Space, evaluator: Evaluator) -> tuple[Start, ...]:
    """The plans of planners joined by `+`; InvalidInput with all reasons if none of them has one."""
    starts = [_start(name, space, evaluator) for name in _asked(names)]
    if not any(start.plan for start in starts):
        raise InvalidInput(dict.fromkeys(fault for start in starts for fault in start.reasons))
    return tuple(starts)


def starts_faults(names: str) -> Iterator[Fault]:
    """What is wrong with the names of planners joined by `+`, whatever is to be planned."""
    asked = _asked(names)
    if not asked:
        yield Fault("planner", "starts", names, "at least one planner, as heft+wukong")
    for name in dict.fromkeys(asked):
        if name not in planner_names():
            yield Fault("planner", "starts", name, among(name, dict.fromkeys(planner_names())))
        elif _searches(name):
            yield Fault("planner", "starts", name, "planners that do not search themselves")
        elif asked.count(name) > 1:
            yield Fault("planner", "starts", name, "each planner once")


def _asked(names: str) -> list[str]:
    return [name.strip() for name in names.split("+") if name.strip()]


def _searches(name: str) -> bool:
    """Whether a planner begins with others' plans itself: a search within a search."""
    return any(each.name == "starts" for each in parameters_of(planner_class(name)))


def _start(name: str, space: Space, evaluator: Evaluator) -> Start:
    planner = make_planner(name)
    if space.size_mb is not None and any(each.name == "size_mb" for each in parameters_of(type(planner))):
        planner = make_planner(f"{name}[size_mb={space.size_mb}]")
    try:
        plan = planner.plan(space.workflow, space.platform, evaluator)
    except InvalidInput as invalid:
        return Start(name, None, invalid.faults)
    faults = check_plan(plan, space.workflow, space.platform)
    return Start(name, None if faults else plan, tuple(faults))


def left_out(starts: Sequence[Start]) -> Iterator[str]:
    """Notes on planners without a plan."""
    for start in starts:
        if start.plan is None:
            yield f"{start.name} has no plan to begin with: {start.reasons[0]}"
