"""One run: from whatever names workflow, plan and platform to the run itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from executor.faults import FaultScript, ScriptedFault, read_script
from executor.records.run import Run
from faascast.experiments.foresight import foresees
from faascast.experiments.trial import Planned, checked, plan_with
from faascast.faults import BadInput, Intake, PlannerFailed
from faascast.inputs import DEFAULT_PLATFORM, DEFAULT_SEED, WorkflowLike, as_workflow, number_faults
from faascast.settings import PlannerLike, PlatformLike, Settings, Use, resolve
from planners.plan import Plan
from planners.plan_file import read_plan
from planners.planner import Planner
from platforms import Platform
from sim import simulate as simulate_plan
from workloads import FillRules, Workflow
from workloads.fill import REFUSE

FaultsLike: TypeAlias = str | Path | Sequence[ScriptedFault]
"""The path of a script of faults, or its lines."""


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
    script: FaultScript | None = None
    """What is to go wrong, besides the platform's rates."""


def simulate(
    workflow: WorkflowLike,
    plan: Plan | Path | PlannerLike,
    platform: PlatformLike = DEFAULT_PLATFORM,
    *,
    seed: int | None = None,
    settings: Settings | None = None,
    fill: FillRules = REFUSE,
    faults: FaultsLike = (),
) -> Run:
    """Run a workflow once under a plan (or the path of one, or what a planner makes) on a platform, in virtual time.

    ``faults`` are to happen besides those of the platform's rates: a script's path, or its lines. The same seed gives
    the same run; None draws one, which the run records. A run that fails is returned, too: see its `status`. Raises
    BadInput with all that is wrong with the input.
    """
    planning_seed = DEFAULT_SEED if seed is None else seed
    case = prepare(
        workflow, plan, platform, seed=planning_seed, drawn=seed is None, settings=settings, fill=fill, script=faults
    )
    return simulate_plan(case.workflow, case.plan, case.platform, seed=seed, faults=case.script or ())


def prepare(
    workflow: WorkflowLike,
    plan: Plan | Path | PlannerLike,
    platform: PlatformLike = DEFAULT_PLATFORM,
    *,
    seed: int = DEFAULT_SEED,
    drawn: bool = False,
    settings: Settings | None = None,
    fill: FillRules = REFUSE,
    faults: Sequence[str] = (),
    script: FaultsLike = (),
) -> Case:
    """Take the input in, and plan if there is no plan yet; `seed` is for planners that try plans out.

    It is the run's, too, for planners that know its luck, unless that is still to be `drawn`. BadInput tells all that
    is wrong, `faults` that the caller has found included.
    """
    intake = Intake()
    found = intake.take(lambda: as_workflow(workflow, fill))
    planners = [] if isinstance(plan, Plan | Path) else [plan]
    resolved = intake.take(lambda: resolve(planners, platform, settings))
    intake.refuse(*faults, *number_faults(reps=1, seed=seed, processes=1))
    if resolved and drawn:
        intake.refuse(*(_unknowable(planner) for planner in resolved.planners if foresees(planner)))
    if resolved and not planners:
        intake.refuse(*_overruled(resolved.uses))
    scripted = intake.take(lambda: _script_of(script, found)) if found and script else None
    made = intake.take(lambda: read_plan(plan, found)) if found and isinstance(plan, Path) else None
    intake.close()
    assert found is not None
    assert resolved is not None
    if given := plan if isinstance(plan, Plan) else made:
        name = str(plan) if isinstance(plan, Path) else given.planner
        planned = checked(name, given, found, resolved.platform)
    else:
        planned = plan_with(resolved.planners[0], found, resolved.platform, seed, seed)
    return Case(found, resolved.platform, _plan_of(planned), planned.warnings, resolved.uses, scripted)


def _script_of(script: FaultsLike, workflow: Workflow) -> FaultScript:
    return read_script(script, workflow) if isinstance(script, str | Path) else FaultScript(script, workflow)


def _unknowable(planner: Planner) -> str:
    return f"seed is None; expected that of the run, for {planner} knows its luck"


def _overruled(uses: Sequence[Use]) -> Iterator[str]:
    """Settings that are for planners alone, where there is a plan already."""
    for use in uses:
        if use.fields == ("sizes.default_mb",):
            yield f"set: {use.key} is {use.value!r}; expected no size, for the plan says the size of every worker"


def _plan_of(planned: Planned) -> Plan:
    if planned.plan is None:
        kind = PlannerFailed if planned.status == "error" else BadInput
        raise kind(f"{planned.planner}: {reason}" for reason in planned.reasons)
    return planned.plan
