"""What starting and moving data takes of a host's CPU, told from what they merely wait for.

Where instances share cores, a start that takes 50 ms alone takes 400 ms beside fifteen others. Who did what when is
recorded, so for each start and transfer it follows which part of a core it could have had (its *speed*, from 0 to 1);
waiting takes as long at any speed, work takes longer at a low one. A line through (1, 1/speed) tells the two apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from faascast.experiments.calibration.evidence import Evidence
from faascast.experiments.calibration.found import Fit, Kept
from faascast.experiments.calibration.shapes import duration
from faascast.experiments.calibration.sharing import Execution, vcpu_seconds
from faascast.history.records import Columns
from platforms import Platform
from workloads import Workflow

Floats = NDArray[np.float64]

_FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cold start": "host.start_cpu_s",
        "warm start": "host.warm_start_cpu_s",
        "call": "host.call_cpu_s",
        "fetch": "host.get_cpu_s",
        "upload": "host.put_cpu_s",
    }
)
_KINDS: Final = tuple(_FIELDS)
_STARTS: Final = ("cold start", "warm start")
_CALLS: Final = ("invoke", "prewarm")
"""Kinds of events."""
_DOOR: Final = -1
"""Takes calls, as if it were an instance of one vCPU."""
_MOVING: Final = ("fetch", "upload")
PER_GB: Final = "host.cpu_s_per_gb"
FIRST_RUN: Final = "host.first_run_cpu_s"
_LEAST: Final = 8
"""Starts or transfers, below which nothing is told apart."""
_LEAST_SPREAD: Final = 1.5
"""Of speeds: where all were about as crowded, work and waiting look the same."""
_AS_GOOD: Final = 1.3
"""Work alone is believed in, on a host, if it leaves at most so many times what work and waiting together leave."""
_NO_WORSE: Final = 1.02
"""Waiting alone is believed in if it leaves at most so many times as much: scatter has some likeness with work."""
_LEAST_PART: Final = 0.05
"""Of a time: less work than that is none."""
_ROUNDS: Final = 50
_GB: Final = 1e9


class Chore(NamedTuple):
    """What a start or transfer takes on average."""

    cpu_s: float
    cpu_s_per_gb: float
    n: int
    error: float
    """Relative error of the sum of all times."""


@dataclass(frozen=True)
class Chores:
    """The chores of a host, by kind of event; a kind that could not be told apart is none of them."""

    by_kind: Mapping[str, Chore]

    def competes(self, kind: str) -> bool:
        """Whether such a thing takes CPU from others; where that is not known yet, it does."""
        return self is NO_CHORES or kind in self.by_kind


NO_CHORES: Final = Chores(MappingProxyType({}))


class _Step(NamedTuple):
    """Something that wants CPU, and its row among the events of its run."""

    kind: str
    row: int
    execution: Execution


def fit_chores(
    runs: Sequence[Evidence], workflows: Mapping[str, Workflow], platform: Platform, so_far: Chores
) -> Chores:
    """The chores of a platform's host, given what tasks compute (by run) and what is known of chores so far."""
    speeds: dict[str, list[Floats]] = {kind: [] for kind in _KINDS}
    took: dict[str, list[Floats]] = {kind: [] for kind in _KINDS}
    moved: dict[str, list[Floats]] = {kind: [] for kind in _KINDS}
    for run in runs:
        events = run.tables["events"]
        for kind, rows, speed in _speeds(run, workflows[run.name], platform, so_far):
            speeds[kind].append(speed)
            took[kind].append(_took_s(run, events, kind, rows))
            moved[kind].append(_moved_gb(events, kind, rows))
    found = {}
    for kind in _KINDS:
        chore = _told_apart(*(np.concatenate([np.empty(0), *each[kind]]) for each in (speeds, took, moved)))
        if chore is not None:
            found[kind] = chore
    return Chores(MappingProxyType(found))


def without_chores(
    runs: Sequence[Evidence], workflows: Mapping[str, Workflow], platform: Platform, chores: Chores
) -> list[Evidence]:
    """The runs as if nobody had worked: starts and transfers end sooner by what they worked.

    In a crowd the error of that would be larger than what is left, so only the calmer half of each kind is kept.
    """
    speeds = [[*_speeds(run, workflows[run.name], platform, chores)] for run in runs]
    crowded: dict[str, float] = {}
    for kind in chores.by_kind:
        every = np.concatenate([speed for each in speeds for found, _, speed in each if found == kind])
        crowded[kind] = float(np.median(every))
    return [_calm(run, each, chores, crowded) for run, each in zip(runs, speeds, strict=True)]


def _calm(
    run: Evidence,
    speeds: Sequence[tuple[str, NDArray[np.intp], Floats]],
    chores: Chores,
    crowded: Mapping[str, float],
) -> Evidence:
    events = run.tables["events"]
    end_s, outcome = events["end_s"].astype(np.float64).copy(), events["outcome"].copy()
    for kind, rows, speed in speeds:
        if (chore := chores.by_kind.get(kind)) is None:
            continue
        worked_s = (chore.cpu_s + chore.cpu_s_per_gb * _moved_gb(events, kind, rows)) / speed
        end_s[rows] -= np.minimum(worked_s, _took_s(run, events, kind, rows))
        left_out = rows[speed < crowded[kind]]
        end_s[left_out] = np.nan
        if kind not in _STARTS:
            outcome[left_out] = "crowded"
    calm: Columns = {**events, "end_s": end_s, "outcome": outcome}
    return replace(run, tables={**run.tables, "events": calm})


def background(run: Evidence, platform: Platform, chores: Chores) -> list[Execution]:
    """What competed with tasks for the cores."""
    return [step.execution for step in _steps(run, None, platform, chores)]


def executions_beside(run: Evidence, workflow: Workflow, platform: Platform, chores: Chores) -> tuple[Floats, Floats]:
    """CPU time that each execution that ended well could have had, in their order, and its speed."""
    steps = _steps(run, workflow, platform, chores)
    had = vcpu_seconds([step.execution for step in steps], platform)
    mine = [i for i, step in enumerate(steps) if step.kind == "execute"]
    wanted = [steps[i].execution.parallelism * _length_s(steps[i].execution) for i in mine]
    return had[mine], had[mine] / np.maximum(wanted, 1e-12)


def chore_figures(chores: Chores, first_runs: Sequence[tuple[str, tuple[float, int] | None]]) -> Iterator[Fit | Kept]:
    """The chores as figures of the platform; ``first_runs`` are those of workflows, each with how many it is of."""
    for kind, path in _FIELDS.items():
        chore = chores.by_kind.get(kind)
        if chore is None:
            yield Kept(path, "too few were recorded, or they took no longer where cores were crowded")
        else:
            told = f"{duration(chore.cpu_s)} of CPU"
            yield Fit(path, chore.cpu_s, chore.n, told, error=chore.error)
    moving = [chores.by_kind[kind] for kind in _MOVING if kind in chores.by_kind]
    if moving:
        n = sum(chore.n for chore in moving)
        per_gb = sum(chore.cpu_s_per_gb * chore.n for chore in moving) / n
        yield Fit(PER_GB, per_gb, n, f"{duration(per_gb)} of CPU for a GB")
    yield _first_run([(name, found) for name, found in first_runs if found])


def _first_run(found: Sequence[tuple[str, tuple[float, int]]]) -> Fit | Kept:
    """The mean over workflows, which load code of their own; each is told."""
    if not found:
        return Kept(FIRST_RUN, "no CPU time of first runs and of later ones was measured")
    n = sum(count for _, (_, count) in found)
    mean_s = sum(seconds * count for _, (seconds, count) in found) / n
    each = ", ".join(f"{name} {duration(seconds)}" for name, (seconds, _) in found) if len(found) > 1 else ""
    return Fit(FIRST_RUN, mean_s, n, f"{duration(mean_s)} of CPU", remark=each)


def _moved_gb(events: Columns, kind: str, rows: NDArray[np.intp]) -> Floats:
    return np.nan_to_num(events["bytes"][rows].astype(np.float64)) * (kind in _MOVING) / _GB


def _took_s(run: Evidence, events: Columns, kind: str, rows: NDArray[np.intp]) -> Floats:
    """How long steps took, waiting for limits apart; of a cold start what came after its sandbox was there."""
    begin_s = (events["begin_s"] + np.nan_to_num(events["waited_s"].astype(np.float64)))[rows].astype(np.float64)
    if kind == "cold start":
        invocations = events["invocation"][rows].astype(np.intp)
        begin_s = np.maximum(begin_s, run.tables["invocations"]["provisioned_s"][invocations])
    return np.maximum(events["end_s"][rows].astype(np.float64) - begin_s, 0.0)


def _kinds(run: Evidence) -> NDArray[np.str_]:
    """Of all events of a run: calls are one kind, starts are told by what they found."""
    events = run.tables["events"]
    kinds = events["kind"].astype("U10")
    starts = np.flatnonzero((kinds == "start") & (events["outcome"] == "done"))
    ways = run.tables["invocations"]["start"][events["invocation"][starts].astype(np.intp)]
    kinds[np.isin(kinds, _CALLS)] = "call"
    kinds[starts] = np.where(ways == "cold", "cold start", "warm start")
    return kinds


def _speeds(
    run: Evidence, workflow: Workflow, platform: Platform, chores: Chores
) -> Iterator[tuple[str, NDArray[np.intp], Floats]]:
    """By kind: the rows of starts and transfers, and which part of a core each could have had."""
    steps = _steps(run, workflow, platform, chores)
    had = vcpu_seconds([step.execution for step in steps], platform)
    for kind in _KINDS:
        mine = [i for i, step in enumerate(steps) if step.kind == kind]
        wanted = [steps[i].execution.parallelism * _length_s(steps[i].execution) for i in mine]
        speed = had[mine] / np.maximum(wanted, 1e-12)
        yield kind, np.array([steps[i].row for i in mine], dtype=np.intp), np.clip(speed, 1e-3, 1.0)


def _length_s(execution: Execution) -> float:
    return execution.end_s - execution.begin_s


def _steps(run: Evidence, workflow: Workflow | None, platform: Platform, chores: Chores) -> list[_Step]:
    """All that wanted CPU in a run; tasks only where it is told what they compute."""
    events = run.tables["events"]
    vcpus = {_DOOR: 1.0} | {
        int(instance): platform.vcpus(float(memory_mb))
        for instance, memory_mb in zip(
            run.tables["instances"]["instance"].tolist(), run.tables["instances"]["memory_mb"].tolist(), strict=True
        )
    }
    kinds, done = _kinds(run), events["outcome"] == "done"
    competing = [kind for kind in _KINDS if chores.competes(kind)] + ["execute"] * (workflow is not None)
    wanted = np.isin(kinds, competing) & done
    steps = []
    for row in np.flatnonzero(wanted).tolist():
        kind, begin_s, end_s = str(kinds[row]), float(events["begin_s"][row]), float(events["end_s"][row])
        instance, parallelism = _DOOR if kind == "call" else int(events["instance"][row]), 1.0
        if kind in _STARTS:
            begin_s = end_s - float(_took_s(run, events, kind, np.array([row]))[0])
        elif kind == "execute" and workflow:
            task = workflow.index_of_task(events["task"][row])
            begin_s = min(end_s, begin_s + float(workflow.io_s[task]))
            parallelism = float(workflow.parallelism[task])
        steps.append(_Step(kind, row, Execution(begin_s, end_s, instance, vcpus[instance], parallelism)))
    return steps


def _told_apart(speed: Floats, took_s: Floats, moved_gb: Floats) -> Chore | None:
    """Waiting and work of one kind, by least absolute deviations; None where they look the same."""
    if len(speed) < _LEAST:
        return None
    low, high = np.quantile(speed, [0.1, 0.9]).tolist()
    if high < _LEAST_SPREAD * low:
        return None
    scale_gb = max(1e-9, float(moved_gb.max()))
    share = moved_gb / scale_gb
    waiting = np.column_stack([np.ones(len(speed)), share])
    working = waiting / speed[:, np.newaxis]
    parts, left = _fitted(np.column_stack([waiting, working]), took_s)
    _, left_by_waiting = _fitted(waiting, took_s)
    if left_by_waiting <= _NO_WORSE * left:
        return None
    work, left_by_work = _fitted(working, took_s)
    if (
        share.any() and left_by_work <= _AS_GOOD * left
    ):  # large transfers in crowds, small ones outside: both would explain it
        parts = np.array([0.0, 0.0, *work])
    wait_s, wait_per_share, cpu_s, cpu_per_share = parts.tolist()
    work_s = cpu_s + cpu_per_share * float(share.mean())
    alone_s = wait_s + wait_per_share * float(share.mean()) + work_s
    if work_s < _LEAST_PART * alone_s:
        return None
    fitted_s = waiting @ parts[:2] + working @ parts[2:]
    error = abs(float(fitted_s.sum()) / float(took_s.sum()) - 1)
    return Chore(cpu_s, cpu_per_share / scale_gb, len(speed), error)


def _fitted(design: Floats, took_s: Floats) -> tuple[Floats, float]:
    """Non-negative parts, and the mean deviation that they leave, relative to what is expected."""
    from scipy.optimize import nnls  # a fifth of a second that only its users should pay

    least_s = max(1e-9, 1e-3 * float(np.median(took_s)))
    weights, parts, off = np.ones(len(took_s)), np.zeros(design.shape[1]), np.zeros(len(took_s))
    for _ in range(_ROUNDS):
        before = parts
        parts, _ = nnls(design * weights[:, np.newaxis], took_s * weights)
        expected_s = np.maximum(design @ parts, least_s)
        off = np.abs(took_s - design @ parts) / expected_s
        weights = 1 / np.sqrt(expected_s**2 * np.maximum(off, 1e-3))
        if np.allclose(parts, before, rtol=1e-6, atol=1e-12):
            break
    return np.asarray(parts), float(off.mean())
