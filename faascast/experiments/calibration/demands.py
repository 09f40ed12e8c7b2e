"""What tasks compute: CPU and I/O seconds, usable parallelism, and how executions scatter around that.

Tasks of one function that read and make as many bytes are one group, unless their times say otherwise. An execution's
time alone follows from who ran beside it (`sharing`), which depends on the demands: so both are fitted in turn. What
straggles is no part of a demand: the platform's noise makes stragglers of its own.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from faascast.experiments.calibration.curve import CurveFit, fit_curve
from faascast.experiments.calibration.evidence import Evidence
from faascast.experiments.calibration.first_runs import cpu_times_s, first_run_cpu_s, first_runs
from faascast.experiments.calibration.noise import stragglers
from faascast.experiments.calibration.shapes import log_likelihood, price
from faascast.experiments.calibration.sharing import Execution, vcpu_seconds
from platforms import Platform
from workloads import Workflow
from workloads.demand import Demand

Floats = NDArray[np.float64]

_ROUNDS: Final = 4
_LEAST_OF_TASK: Final = 3
"""Executions of each task, below which tasks of a group are not told apart."""
_UNDISTURBED: Final = 0.95
_LEAST_UNDISTURBED: Final = 5
"""Executions, and their share of the vCPUs that they could use."""
_MANIFESTLY_PARALLEL: Final = 1.1
"""CPU seconds in a second, from which on a task uses more than one vCPU."""
_START: Final = CurveFit(Demand(0.0, 1.0), ())


@dataclass(frozen=True, eq=False)
class TaskGroup:
    """Tasks that are taken for equal, and what they compute."""

    function: str
    tasks: tuple[str, ...]
    demand: Demand
    n: int
    """Executions that it was fitted to."""
    unknown: tuple[str, ...]
    """What could not be told: `io_s`, `parallelism`."""
    factors: Floats
    """Of each execution: its time alone over that of the demand."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """One workflow with what its tasks compute."""

    workflow: Workflow
    groups: tuple[TaskGroup, ...]
    unseen: tuple[str, ...]
    """Tasks of which no execution was recorded; they keep their former demand."""
    first_run: tuple[float, int] | None = None
    """CPU time of the first run on an instance beyond the task's own, for the code that this workflow loads, and how
    many such runs there were; None where that was not measured."""


class _Observed(NamedTuple):
    """One execution."""

    run: int
    task: int
    begin_s: float
    end_s: float
    instance: int
    vcpus: float
    cpu_s: float
    """CPU time that was measured; NaN where it was not."""
    extra_s: float
    """What of that is not the task's own."""
    is_first: bool
    """Whether its instance had never run anything: then code was loaded."""


def names_of(workflow: Workflow) -> tuple[object, ...]:
    """What recorded runs of one workflow have in common, however long their tasks were said to take."""
    return workflow.name, tuple(workflow.task_names), tuple(workflow.object_names)


def fit_demands(runs: Sequence[Evidence], platform: Platform, beside: Sequence[Sequence[Execution]] = ()) -> Fitted:
    """The demands of all tasks of one workflow, from its runs; ``beside`` is what else wanted CPU in each."""
    workflow = with_moved_bytes(runs)
    first_run = first_run_cpu_s(runs)
    first_cpu_s = first_run[0] if first_run else 0.0
    observed = [each for number, run in enumerate(runs) for each in _observations(number, run, platform, first_cpu_s)]
    groups = _groups(workflow, observed)
    fits: list[CurveFit] = [_START] * len(groups)
    for _ in range(_ROUNDS):
        alone = _alone(observed, groups, fits, platform, beside)
        fits = [_fit(observed, _steady(observed, members), alone) for members in groups]
    groups = [part for members in groups for part in _apart(observed, _steady(observed, members), alone.whole_s)]
    late = stragglers([np.log(np.maximum(alone.whole_s[members], 1e-9)) for members in groups])
    usual = [members[~slow] for members, slow in zip(groups, late, strict=True)]
    fits = [_fit(observed, members, alone) for members in usual]
    fitted = tuple(
        _group(workflow, observed, members, alone.whole_s, fit) for members, fit in zip(groups, fits, strict=True)
    )
    seen = {name for group in fitted for name in group.tasks}
    unseen = tuple(name for name in workflow.task_names if name not in seen)
    return Fitted(with_demands(workflow, fitted), fitted, unseen, first_run)


def with_moved_bytes(runs: Sequence[Evidence]) -> Workflow:
    """The workflow of some runs with the bytes that objects really had where they were moved, on average."""
    workflow = runs[0].workflow
    moved: dict[str, list[int]] = defaultdict(list)
    for run in runs:
        transfers = run.done("transfers")
        for name, n_bytes in zip(transfers["object"].tolist(), transfers["bytes"].tolist(), strict=True):
            moved[name].append(n_bytes)
    object_bytes = np.array(workflow.object_bytes)
    for name, sizes in moved.items():
        object_bytes[workflow.index_of_object(name)] = round(float(np.mean(sizes)))
    return replace(workflow, object_bytes=object_bytes)


def with_demands(workflow: Workflow, groups: Sequence[TaskGroup]) -> Workflow:
    """The workflow with fitted demands in place of those it had."""
    io_s, cpu_s, parallelism = (np.array(getattr(workflow, name)) for name in ("io_s", "cpu_s", "parallelism"))
    curves = dict(workflow.curves)
    for group in groups:
        for name in group.tasks:
            task = workflow.index_of_task(name)
            io_s[task], cpu_s[task], parallelism[task] = (
                group.demand.io_s,
                group.demand.cpu_s,
                group.demand.parallelism,
            )
            curves.pop(task, None)
    return replace(workflow, io_s=io_s, cpu_s=cpu_s, parallelism=parallelism, curves=curves)


def _observations(number: int, run: Evidence, platform: Platform, first_cpu_s: float) -> list[_Observed]:
    """Executions from when they were asked for until they were heard of; CPU time where it was measured."""
    tasks, steps = run.done("tasks"), run.steps("execute")
    is_first = first_runs(run)
    extra_s = np.where(is_first, first_cpu_s, 0.0)
    instances, sizes_mb = tasks["instance"], tasks["memory_mb"]
    columns = (
        steps["task"],
        steps["begin_s"],
        steps["end_s"],
        instances,
        sizes_mb,
        cpu_times_s(run),
        extra_s,
        is_first,
    )
    return [
        _Observed(number, run.workflow.index_of_task(name), begin_s, end_s, instance, platform.vcpus(size_mb), *used)
        for name, begin_s, end_s, instance, size_mb, *used in zip(*(each.tolist() for each in columns), strict=True)
    ]


def _groups(workflow: Workflow, observed: Sequence[_Observed]) -> list[NDArray[np.intp]]:
    """Executions by function and bytes of inputs and outputs."""
    sizes = workflow.object_bytes.tolist()
    read = [sum(sizes[found] for found in row) for row in workflow.inputs.tuples()]
    made = [sum(sizes[found] for found in row) for row in workflow.outputs.tuples()]
    found: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    for i, each in enumerate(observed):
        found[int(workflow.task_function[each.task]), read[each.task], made[each.task]].append(i)
    return [np.array(members, dtype=np.intp) for _, members in sorted(found.items())]


def _steady(observed: Sequence[_Observed], members: NDArray[np.intp]) -> NDArray[np.intp]:
    """Without first runs, which are disturbed by what is loaded in them, unless there are few others of each task."""
    later = np.array([i for i in members.tolist() if not observed[i].is_first], dtype=np.intp)
    tasks = {observed[i].task for i in members.tolist()}
    return later if len(later) >= _LEAST_OF_TASK and tasks == {observed[i].task for i in later.tolist()} else members


def _vcpus(observed: Sequence[_Observed], members: NDArray[np.intp]) -> Floats:
    return np.array([observed[i].vcpus for i in members.tolist()])


class _Alone(NamedTuple):
    """Per execution."""

    whole_s: Floats
    """How long it takes alone."""
    io_s: Floats
    """What of that is no computing; NaN where CPU time was not measured. Below 0 where sharing was overestimated."""
    speed: Floats
    """The share that it had of the vCPUs that it could use."""


def _alone(
    observed: Sequence[_Observed],
    groups: Sequence[NDArray[np.intp]],
    fits: Sequence[CurveFit],
    platform: Platform,
    beside: Sequence[Sequence[Execution]],
) -> _Alone:
    """How long each execution takes alone, if tasks are as fitted so far."""
    demands: dict[int, Demand] = {
        i: fit.demand for members, fit in zip(groups, fits, strict=True) for i in members.tolist()
    }
    by_run = defaultdict[int, list[int]](list)
    for i, each in enumerate(observed):
        by_run[each.run].append(i)
    whole_s, io_s, speed = np.zeros(len(observed)), np.full(len(observed), np.nan), np.ones(len(observed))
    for number, members in by_run.items():
        executions = [_execution(observed[i], demands[i]) for i in members]
        had = vcpu_seconds([*executions, *(beside[number] if beside else ())], platform)[: len(members)]
        for i, execution, work in zip(members, executions, had.tolist(), strict=True):
            rate = min(execution.vcpus, execution.parallelism)
            whole_s[i] = execution.begin_s - observed[i].begin_s + work / rate
            if not math.isnan(cpu_s := observed[i].cpu_s):
                shared_rate = work / (execution.end_s - execution.begin_s) if work else rate
                speed[i] = shared_rate / rate
                io_s[i] = observed[i].end_s - observed[i].begin_s - cpu_s / shared_rate
                # Of one execution I/O is known only as far as sharing is: that of its like is a better guess.
                whole_s[i] = demands[i].io_s + max(0.0, cpu_s - observed[i].extra_s) / rate
            else:
                whole_s[i] = max(0.0, whole_s[i] - observed[i].extra_s / rate)
    return _Alone(whole_s, io_s, speed)


def _fit(observed: Sequence[_Observed], members: NDArray[np.intp], alone: _Alone) -> CurveFit:
    """Demand of a group: where CPU time was measured that is known, and all else is I/O."""
    vcpus = _vcpus(observed, members)
    cpu_s = np.array([observed[i].cpu_s - observed[i].extra_s for i in members.tolist()])
    if np.isnan(cpu_s).any():
        return fit_curve(vcpus, alone.whole_s[members])
    took_s = np.array([observed[i].end_s - observed[i].begin_s for i in members.tolist()])
    most_at_once = float(np.quantile(cpu_s / np.maximum(took_s, 1e-9), 0.9))
    parallelism = most_at_once if most_at_once > _MANIFESTLY_PARALLEL else 1.0
    io_s = max(0.0, float(alone.io_s[_undisturbed(alone, members)].mean()))
    return CurveFit(Demand(io_s, max(0.0, float(cpu_s.mean())), parallelism), ())


def _undisturbed(alone: _Alone, members: NDArray[np.intp]) -> NDArray[np.intp]:
    """Those that nobody was in the way of, if they are enough: what a crowd costs beyond its shares is no I/O."""
    calm = members[alone.speed[members] >= _UNDISTURBED]
    return calm if len(calm) >= _LEAST_UNDISTURBED else members


def _execution(seen: _Observed, demand: Demand) -> Execution:
    """An execution that computes from when its I/O is over: the part of its time that I/O has in its demand."""
    computes_s = demand.duration_s(seen.vcpus)
    io_s = demand.io_s if computes_s > 0 else 0.0
    begin_s = seen.begin_s + min(io_s, seen.end_s - seen.begin_s)
    return Execution(begin_s, seen.end_s, seen.instance, seen.vcpus, demand.parallelism)


def _apart(observed: Sequence[_Observed], members: NDArray[np.intp], alone_s: Floats) -> list[NDArray[np.intp]]:
    """The tasks of a group each for itself, if their times are likelier so, for all their parameters."""
    by_task = defaultdict[int, list[int]](list)
    for i in members.tolist():
        by_task[observed[i].task].append(i)
    if len(by_task) == 1 or min(map(len, by_task.values())) < _LEAST_OF_TASK:
        return [members]
    parts = [np.array(each, dtype=np.intp) for _, each in sorted(by_task.items())]
    logs = np.log(np.maximum(alone_s, 1e-9))
    together = log_likelihood(logs[members]) - price(2, len(members))
    centred = np.concatenate([logs[part] - logs[part].mean() for part in parts])
    apart = log_likelihood(centred) - price(len(parts) + 1, len(members))
    return parts if apart > together else [members]


def _group(
    workflow: Workflow, observed: Sequence[_Observed], members: NDArray[np.intp], alone_s: Floats, fit: CurveFit
) -> TaskGroup:
    tasks = sorted({observed[i].task for i in members.tolist()})
    expected_s = np.array([fit.demand.duration_s(observed[i].vcpus) for i in members.tolist()])
    with np.errstate(divide="ignore", invalid="ignore"):
        factors = np.where(expected_s > 0, alone_s[members] / expected_s, 1.0)
    return TaskGroup(
        function=workflow.functions[workflow.task_function[tasks[0]]],
        tasks=tuple(workflow.task_names[task] for task in tasks),
        demand=fit.demand,
        n=len(members),
        unknown=fit.unknown,
        factors=factors,
    )
