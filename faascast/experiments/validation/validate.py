"""The door: from names of workflows and planners, or from recorded runs, to a validation."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from faascast.experiments.calibration.calibrate import Recorded, evidence_in
from faascast.experiments.validation.local import LocalRecorder
from faascast.experiments.validation.recording import record
from faascast.experiments.validation.validation import N_SIMULATED, Validation, validate_runs, validate_samples
from faascast.faults import BadInput, Intake
from faascast.inputs import DEFAULT_SEED, Report, planner_faults
from faascast.settings import PlannerLike, PlatformLike, resolve
from planners.check import check_plan
from planners.plan import Plan
from planners.planner import Planner
from platforms import Platform
from workloads import Workflow
from workloads.program import Program
from workloads.real import BUILTINS, real_program

DEFAULT_PLANNERS = ("one-per-task", "wukong", "uniform", "heft")
DEFAULT_RUNS = 20
LEAST_RUNS = 4
"""A cold and a warm run to calibrate with, and as many to predict."""
MOST_RUNS = 1_000


def validate(
    workflows: Sequence[str],
    planners: Sequence[PlannerLike] = DEFAULT_PLANNERS,
    platform: PlatformLike = "local",
    *,
    runs: int = DEFAULT_RUNS,
    store: str = "",
    keep: Path | str | None = None,
    seed: int = DEFAULT_SEED,
    n_simulated: int = N_SIMULATED,
    report: Report = lambda done, total: None,
) -> Validation:
    """Really run each workflow under each planner, half of the runs on an empty pool; calibrate with half of them.

    ``workflows`` are built-ins that really compute, with parameters (`gemm,n=400`). ``store`` is a store's address, by
    default files in shared memory; ``keep`` is a folder for the records of all runs. Raises BadInput with all that is
    wrong with any of it, before anything runs.
    """
    intake = Intake()
    programs = [found for name in workflows if (found := intake.take(lambda name=name: _program(name)))]  # type: ignore[misc]
    resolved = intake.take(lambda: resolve(planners, platform, None))
    intake.refuse(*([] if workflows else ["workflows: there are none; expected at least one"]))
    intake.refuse(*_number_faults(runs), *(planner_faults(resolved.planners) if resolved else ()))
    intake.close()
    assert resolved is not None
    cases = [case for program in programs for case in _cases(program, resolved.planners, resolved.platform, intake)]
    intake.close()
    by_name = {program.workflow.name: program for program in programs}
    with tempfile.TemporaryDirectory(prefix="faascast-validate-", dir=_roomy(store)) as scratch:
        folder = Path(keep) if keep else Path(scratch) / "runs"
        folder.mkdir(parents=True, exist_ok=True)
        address = store or f"files:{scratch}/store"
        with LocalRecorder(resolved.platform, by_name, address, folder) as recorder:
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


def _roomy(store: str) -> str | None:
    """Where files of runs go: shared memory where there is one and nobody chose a store."""
    memory = Path("/dev/shm")
    return str(memory) if not store and memory.is_dir() else None


def _program(name: str) -> Program:
    found = real_program(name)
    if found is None:
        known = ", ".join(sorted(builtin.generator.key for builtin in BUILTINS))
        raise BadInput([f"workflow {name} cannot be really run; expected a built-in that can: {known}"])
    return found


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
