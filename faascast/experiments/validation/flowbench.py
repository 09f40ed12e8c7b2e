"""FlowBench's recorded runs, each predicted from the other half of the runs of its workflow by simulating its DAG.

Three predictions of each run, from knowing most to least:

* *its own times, others' delays*: how long each job ran is the workload; how long it waited for the workflow manager,
  the queue and its post-script is taken from other runs, a constant for each job. What is left is the error of taking
  delays for constants, and of the simulator.
* *all from others*: how long each job runs, too, is a constant, that of other runs in which the same was done to its
  machine (FlowBench slows machines down on purpose, and says which jobs ran there). Nothing of the run is known but
  that.
* *yardstick*: the median makespan of other runs to which the same was done, without simulating anything.

Every constant is a median: queues are seldom empty for long, and stragglers would pull up a mean.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import NamedTuple

from faascast.experiments.validation.errors import Errors, errors_of
from faascast.experiments.validation.recorded import UNDISTURBED, Job, RecordedRun, Recordings, read_recordings
from planners.one_per_task import OnePerTask
from platforms import Platform, load_platform
from sim import Setting
from sim.simulate import simulate_outcome
from workloads import Workflow, WorkflowBuilder


@dataclass(frozen=True)
class Prediction:
    """One recorded run, and what was predicted for it; seconds."""

    workflow: str
    run: str
    slowdown: str
    """What was done to some of its machines; `None` is nothing."""
    measured_s: float
    own_times_s: float
    """With the run's own times of jobs, and delays of other runs."""
    blind_s: float
    """With times and delays of other runs."""
    yardstick_s: float
    """The median makespan of other runs of this slowdown, or of all if there are none."""

    @property
    def has_slow_disk(self) -> bool:
        """Whether disks of its machines were slowed down: by how much that tells differs from run to run."""
        return self.slowdown.startswith("hdd")


METHODS = ("own_times_s", "blind_s", "yardstick_s")
"""The predictions of a run, from knowing most of it to least."""


@dataclass(frozen=True)
class Group:
    """Runs whose errors are told together, by method; None where there are none."""

    name: str
    every: Mapping[str, Errors]
    """Of all runs."""
    without_slow_disks: Mapping[str, Errors] | None


def groups_of(predictions: Sequence[Prediction]) -> list[Group]:
    """A group for each workflow, in their order, and one of all."""
    workflows = dict.fromkeys(prediction.workflow for prediction in predictions)
    groups = [_group(name, [each for each in predictions if each.workflow == name]) for name in workflows]
    return [*groups, _group("all", predictions)]


def _group(name: str, predictions: Sequence[Prediction]) -> Group:
    calm = [prediction for prediction in predictions if not prediction.has_slow_disk]
    return Group(name, _errors(predictions), _errors(calm) if calm else None)


def _errors(predictions: Sequence[Prediction]) -> dict[str, Errors]:
    measured_s = [prediction.measured_s for prediction in predictions]
    return {method: errors_of([getattr(each, method) for each in predictions], measured_s) for method in METHODS}


def predict_flowbench(folder: Path) -> list[Prediction]:
    """Predict every recorded run from the other half; BadInput with what is wrong with the recordings."""
    return [prediction for recordings in read_recordings(folder) for prediction in predict_recordings(recordings)]


def predict_recordings(recordings: Recordings) -> list[Prediction]:
    """Predict each run from those of the other half; halves are every other run, in the order of their names."""
    halves = recordings.runs[0::2], recordings.runs[1::2]
    platform = load_platform("ideal")
    learned = [_Learned(half) for half in halves]
    found = {
        run.name: _predicted(recordings, run, known, platform)
        for half, known in zip(halves, reversed(learned), strict=True)
        for run in half
    }
    return [found[run.name] for run in recordings.runs]


class _Delays(NamedTuple):
    """Constants of one job."""

    waited_s: float
    tidied_s: float


class _Learned:
    """What one half of the runs says."""

    def __init__(self, runs: Sequence[RecordedRun]) -> None:
        by_job: dict[str, list[Job]] = defaultdict(list)
        for run in runs:
            for name, job in run.jobs.items():
                by_job[name].append(job)
        self._jobs = by_job
        self.delays = {
            name: _Delays(median(job.waited_s for job in jobs), median(job.tidied_s for job in jobs))
            for name, jobs in by_job.items()
        }
        self._runs = runs

    def ran_s(self, name: str, slowdown: str) -> float:
        """How long a job runs where this is done to its machine; where nothing is, if it was never recorded so."""
        jobs = self._jobs[name]
        like = [job.ran_s for job in jobs if job.slowdown == slowdown]
        calm = [job.ran_s for job in jobs if job.slowdown == UNDISTURBED]
        return median(like or calm or [job.ran_s for job in jobs])

    def makespan_s(self, slowdown: str) -> float:
        """The median makespan of runs of a slowdown."""
        like = [run.makespan_s for run in self._runs if run.slowdown == slowdown]
        return median(like or [run.makespan_s for run in self._runs])


def _predicted(recordings: Recordings, run: RecordedRun, learned: _Learned, platform: Platform) -> Prediction:
    own_s = {name: job.ran_s for name, job in run.jobs.items()}
    blind_s = {name: learned.ran_s(name, job.slowdown) for name, job in run.jobs.items()}
    return Prediction(
        recordings.workflow,
        run.name,
        run.slowdown,
        run.makespan_s,
        _simulated_s(_workflow(recordings, own_s, learned.delays), platform),
        _simulated_s(_workflow(recordings, blind_s, learned.delays), platform),
        learned.makespan_s(run.slowdown),
    )


def _workflow(recordings: Recordings, ran_s: Mapping[str, float], delays: Mapping[str, _Delays]) -> Workflow:
    """The recorded DAG: a job's delays pass without computing, then it computes as long as it ran."""
    builder = WorkflowBuilder(recordings.workflow)
    for name, parents in recordings.parents.items():
        delay_s = delays[name].waited_s + delays[name].tidied_s
        builder.add_task(name, function=recordings.functions[name], io_s=delay_s, cpu_s=ran_s[name], after=parents)
    return builder.build()


def _simulated_s(workflow: Workflow, platform: Platform) -> float:
    """The makespan where every job has a machine of its own: what it shared or queued for is in its times."""
    outcome = simulate_outcome(Setting(workflow, OnePerTask().plan(workflow, platform), platform), seed=1)
    assert outcome.makespan_s is not None  # an ideal platform fails nobody
    return outcome.makespan_s
