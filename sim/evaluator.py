"""Judging plans by simulation, for planners that search: start-up, waits and all."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from executor.records.operations import Kind
from executor.records.run import Run
from planners.evaluator import Evaluation, Observation, Starts
from planners.plan import Plan
from platforms import Platform
from sim.collector import collector_at_rest
from sim.lucks import Lucks
from sim.results import Outcome
from sim.seeds import planning_seeds
from sim.setting import Setting
from sim.simulate import simulate_outcome, simulate_setting
from workloads import Workflow

USUAL_RUNS = 10
"""Runs of each plan, where nobody asks for another number."""
_OBSERVED = 4
"""Plans whose observation is remembered."""

_T = TypeVar("_T")


class SimulatedEvaluator:
    """A `planners.evaluator.Evaluator`: every plan is run once under each of the same seeds.

    What came of a plan is remembered, so that asking twice costs nothing, and asking for more runs only those more;
    the times of its runs are remembered of the last few plans.
    """

    def __init__(self, workflow: Workflow, platform: Platform, seed: int, runs: int = USUAL_RUNS) -> None:
        self.workflow = workflow
        self.platform = platform
        self.n_simulations = 0
        self._seed = seed
        self._runs = runs
        self._known: dict[tuple[Plan, int], list[Outcome]] = {}
        self._like: Setting | None = None
        self._lucks = Lucks(workflow, platform)
        self._observed: OrderedDict[tuple[Plan, int, int], Observation] = OrderedDict()

    def evaluate(self, plan: Plan, *, runs: int | None = None, draw: int = 0) -> Evaluation:
        """What comes of `plan`, which `check_plan` accepts."""
        n = self._runs if runs is None else runs
        known = self._known.setdefault((plan.bare(), draw), [])
        if len(known) < n:
            known += self._outcomes(plan, n, draw, first=len(known))
        return _evaluation(known[:n])

    def observe(self, plan: Plan, *, runs: int | None = None, draw: int = 0) -> Observation:
        """The same, and when what happened."""
        n = self._runs if runs is None else runs
        key = (plan.bare(), n, draw)
        if key not in self._observed:
            simulated = self._simulated(plan, n, draw)
            outcomes = list(map(_outcome_of, simulated))
            known = self._known.setdefault((key[0], draw), outcomes)
            known += outcomes[len(known) :]
            self._observed[key] = _observation(plan, simulated)
            if len(self._observed) > _OBSERVED:
                self._observed.popitem(last=False)
        return self._observed[key]

    def _outcomes(self, plan: Plan, n: int, draw: int, first: int) -> list[Outcome]:
        """What comes of runs `first` to `n`, without their records."""
        return self._each(plan, planning_seeds(self._seed, n, draw)[first:], self._outcome)

    def _simulated(self, plan: Plan, n: int, draw: int) -> list[Run]:
        """The same from the first run on, with their records."""
        return self._each(plan, planning_seeds(self._seed, n, draw), simulate_setting)

    def _each(self, plan: Plan, seeds: Sequence[int], simulated: Callable[[Setting, int], _T]) -> list[_T]:
        self.n_simulations += len(seeds)
        setting = self._setting_of(plan)
        found: list[_T] = []
        for seed in seeds:
            with collector_at_rest():
                found.append(simulated(setting, seed))
        return found

    def _setting_of(self, plan: Plan) -> Setting:
        """What the workflow and the platform alone decide is worked out for the first plan."""
        setting = Setting(self.workflow, plan, self.platform, self._like)
        self._like = self._like or setting
        return setting

    def _outcome(self, setting: Setting, seed: int) -> Outcome:
        return simulate_outcome(setting, seed, self._lucks.of(seed))

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

    def _each(self, plan: Plan, seeds: Sequence[int], simulated: Callable[[Setting, int], _T]) -> list[_T]:
        """That of the one run is simulated once, and told as many times as asked for."""
        one = None if self._run_seed is None else (self._run_seed,)
        found = super()._each(plan, one or seeds, simulated)
        self._origin.n_simulations += len(found)
        return found * len(seeds) if one else found


def _outcome_of(run: Run) -> Outcome:
    return Outcome(run.makespan_s, run.cost_usd, run.failure)


def _evaluation(outcomes: Sequence[Outcome]) -> Evaluation:
    makespans_s, costs_usd, failures = zip(*outcomes, strict=True)
    return Evaluation(np.array(makespans_s, dtype=np.float64), np.array(costs_usd, dtype=np.float64), failures)


def _observation(plan: Plan, runs: Sequence[Run]) -> Observation:
    tasks = np.array([_task_times(run) for run in runs])
    workers = np.array([_worker_times(plan, run, times[3]) for run, times in zip(runs, tasks, strict=True)])
    return Observation(
        evaluation=_evaluation(list(map(_outcome_of, runs))),
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
    for splitter, void in _void_lanes(run):
        times[:, void] = times[3, splitter]
    return times


def _void_lanes(run: Run) -> Iterator[tuple[int, list[int]]]:
    """Per map node whose width is known, its splitter and the tasks that are void by it."""
    for node in run.workflow.maps:
        lanes = node.lanes[run.widths.get(node.name, node.most) :]
        yield node.splitter, [task for lane in lanes for task in lane]


def _worker_times(plan: Plan, run: Run, done_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of shape (4, workers): first called, first up, last left, and whether the first start was cold.

    One that has nothing to do, for all its tasks are void, is there for no time when the last of these is ``done_s``.
    """
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
    void = {task for _, tasks in _void_lanes(run) for task in tasks}
    for worker, own in enumerate(plan.tasks_by_worker() if void else ()):
        if void.issuperset(own) and np.isnan(times[0, worker]):
            times[:3, worker] = max(done_s[task] for task in own)
    return times


def _starts(run: Run) -> Starts:
    kind = run.invocations["start"]
    table = run.invocations.where(np.isin(kind, ("cold", "warm")))
    return Starts(
        table["memory_mb"], table["requested_s"], table["started_s"], table["ended_s"], table["start"] == "cold"
    )
