"""Judging plans by simulation, for planners that search: start-up, waits and all."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from executor.records.operations import Kind
from executor.records.run import Run
from planners.evaluator import Evaluation, Observation, Starts
from planners.plan import Plan
from platforms import Platform
from sim.seeds import planning_seeds
from sim.setting import Setting
from sim.simulate import simulate_setting
from workloads import Workflow

USUAL_RUNS = 10
"""Runs of each plan, where nobody asks for another number."""


class SimulatedEvaluator:
    """A `planners.evaluator.Evaluator`: every plan is run once under each of the same seeds.

    What came of a plan is remembered (its times are not), so that asking twice costs nothing.
    """

    def __init__(self, workflow: Workflow, platform: Platform, seed: int, runs: int = USUAL_RUNS) -> None:
        self.workflow = workflow
        self.platform = platform
        self.n_simulations = 0
        self._seed = seed
        self._runs = runs
        self._known: dict[tuple[Plan, int, int], Evaluation] = {}

    def evaluate(self, plan: Plan, *, runs: int | None = None, draw: int = 0) -> Evaluation:
        """What comes of `plan`, which `check_plan` accepts."""
        key = (msgspec.structs.replace(plan, planner="", notes=()), self._runs if runs is None else runs, draw)
        if key not in self._known:
            self._known[key] = _evaluation(self._simulated(plan, runs, draw))
        return self._known[key]

    def observe(self, plan: Plan, *, runs: int | None = None, draw: int = 0) -> Observation:
        """The same, and when what happened."""
        return _observation(plan, self._simulated(plan, runs, draw))

    def _simulated(self, plan: Plan, runs: int | None, draw: int) -> list[Run]:
        seeds = planning_seeds(self._seed, self._runs if runs is None else runs, draw)
        self.n_simulations += len(seeds)
        setting = Setting(self.workflow, plan, self.platform)
        return [simulate_setting(setting, seed) for seed in seeds]

    def elsewhere(self, workflow: Workflow, platform: Platform, run_seed: int | None = None) -> Elsewhere:
        """An evaluator of plans for another workflow on another platform; with a seed, of that run alone."""
        return Elsewhere(self, workflow, platform, run_seed)


class Elsewhere(SimulatedEvaluator):
    """Judges plans in another world than that of the evaluator it comes from, which counts its simulations, too."""

    def __init__(
        self, origin: SimulatedEvaluator, workflow: Workflow, platform: Platform, run_seed: int | None
    ) -> None:
        super().__init__(workflow, platform, origin._seed, origin._runs)
        self._origin = origin
        self._run_seed = run_seed

    def _simulated(self, plan: Plan, runs: int | None, draw: int) -> list[Run]:
        before = self.n_simulations
        found = super()._simulated(plan, runs, draw) if self._run_seed is None else self._that_run(plan, runs)
        self._origin.n_simulations += self.n_simulations - before
        return found

    def _that_run(self, plan: Plan, runs: int | None) -> list[Run]:
        """As many times as asked for, simulated once."""
        self.n_simulations += 1
        run = simulate_setting(Setting(self.workflow, plan, self.platform), self._run_seed or 0)
        return [run] * (self._runs if runs is None else runs)


def _evaluation(runs: Sequence[Run]) -> Evaluation:
    return Evaluation(
        makespans_s=np.array([_seconds(run) for run in runs], dtype=np.float64),
        costs_usd=np.array([run.cost_usd for run in runs], dtype=np.float64),
        failures=tuple(run.failure for run in runs),
    )


def _seconds(run: Run) -> float:
    return np.nan if run.makespan_s is None else run.makespan_s


def _observation(plan: Plan, runs: Sequence[Run]) -> Observation:
    tasks = np.array([_task_times(run) for run in runs])
    workers = np.array([_worker_times(plan, run) for run in runs])
    return Observation(
        evaluation=_evaluation(runs),
        gathers_s=tasks[:, 0],
        starts_s=tasks[:, 1],
        ends_s=tasks[:, 2],
        committed_s=tasks[:, 3],
        called_s=workers[:, 0],
        up_s=workers[:, 1],
        left_s=workers[:, 2],
        is_cold=workers[:, 3] == 1.0,
        starts=tuple(map(_starts, runs)),
    )


def _task_times(run: Run) -> NDArray[np.float64]:
    """Of shape (4, tasks): gathers, starts, ends and is committed."""
    times = np.full((4, run.workflow.n_tasks), np.nan)
    counts = run.tasks["counts"]
    task = run.operations["task"][run.operations["kind"] == Kind.EXECUTE][counts]
    for at, column in enumerate(("gathering_s", "start_s", "end_s", "committed_s")):
        times[at, task] = run.tasks[column][counts]
    return times


def _worker_times(plan: Plan, run: Run) -> NDArray[np.float64]:
    """Of shape (4, workers): first called, first up, last left, and whether the first start was cold."""
    number = {worker.name: i for i, worker in enumerate(plan.workers)}
    times = np.full((4, len(plan.workers)), np.nan)
    table = run.invocations
    columns = zip(
        table["worker"], table["requested_s"], table["started_s"], table["ended_s"], table["start"], strict=True
    )
    for name, called_s, up_s, left_s, start in columns:
        worker = number.get(name)
        if worker is None:
            continue
        if np.isnan(times[0, worker]):
            times[:2, worker], times[3, worker] = (called_s, up_s), float(start == "cold")
        times[2, worker] = left_s
    return times


def _starts(run: Run) -> Starts:
    kind = run.invocations["start"]
    table = run.invocations.where(np.isin(kind, ("cold", "warm")))
    return Starts(
        table["memory_mb"], table["requested_s"], table["started_s"], table["ended_s"], table["start"] == "cold"
    )
