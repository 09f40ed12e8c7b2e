"""What a calibrated platform says of runs that it has not seen: the same plan, simulated many times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from faascast.experiments.calibration.calibrate import Calibration, noise_of
from faascast.experiments.calibration.chores import FIRST_RUN
from faascast.experiments.calibration.demands import Fitted, names_of
from faascast.experiments.calibration.evidence import Evidence, evidence_of
from faascast.experiments.calibration.found import Fit
from faascast.experiments.validation.causes import in_all, of_tasks, on_the_path
from faascast.faults import BadInput
from planners.check import check_plan
from planners.plan import Plan
from platforms import Platform, change_platform
from sim import Setting, simulate_setting
from sim.seeds import run_seeds
from workloads import Workflow

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Predicted:
    """Simulated runs of one plan on one state of the pool."""

    makespans_s: Floats
    billed_gb_s: Floats
    costs_usd: Floats
    paths: Sequence[Mapping[str, float]]
    """Of each run: seconds on the critical path by cause."""
    sums: Sequence[Mapping[str, float]]
    """Of each run: seconds in all by cause."""
    tasks: Sequence[Mapping[tuple[str, str], float]]
    """Of each run: seconds by task and cause."""


class Predictor:
    """Predicts runs like recorded ones; runs that are alike are simulated once."""

    def __init__(self, calibration: Calibration, n_simulated: int, seed: int) -> None:
        self._platform = calibration.platform
        self._fitted = {names_of(fitted.workflow): fitted for fitted in calibration.workflows}
        self._seeds = run_seeds(seed, n_simulated)
        self._made: dict[tuple[object, ...], Predicted] = {}

    def predict(self, run: Evidence) -> Predicted:
        """What is expected of a run with this plan on a pool in this state; BadInput if the plan does not fit."""
        fitted = self._fitted.get(names_of(run.workflow))
        if fitted is None:
            raise BadInput([f"{run.name}: no run of its workflow was calibrated with; expected one in either half"])
        workflow = fitted.workflow
        idle = tuple(sorted(run.idle_at_first.items()))
        plan = msgspec.structs.replace(run.plan, workflow=workflow.fingerprint)
        key = (workflow.fingerprint, repr(plan), idle)
        if key not in self._made:
            self._made[key] = self._simulated(run, workflow, plan, self._platform_for(run, fitted))
        return self._made[key]

    def _platform_for(self, run: Evidence, fitted: Fitted) -> Platform:
        """With the instances that the run found, the code that its workflow loads, and the scatter of its tasks."""
        idle = [{"memory_mb": size_mb, "count": count} for size_mb, count in sorted(run.idle_at_first.items())]
        loads = {FIRST_RUN: fitted.first_run[0]} if fitted.first_run and self._platform.host.cores else {}
        noise = {fit.path: fit.value for fit in noise_of(fitted) if isinstance(fit, Fit)}
        return change_platform(self._platform, {"pool.initial": idle, **loads, **noise})

    def _simulated(self, run: Evidence, workflow: Workflow, plan: Plan, platform: Platform) -> Predicted:
        if faults := check_plan(plan, workflow, platform):
            raise BadInput([f"{run.name}: {fault}" for fault in faults])
        setting = Setting(workflow, plan, platform)
        found = [evidence_of(simulate_setting(setting, seed), f"seed {seed}") for seed in self._seeds]
        complete = [each for each in found if each.makespan_s is not None]
        if not complete:
            raise BadInput([f"{run.name}: every simulated run of its plan fails on the calibrated platform"])
        events = [each.tables["events"] for each in complete]
        return Predicted(
            makespans_s=np.array([each.makespan_s for each in complete], dtype=np.float64),
            billed_gb_s=np.array([each.billed_gb_s for each in complete]),
            costs_usd=np.array([each.cost_usd for each in complete]),
            paths=[on_the_path(each) for each in events],
            sums=[in_all(each) for each in events],
            tasks=[of_tasks(each) for each in events],
        )
