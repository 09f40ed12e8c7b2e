"""Recorded runs of FlowBench as what happened to each job: how long it waited, ran, and was tidied up after.

A workflow is two files: `NAME.zip` with a CSV file a run, and `NAME.json`, its DAG, which names the children of each
job. A job is ready when the last of its parents' post-scripts has ended, to the second (so it is in every one of the
recorded runs); then the workflow manager and the queue make it wait, it runs, its staging included, and a post-script
follows. Clocks tick in whole seconds.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from faascast.faults import BadInput
from faascast.history.flowbench import flowbench_files

UNDISTURBED = "None"
"""What FlowBench calls it if a job was not slowed down on purpose."""
_TIMES = ("ready", "execute_start", "execute_end", "post_script_end")
_NAMES = ("", "anomaly_type", "kickstart_transformations")
"""Of the columns; the first, the job's name, has none."""


class Job(NamedTuple):
    """One job of one run."""

    waited_s: float
    """From the end of its last parent until it ran: workflow manager and queue."""
    ran_s: float
    """Its staging included."""
    tidied_s: float
    """From its end until the end of its post-script, for which its children wait."""
    slowdown: str
    """What was done to its machine; `None` is nothing."""


@dataclass(frozen=True)
class RecordedRun:
    """A run: its jobs by name, and what it took from the first job's readiness to the last post-script, in seconds."""

    name: str
    jobs: Mapping[str, Job]
    makespan_s: float

    @property
    def slowdown(self) -> str:
        """What was done to some of its machines; every run has one kind at most."""
        return max((job.slowdown for job in self.jobs.values() if job.slowdown != UNDISTURBED), default=UNDISTURBED)


@dataclass(frozen=True)
class Recordings:
    """The runs of one workflow."""

    workflow: str
    parents: Mapping[str, tuple[str, ...]]
    """Of each job."""
    functions: Mapping[str, str]
    """What each job runs."""
    runs: tuple[RecordedRun, ...]


def read_recordings(folder: Path) -> list[Recordings]:
    """All workflows in a folder, in the order of their names; BadInput with all that is wrong with it."""
    archives = sorted(folder.glob("*.zip")) if folder.is_dir() else []
    if not archives:
        raise BadInput([f"{folder} holds no recorded runs; expected FlowBench's NAME.zip, each with NAME.json"])
    return [_recordings(archive) for archive in archives]


def _recordings(archive: Path) -> Recordings:
    parents = _parents(archive.with_suffix(".json"))
    read = [_run(name, text, parents) for name, text in flowbench_files(archive)]
    if len(read) < 2:
        raise BadInput([f"{archive} holds {len(read)} runs; expected at least two, of which one predicts the other"])
    _, functions = read[0]
    return Recordings(archive.stem, parents, functions, tuple(run for run, _ in read))


def _parents(path: Path) -> dict[str, tuple[str, ...]]:
    """The parents of each job, from a file with the children of each."""
    expected = "the DAG of the runs beside it: for each job a list of its children"
    try:
        children = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput([f"{path} cannot be read ({error}); expected {expected}"]) from None
    if not isinstance(children, dict) or not all(_is_names(each) for each in children.values()):
        raise BadInput([f"{path} is something else; expected {expected}"])
    found: dict[str, list[str]] = {job: [] for job in children}
    for job, followers in children.items():
        for follower in followers:
            found.setdefault(follower, []).append(job)
    return {job: tuple(those) for job, those in found.items()}


def _is_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _run(name: str, text: str, parents: Mapping[str, Sequence[str]]) -> tuple[RecordedRun, dict[str, str]]:
    """One run, and what each of its jobs ran."""
    rows = csv.DictReader(io.StringIO(text))
    try:
        if missing := [repr(column) for column in (*_NAMES, *_TIMES) if column not in (rows.fieldnames or ())]:
            raise BadInput([f"{name} has no columns {', '.join(missing)}; expected a run of FlowBench"])
        by_name = {row[""]: row for row in rows}
    except csv.Error as error:
        raise BadInput([f"{name}: {error}; expected a run of FlowBench"]) from None
    if strangers := sorted(by_name.keys() ^ parents.keys()):
        raise BadInput([f"{name}: {', '.join(strangers[:3])} is in the run or the DAG alone; expected it in both"])
    faults = [fault for job, row in by_name.items() for fault in _time_faults(name, job, row)]
    if faults:
        raise BadInput(faults)
    began_s = min(float(row["ready"]) for row in by_name.values())
    ended_s = max(float(row["post_script_end"]) for row in by_name.values())
    jobs = {job: _job(row) for job, row in by_name.items()}
    functions = {job: row["kickstart_transformations"] or job for job, row in by_name.items()}
    return RecordedRun(name.rpartition(" ")[2], jobs, ended_s - began_s), functions


def _job(row: Mapping[str, str]) -> Job:
    ready_s, begin_s, end_s, tidy_s = (float(row[column]) for column in _TIMES)
    return Job(begin_s - ready_s, end_s - begin_s, tidy_s - end_s, row["anomaly_type"] or UNDISTURBED)


def _time_faults(name: str, job: str, row: Mapping[str, str]) -> Iterator[str]:
    before_s = 0.0
    for column in _TIMES:
        try:
            time_s = float(row[column])
        except (TypeError, ValueError):
            time_s = math.nan
        if not before_s <= time_s < math.inf:
            yield f"{name}: {column} of {job} is {row[column]!r:.50}; expected seconds, none before those to the left"
            return
        before_s = time_s
