"""Judging plans by simulation, for planners that search: start-up, waits and all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from executor.records.run import Run
from planners.evaluator import Evaluation
from planners.plan import Plan
from platforms import Platform
from sim.setting import Setting
from sim.simulate import simulate_setting
from workloads import Workflow


@dataclass(frozen=True)
class SimulatedEvaluator:
    """A `planners.evaluator.Evaluator`: every plan is run once under each of the same seeds."""

    workflow: Workflow
    platform: Platform
    seeds: Sequence[int]

    def evaluate(self, plan: Plan) -> Evaluation:
        """What comes of `plan`, which `check_plan` accepts."""
        setting = Setting(self.workflow, plan, self.platform)
        runs = [simulate_setting(setting, seed) for seed in self.seeds]
        return Evaluation(
            makespans_s=np.array([_seconds(run) for run in runs], dtype=np.float64),
            costs_usd=np.array([run.cost_usd for run in runs], dtype=np.float64),
            failures=tuple(run.failure for run in runs),
        )


def _seconds(run: Run) -> float:
    return np.nan if run.makespan_s is None else run.makespan_s
