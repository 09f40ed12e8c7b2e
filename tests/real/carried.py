"""A plan carried out really and in simulation, and what the two did: what is compared, and what has to be so anyway."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from executor.local.preparing import prewarms_of
from executor.local.run import RealRun
from executor.records.real.merged import write_log
from executor.records.real.recounting import recount
from executor.records.real.remains import read_remains, read_steps
from executor.records.run import Run
from executor.worker.events import Committed, Executed, Fetched, InvokeAccepted, Uploaded
from executor.worker.instructions import Cancel, Commit, Execute, Fetch, Invoke, Upload
from executor.worker.replay import Frame, read_log, replay
from executor.worker.view import split_marker
from planners.plan import Plan
from sim import simulate
from tests.executor_local.programs import Ground
from workloads.program import Program

Deeds = Counter[tuple[Any, ...]]


def carried_out(here: Ground, program: Program, plan: Plan) -> RealRun:
    """Really: it has to be complete, with the right result, and its records have to replay."""
    run = here.plan_run(program, plan, examined=True)
    assert run.failure is None, run.failure
    program.verify(run.result())
    difference = replay(merged(run))
    assert difference is None, difference
    return run


def merged(run: RealRun) -> io.BytesIO:
    """The steps of a run's machines, as one log."""
    file, (view, steps) = io.BytesIO(), read_steps(Path(run.folder))
    write_log(view, steps, prewarms_of(run.plan), file)
    file.seek(0)
    return file


def simulated(run: RealRun) -> io.BytesIO:
    """The log of the same, simulated."""
    file = io.BytesIO()
    simulate(run.program.workflow, run.plan, run.platform, seed=run.seed, event_log=file, check=True)
    file.seek(0)
    return file


def recounted(run: RealRun) -> Run:
    """Its tables."""
    return recount(run.program.workflow, run.plan, run.platform, read_remains(Path(run.folder)))


def deeds(file: io.BytesIO) -> Deeds:
    """What was done, by whom: tasks run, objects got and put, workers called, tasks committed with their marks.

    A commit marks its task's edges but those it holds back; what it keeps is in that worker's memory alone.
    """
    return Counter(_deeds(read_log(file)[1]))


def _deeds(frames: Iterable[Frame]) -> Iterable[tuple[Any, ...]]:
    asked: dict[tuple[int, int, int], Any] = {}
    for frame in frames:
        who = frame.worker, frame.epoch
        for each in frame.instructions:
            if not isinstance(each, Cancel) and hasattr(each, "op"):
                asked[*who, each.op] = each
        done = asked.get((*who, getattr(frame.event, "op", -1)))
        yield from _deed(frame, done)


def _deed(frame: Frame, done: Any) -> Iterable[tuple[Any, ...]]:
    match frame.event, done:
        case Executed(), Execute(task=task):
            yield "run", task, frame.worker
        case Fetched(), Fetch(object=found):
            yield "get", found, frame.worker
        case Uploaded(), Upload(object=found):
            yield "put", found, frame.worker
        case InvokeAccepted(is_known=False), Invoke(worker=worker, epoch=epoch):
            yield "call", worker, epoch
        case Committed(lost=(), superseded=False), Commit(entries=entries):
            yield from (("commit", entry.task, entry.version, entry.kept, entry.held) for entry in entries)


def of_named(found: Deeds, plan: Plan) -> Deeds:
    """Those of workers that the plan names, and the calls for these."""
    return Counter({deed: times for deed, times in found.items() if _worker_of(deed) < len(plan.workers)})


def _worker_of(deed: tuple[Any, ...]) -> int:
    match deed:
        case "commit", _, version, *_:
            return split_marker(version)[0]
        case "call", worker, _:
            return int(worker)
    return int(deed[2])


def kinds(found: Deeds) -> Counter[str]:
    """How many of each kind."""
    counted: Counter[str] = Counter()
    for (kind, *_), times in found.items():
        counted[kind] += times
    return counted
