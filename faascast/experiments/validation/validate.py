"""The door: from names of workflows and planners, or from recorded runs, to a validation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from faascast.experiments.calibration.calibrate import Recorded, evidence_in
from faascast.experiments.execution import DEFAULT_STORE
from faascast.experiments.validation.local import LocalRecorder
from faascast.experiments.validation.recording import record
from faascast.experiments.validation.validation import N_SIMULATED, Validation, validate_runs, validate_samples
from faascast.faults import Intake
from faascast.inputs import DEFAULT_SEED, Report, planner_faults
from faascast.programs import ProgramLike, as_program
from faascast.results.folder import folder_faults
from faascast.settings import PlannerLike, PlatformLike, resolve
from planners.check import check_plan
from planners.plan import Plan
from planners.planner import Planner
from platforms import Platform
from workloads import Workflow
from workloads.program import Program

DEFAULT_PLANNERS = ("one-per-task", "wukong", "uniform", "heft")
DEFAULT_RUNS = 20
LEAST_RUNS = 4
"""A cold and a warm run to calibrate with, and as many to predict."""
MOST_RUNS = 1_000


def validate(
    workflows: Sequence[ProgramLike],
    planners: Sequence[PlannerLike] = DEFAULT_PLANNERS,
    platform: PlatformLike = "local",
    *,
    runs: int = DEFAULT_RUNS,
    store: str = DEFAULT_STORE,
    keep: Path | None = None,
    seed: int = DEFAULT_SEED,
    n_simulated: int = N_SIMULATED,
    report: Report = lambda done, total: None,
) -> Validation:
    """Really run each workflow under each planner, half of the runs on an empty pool; calibrate with half of them.

    ``workflows`` and ``store`` are what `faascast.run` takes: built-ins that compute, functions of yours, or workflows
    whose times are burnt. ``keep`` is a new folder, which gets one for each run. Raises BadInput with all that is wrong
    with any of it, before anything runs.
    """
    intake = Intake()
    programs = [found for each in workflows if (found := intake.take(lambda each=each: as_program(each)))]  # type: ignore[misc]
    resolved = intake.take(lambda: resolve(planners, platform, None))
    intake.refuse(*([] if workflows else ["workflows: there are none; expected at least one"]))
    intake.refuse(*_number_faults(runs), *(planner_faults(resolved.planners) if resolved else ()))
    intake.refuse(*(folder_faults(keep) if keep else ()))
    intake.close()
    assert resolved is not None
    cases = [case for program in programs for case in _cases(program, resolved.planners, resolved.platform, intake)]
    intake.close()
    by_name = {program.workflow.name: program for program in programs}
    with LocalRecorder(resolved.platform, by_name, store, keep) as recorder:
        samples = record(cases, recorder, runs, report)
    return validate_samples(samples, platform=resolved.platform, n_simulated=n_simulated, seed=seed)


def validate_recorded(
    recorded: Sequence[Recorded],
    *,
    platform: Platform | None = None,
    seed: int = DEFAULT_SEED,
    n_simulated: int = N_SIMULATED,
    report: Report = lambda done, total: None,
) -> Validation:
    """The same from runs, or folders of runs, in the order in which they were recorded."""
    return validate_runs(evidence_in(recorded), platform=platform, n_simulated=n_simulated, seed=seed, report=report)


def _cases(
    program: Program, planners: Sequence[Planner], platform: Platform, intake: Intake
) -> list[tuple[Workflow, Plan]]:
    """A plan of each planner; a plan that does not fit is told."""
    cases = []
    for planner in planners:
        plan = intake.take(lambda planner=planner: planner.plan(program.workflow, platform))  # type: ignore[misc]
        if plan is not None:
            intake.refuse(*map(str, check_plan(plan, program.workflow, platform)))
            cases.append((program.workflow, plan))
    return cases


def _number_faults(runs: int) -> list[str]:
    if not LEAST_RUNS <= runs <= MOST_RUNS:
        return [f"runs is {runs}; expected a whole number from {LEAST_RUNS} to {MOST_RUNS:,}"]
    return []
