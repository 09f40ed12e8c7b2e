"""One run: from whatever names workflow, plan and platform to the run itself."""

from __future__ import annotations

from dataclasses import dataclass

from executor.records.run import Run
from faascast.experiments.trial import Planned, checked, plan_with
from faascast.faults import BadInput, Intake
from faascast.inputs import DEFAULT_PLATFORM, DEFAULT_SEED, WorkflowLike, as_workflow, number_faults
from faascast.settings import PlannerLike, PlatformLike, Settings, Use, resolve
from planners.plan import Plan
from platforms import Platform
from sim import simulate as simulate_plan
from workloads import Workflow


@dataclass(frozen=True, eq=False)
class Case:
    """All that a run takes but its seed."""

    workflow: Workflow
    platform: Platform
    plan: Plan
    warnings: tuple[str, ...]
    """What may go wrong with the plan."""
    uses: tuple[Use, ...]
    """Where the settings hold."""


def simulate(
    workflow: WorkflowLike,
    plan: Plan | PlannerLike,
    platform: PlatformLike = DEFAULT_PLATFORM,
    *,
    seed: int | None = None,
    settings: Settings | None = None,
) -> Run:
    """Run a workflow once under a plan, or under the one that a planner makes, on a platform, in virtual time.

    The same seed gives the same run; None draws one, which the run records. A run that fails is returned, too:
    see its `status`. Raises BadInput with all that is wrong with the input.
    """
    case = prepare(workflow, plan, platform, seed=DEFAULT_SEED if seed is None else seed, settings=settings)
    return simulate_plan(case.workflow, case.plan, case.platform, seed=seed)


def prepare(
    workflow: WorkflowLike,
    plan: Plan | PlannerLike,
    platform: PlatformLike = DEFAULT_PLATFORM,
    *,
    seed: int = DEFAULT_SEED,
    settings: Settings | None = None,
) -> Case:
    """Take the input in and plan; `seed` is for planners that try plans out. BadInput with all that is wrong."""
    intake = Intake()
    found = intake.take(lambda: as_workflow(workflow))
    resolved = intake.take(lambda: resolve([] if isinstance(plan, Plan) else [plan], platform, settings))
    intake.refuse(*number_faults(reps=1, seed=seed, processes=1))
    intake.close()
    assert found is not None
    assert resolved is not None
    if isinstance(plan, Plan):
        planned = checked(plan.planner, plan, found, resolved.platform)
    else:
        planned = plan_with(resolved.planners[0], found, resolved.platform, seed)
    return Case(found, resolved.platform, _plan_of(planned), planned.warnings, resolved.uses)


def _plan_of(planned: Planned) -> Plan:
    if planned.plan is None:
        raise BadInput(f"{planned.planner}: {reason}" for reason in planned.reasons)
    return planned.plan
