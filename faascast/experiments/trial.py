"""A trial: one planner on one platform, planned once and run under many seeds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from traceback import extract_tb
from typing import Literal, NamedTuple

from msgspec import Struct

from faascast.experiments.foresight import foreseeing, foresees
from faascast.experiments.measures import Measures, measures_of
from faascast.faults import BadInput, faults_of
from planners.bounds import lower_bound
from planners.check import check_plan, plan_warnings
from planners.plan import Plan
from planners.planner import Planner
from platforms import Platform, PlatformError
from sim import Setting, simulate_setting
from sim.evaluator import SimulatedEvaluator
from sim.seeds import run_seeds
from workloads import InvalidInput, Workflow


class Planned(Struct, frozen=True, kw_only=True):
    """What a planner came up with: a plan, or why there is none."""

    planner: str
    """Its canonical name."""
    plan: Plan | None
    status: Literal["planned", "refused", "error"]
    """`refused`: there is no plan that could be run; `error`: the planner itself failed."""
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    """What may go wrong with the plan all the same."""
    bound_s: float | None = None
    """The plan's lower bound, on expectations; None if there is no plan."""


def plan_with(
    planner: Planner, workflow: Workflow, platform: Platform, seed: int, run_seed: int | None = None
) -> Planned:
    """Plan, and check the plan. Nothing that a planner does wrong is raised: one must not stop the others.

    A planner that is to know the luck of a run is told that of ``run_seed``, by default the experiment's first.
    """
    name = str(planner)
    evaluator = SimulatedEvaluator(workflow, platform, seed)
    run_seed = run_seeds(seed, 1)[0] if run_seed is None else run_seed
    try:
        plan = foreseeing(planner, workflow, platform, run_seed).plan(workflow, platform, evaluator)
        return checked(name, plan, workflow, platform)
    except (BadInput, InvalidInput, PlatformError) as refusal:
        return Planned(planner=name, plan=None, status="refused", reasons=faults_of(refusal))
    except Exception as error:  # a planner is anybody's code
        return Planned(planner=name, plan=None, status="error", reasons=(_told(error),))


def checked(name: str, plan: Plan, workflow: Workflow, platform: Platform) -> Planned:
    """The plan, unless it cannot be run."""
    if faults := check_plan(plan, workflow, platform):
        return Planned(planner=name, plan=None, status="refused", reasons=tuple(map(str, faults)))
    warnings = (*map(str, plan_warnings(plan, workflow, platform)), *platform.without_effect())
    bound_s = lower_bound(workflow, plan, platform).makespan_s
    return Planned(planner=name, plan=plan, status="planned", warnings=warnings, bound_s=bound_s)


class Outcome(Struct, frozen=True, kw_only=True):
    """What came of a trial."""

    planner: str
    status: Literal["complete", "failed", "refused", "error"]
    """`complete`: every run is; `failed`: some run is not; `refused` and `error`: there are no runs."""
    reasons: tuple[str, ...] = ()
    """Why there are no runs."""
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """The planner's own."""
    estimated_makespan_s: float | None = None
    """The planner's own, if it has one."""
    plan_bound_s: float | None = None
    """The plan's lower bound, on expectations."""
    runs: tuple[Measures, ...] = ()

    @property
    def n_failed(self) -> int:
        """How many runs failed."""
        return sum(run.makespan_s is None for run in self.runs)


def run_plan(workflow: Workflow, plan: Plan, platform: Platform, seeds: Sequence[int]) -> tuple[Measures, ...] | str:
    """One run under each seed; or, nothing being raised, what went wrong in the simulator."""
    try:
        setting = Setting(workflow, plan, platform)
        return tuple(measures_of(simulate_setting(setting, seed)) for seed in seeds)
    except Exception as error:  # one trial must not stop the others
        return _told(error)


def run_foreseen(
    planner: Planner, workflow: Workflow, platform: Platform, seed: int, seeds: Sequence[int]
) -> tuple[Measures, ...] | str:
    """One run under each seed, for which the planner, knowing its luck, makes a plan; `seed` is the experiment's."""
    runs: list[Measures] = []
    for run_seed in seeds:
        planned = plan_with(planner, workflow, platform, seed, run_seed)
        found = run_plan(workflow, planned.plan, platform, [run_seed]) if planned.plan else "; ".join(planned.reasons)
        if isinstance(found, str):
            return found
        runs += found
    return tuple(runs)


def outcome_of(planned: Planned, parts: Sequence[tuple[Measures, ...] | str]) -> Outcome:
    """Plan and runs, which may come in parts, together."""
    if planned.plan is None:
        status: Literal["refused", "error"] = "refused" if planned.status == "refused" else "error"
        return Outcome(planner=planned.planner, status=status, reasons=planned.reasons)
    if errors := [part for part in parts if isinstance(part, str)]:
        return Outcome(planner=planned.planner, status="error", reasons=tuple(dict.fromkeys(errors)))
    runs = tuple(run for part in parts if not isinstance(part, str) for run in part)
    return Outcome(
        planner=planned.planner,
        status="complete" if all(run.makespan_s is not None for run in runs) else "failed",
        warnings=planned.warnings,
        notes=planned.plan.notes,
        estimated_makespan_s=planned.plan.estimated_makespan_s,
        plan_bound_s=planned.bound_s,
        runs=runs,
    )


class Trial(NamedTuple):
    """One planner on one platform: what is planned and run."""

    planner: Planner
    platform: Platform
    seed: int
    reps: int


def carry_out(workflow: Workflow, trial: Trial) -> Outcome:
    """Plan, and run the plan under the seeds of the experiment."""
    planned = plan_with(trial.planner, workflow, trial.platform, trial.seed)
    if planned.plan is None:
        return outcome_of(planned, ())
    seeds = run_seeds(trial.seed, trial.reps)
    if foresees(trial.planner):
        return outcome_of(planned, [run_foreseen(trial.planner, workflow, trial.platform, trial.seed, seeds)])
    return outcome_of(planned, [run_plan(workflow, planned.plan, trial.platform, seeds)])


def _told(error: Exception) -> str:
    """The error and where it was raised, for whoever has to find out why."""
    *_, last = extract_tb(error.__traceback__)
    return f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})"


def are_in_vain(outcomes: Iterable[Outcome]) -> bool:
    """Whether a planner or the simulator met an error, or nobody has a plan that can be run."""
    statuses = {outcome.status for outcome in outcomes}
    return "error" in statuses or statuses == {"refused"}
