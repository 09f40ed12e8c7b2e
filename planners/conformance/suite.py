"""The whole suite, over all examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from planners.conformance.examples import distinct, large_workflows, priced_platform, small_workflows
from planners.conformance.finding import Case, EvaluatorOf, Finding
from planners.conformance.promises import (
    gains_by_effort,
    gains_by_looser_goals,
    ignores_names,
    ignores_order,
    is_repeatable,
    is_valid,
    keeps_the_bound,
)
from planners.planner import Planner
from platforms import Platform
from workloads import InvalidInput, Workflow

_ON_EACH = (is_valid, is_repeatable, keeps_the_bound)
_PLANNED = "whatever can be run is planned"
_ONCE = (ignores_names, ignores_order, gains_by_looser_goals, gains_by_effort)


def check_planner(planner: Planner, evaluator_of: EvaluatorOf, platform: Platform | None = None) -> tuple[Finding, ...]:
    """All promises that `planner` does not keep on small workflows; empty if there are none.

    The platform is one of round numbers without luck, unless another is given. On one with luck the promises about
    goals and effort hold for planners that choose by as many runs as the evaluator's usual ones.
    """
    platform = platform or priced_platform()
    found: list[Finding] = []
    for workflow in small_workflows():
        found += _checked(_ON_EACH, Case(planner, workflow, platform, evaluator_of))
    return (*found, *_checked(_ONCE, Case(planner, distinct(), platform, evaluator_of)))


def check_large(
    planner: Planner, evaluator_of: EvaluatorOf, platform: Platform | None = None, workflows: tuple[Workflow, ...] = ()
) -> tuple[Finding, ...]:
    """Whether its plans for 10,000 tasks are valid: a chain, a star and a grid, unless others are given."""
    platform = platform or priced_platform()
    found: list[Finding] = []
    for workflow in workflows or large_workflows():
        found += _checked((is_valid,), Case(planner, workflow, platform, evaluator_of))
    return tuple(found)


def _checked(promises: tuple[Callable[[Case], Iterator[Finding]], ...], case: Case) -> Iterator[Finding]:
    for promise in promises:
        try:
            yield from promise(case)
        except InvalidInput as refused:
            yield case.finding(_PLANNED, f"refused: {refused}")
        except Exception as error:  # a planner's own, or what comes of a plan that is none
            yield case.finding(_PLANNED, f"{type(error).__name__}: {error}")
