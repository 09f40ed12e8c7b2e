"""The door: recorded runs in, a platform and workflows with fitted figures out, and what is known of each figure.

What could not be fitted keeps its former value, and it is said why. What no run can tell (sizes, prices, limits,
keep-alive) is not looked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Final

from executor.records.run import Run
from faascast.experiments.calibration.chores import (
    NO_CHORES,
    background,
    chore_figures,
    fit_chores,
    without_chores,
)
from faascast.experiments.calibration.cores import PATH as CORES
from faascast.experiments.calibration.cores import fit_cores
from faascast.experiments.calibration.demands import Fitted, Floats, TaskGroup, fit_demands, names_of
from faascast.experiments.calibration.evidence import Evidence, evidence_of, read_evidence
from faascast.experiments.calibration.found import Findings, Fit, Kept
from faascast.experiments.calibration.noise import LEAST as LEAST_FOR_NOISE
from faascast.experiments.calibration.noise import SIGMA, fit_noise
from faascast.experiments.calibration.requests import fit_requests
from faascast.experiments.calibration.starts import fit_cold_starts, fit_warm_starts
from faascast.experiments.calibration.transfers import fit_transfers
from faascast.faults import BadInput
from platforms import Platform, change_platform
from platforms.changes import Change, lay_over
from workloads import Workflow

Recorded = Run | Evidence | Path | str
_ROUNDS: Final = 6
_TELLING_S: Final = 0.005
"""Tasks that take less scatter by what their machine does, and by how finely time is measured."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """What recorded runs say of the platform and of the tasks."""

    before: Platform
    """As it was described when the runs were recorded."""
    platform: Platform
    """With fitted figures; `sources` says of each from how many samples, and how good it is."""
    fits: tuple[Fit, ...]
    kept: tuple[Kept, ...]
    """What could not be fitted, and why."""
    workflows: tuple[Fitted, ...]
    """In alphabetical order of their names."""
    n_runs: int

    def fit(self, path: str) -> Fit | None:
        """The fit of a figure, by dotted path; None if it keeps its former value."""
        return next((fit for fit in self.fits if fit.path == path), None)


def calibrate(recorded: Iterable[Recorded], *, platform: Platform | None = None, name: str = "") -> Calibration:
    """Fit platform and tasks to recorded runs: `Run`s, or result folders.

    ``platform`` is what to begin with instead of what the runs were recorded on; ``name`` is the new platform's, by
    default the old one's with `-calibrated`. Raises BadInput where there are no runs, where none succeeded, or where
    they were recorded on different platforms.
    """
    runs = evidence_in(recorded)
    complete = [run for run in runs if run.makespan_s is not None]
    if not complete:
        told = f"{len(runs)} runs are there, and none of them succeeded" if runs else "there are none"
        raise BadInput([f"recorded runs: {told}; expected at least one that succeeded"])
    before = platform or _one_platform(complete)
    found = Findings()
    workflows, figures = _on_a_host(complete, before) if before.host.cores else _alone(complete, before)
    for each in figures:
        found.add(each)
    fitted = _with(before, found.values, {fit.path: fit.source for fit in found.fits}, name)
    return Calibration(before, fitted, tuple(found.fits), tuple(found.kept), workflows, len(complete))


def evidence_in(recorded: Iterable[Recorded]) -> list[Evidence]:
    """What recorded runs say, in their order; BadInput with all that is wrong with folders."""
    found: list[Evidence] = []
    for number, each in enumerate(recorded):
        if isinstance(each, Evidence):
            found.append(each)
        elif isinstance(each, Run):
            found.append(evidence_of(each, f"run {number + 1}"))
        else:
            found += read_evidence([each])
    return found


def _alone(runs: Sequence[Evidence], before: Platform) -> tuple[tuple[Fitted, ...], Iterator[Fit | Kept]]:
    """Where nobody shares a host, each figure by itself."""
    workflows = tuple(fit_demands(same, before) for same in _by_workflow(runs))
    return workflows, _platform_figures(runs, runs, before, workflows)


def _on_a_host(runs: Sequence[Evidence], before: Platform) -> tuple[tuple[Fitted, ...], Iterator[Fit | Kept]]:
    """Where tasks, starts and transfers compete for cores: what each takes depends on the others, so in turn."""
    chores, workflows, platform = NO_CHORES, tuple[Fitted, ...](), before
    cores: Fit | Kept = Kept(CORES, "")
    for _ in range(_ROUNDS):
        workflows = tuple(
            fit_demands(same, platform, [background(run, platform, chores) for run in same])
            for same in _by_workflow(runs)
        )
        computing = _computing(runs, workflows)
        chores = fit_chores(runs, computing, platform, chores)
        cores = fit_cores(runs, computing, before, chores)
        if isinstance(cores, Fit):
            platform = change_platform(before, {CORES: cores.value})
    calm = without_chores(runs, computing, platform, chores)
    first_runs = [(each.workflow.name.partition(",")[0], each.first_run) for each in workflows]
    figures = chain([cores], chore_figures(chores, first_runs), _platform_figures(runs, calm, before, workflows))
    return workflows, figures


def _computing(runs: Sequence[Evidence], workflows: Sequence[Fitted]) -> dict[str, Workflow]:
    """What tasks compute, as fitted, by the name of the run."""
    fitted = {names_of(each.workflow): each.workflow for each in workflows}
    return {run.name: fitted[names_of(run.workflow)] for run in runs}


def _platform_figures(
    runs: Sequence[Evidence], calm: Sequence[Evidence], before: Platform, workflows: Sequence[Fitted]
) -> Iterator[Fit | Kept]:
    """Calm runs are those from which what takes CPU of a shared host was taken out."""
    yield from fit_cold_starts(calm, before)
    yield from fit_warm_starts(runs, calm)
    yield from fit_requests(runs, calm)
    yield from fit_transfers(runs, calm, before)
    yield from _noise(workflows)


def noise_of(workflow: Fitted) -> list[Fit | Kept]:
    """How executions of one workflow's tasks scatter: what a task does decides that, as much as where it runs."""
    return [*fit_noise(_factors(workflow.groups))]


def _noise(workflows: Sequence[Fitted]) -> Iterator[Fit | Kept]:
    """That of all tasks together; the scatter of each workflow's own is told."""
    of_all = fit_noise(_factors([group for fitted in workflows for group in fitted.groups]))
    yield from (_with_remark(fit, workflows) if fit.path == SIGMA else fit for fit in of_all)


def _with_remark(sigma: Fit | Kept, workflows: Sequence[Fitted]) -> Fit | Kept:
    own = {each.workflow.name: fit for each in workflows for fit in noise_of(each) if fit.path == SIGMA}
    told = [f"{name.partition(',')[0]} {fit.told}" for name, fit in own.items() if isinstance(fit, Fit)]
    return replace(sigma, remark=", ".join(told)) if isinstance(sigma, Fit) and len(told) > 1 else sigma


def _factors(groups: Sequence[TaskGroup]) -> list[Floats]:
    """How executions scatter, of tasks that take long enough to tell; of all, if none does."""
    telling = [group for group in groups if group.demand.duration_s(1.0) >= _TELLING_S]
    are_enough = sum(group.n for group in telling if group.n > 1) >= LEAST_FOR_NOISE
    return [group.factors for group in (telling if are_enough else groups)]


def _by_workflow(runs: Sequence[Evidence]) -> list[list[Evidence]]:
    found: dict[tuple[object, ...], list[Evidence]] = defaultdict(list)
    for run in runs:
        found[names_of(run.workflow)].append(run)
    return [found[key] for key in sorted(found, key=str)]


def _one_platform(runs: Sequence[Evidence]) -> Platform:
    """What all runs were recorded on, the instances that each found apart."""
    first, *others = (_without_pool(run.platform) for run in runs)
    for run, other in zip(runs[1:], others, strict=True):
        if other.fingerprint != first.fingerprint:
            raise BadInput(
                [f"{run.name} was recorded on another platform than {runs[0].name}; expected runs of one platform"]
            )
    return first


def _without_pool(platform: Platform) -> Platform:
    return change_platform(platform, {"pool.initial": []}) if platform.pool.initial else platform


def _with(before: Platform, values: Mapping[str, object], sources: Mapping[str, str], name: str) -> Platform:
    """The platform with fitted figures, each with where it comes from."""
    content = before.model_dump(mode="python")
    content["sources"] = dict(content["sources"])
    lay_over(content, [Change(tuple(path.split(".")), value, sources[path]) for path, value in values.items()])
    content["name"] = name or f"{before.name.removesuffix('-calibrated')}-calibrated"
    return Platform.model_validate(content)
