"""What a simulated run would have left, had it been real: the records of its machines, and its platform's account.

Nothing of its operations table is used but what a platform knows: when it noticed a death, and tried again.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from executor.faults import FaultScript, ScriptedFault
from executor.instance.records import Did
from executor.local.account import NOT_YET, InstanceAccount, InvocationAccount, PlatformAccount, Waits
from executor.records.operations import Kind, OperationLog
from executor.records.real.remains import Remains
from executor.records.run import Run
from executor.worker.events import InvokeAccepted
from executor.worker.instructions import CLIENT, Execute, Fetch, Invoke, Upload
from executor.worker.replay import Frame, read_log
from planners.plan import Plan
from platforms import Platform
from sim.job import Invocation, Job
from sim.luck import Luck
from sim.results import run_of
from sim.setting import Setting
from sim.simulate import _carry_out
from sim.watch import watcher
from workloads import Workflow


@dataclass
class Twin:
    """A simulated run, and what it would have left."""

    run: Run
    remains: Remains
    log: bytes


def twin(workflow: Workflow, plan: Plan, platform: Platform, seed: int, faults: Sequence[ScriptedFault] = ()) -> Twin:
    """Simulate, and keep what a real run would have left."""
    setting, file = Setting(workflow, plan, platform), io.BytesIO()
    script = FaultScript(faults, workflow) if faults else None
    job = Job(0, setting, Luck((seed,), workflow, platform), OperationLog(), script=script)
    pool = _carry_out(job, seed, watcher(setting, seed, file, check=False))
    invocations = list(job.invocations)
    run = run_of(job, pool, seed)
    header, frames = read_log(io.BytesIO(file.getvalue()))
    numbers = {(each.worker, each.epoch): each.number for each in invocations} | {(CLIENT, 1): CLIENT}
    steps: dict[int, list[Frame]] = {number: [] for number in numbers.values()}
    for frame in frames:
        steps[numbers[frame.worker, frame.epoch]].append(frame)
    kept = {number: tuple(each) for number, each in steps.items()}
    account = _account(run, job, invocations, pool, kept)
    return Twin(run, Remains(header.view, account, kept, dict.fromkeys(kept, ())), file.getvalue())


def _account(
    run: Run, job: Job, invocations: list[Invocation], pool: Any, steps: dict[int, tuple[Frame, ...]]
) -> PlatformAccount:
    operations, calls = run.operations, _calls(steps, {(e.worker, e.epoch): e.requested_ns for e in invocations})
    noticed = {
        int(number): int(end)
        for kind, number, end in zip(operations["kind"], operations["invocation"], operations["end_ns"], strict=True)
        if kind == Kind.LOST
    }
    served = {each.instance.serial for each in invocations if each.admitted_ns != NOT_YET}
    return PlatformAccount(
        submitted_ns=0,
        ended_ns=max(int(each.ended_ns) for each in invocations),
        status="failed" if job.failure else "done",
        failure=job.failure or "",
        lost=-1 if job.lost is None else job.lost.number,
        refusals=job.counters.refusals,
        seed=run.seed,
        invocations=tuple(_delivery(each, noticed, calls) for each in invocations),
        prewarms=(),
        instances=tuple(_instance(each) for each in pool.instances if each.serial in served),
        unenforced=(),
    )


def _calls(
    steps: dict[int, tuple[Frame, ...]], requested_ns: dict[tuple[int, int], int]
) -> dict[tuple[int, int], tuple[int, int]]:
    """Who called for each worker and epoch: the caller and the operation that the platform took.

    Where no caller heard of it, that is the last to have called by then.
    """
    asked: defaultdict[tuple[int, int], list[tuple[int, int, int]]] = defaultdict(list)
    taken: dict[tuple[int, int], tuple[int, int]] = {}
    given: dict[tuple[int, int], Invoke] = {}
    for number, frames in steps.items():
        for frame in frames:
            for each in frame.instructions:
                if isinstance(each, Invoke):
                    given[number, each.op] = each
                    name = each.worker, each.epoch
                    if frame.event.time_ns <= requested_ns.get(name, -1):
                        asked[name].append((frame.event.time_ns, number, each.op))
            if isinstance(frame.event, InvokeAccepted) and not frame.event.is_known:
                invoke = given.get((number, frame.event.op))
                if invoke:
                    taken.setdefault((invoke.worker, invoke.epoch), (number, frame.event.op))
    return {name: taken.get(name, max(calls)[1:]) for name, calls in asked.items()}


def _delivery(
    each: Invocation, noticed: dict[int, int], calls: dict[tuple[int, int], tuple[int, int]]
) -> InvocationAccount:
    caller, op = calls[each.worker, each.epoch] if each.delivery == 1 else (-1, -1)
    return InvocationAccount(
        number=each.number,
        worker=each.worker,
        epoch=each.epoch,
        delivery=each.delivery,
        task=each.task,
        memory_mb=each.memory_mb,
        caller=caller,
        op=op,
        instance=each.instance.serial if each.admitted_ns != NOT_YET else -1,
        cold=each.cold,
        requested_ns=each.requested_ns,
        admitted_ns=each.admitted_ns,
        provisioned_ns=each.provisioned_ns,
        started_ns=each.started_ns,
        ended_ns=each.ended_ns,
        noticed_ns=noticed.get(each.number, NOT_YET),
        waited=Waits(*each.waited),
        status=each.status,
        reason="",
        cpu_ns=0,
    )


def _instance(each: Any) -> InstanceAccount:
    return InstanceAccount(
        serial=each.serial,
        memory_mb=each.memory_mb,
        origin=each.origin,
        uses=each.uses,
        pid=1000 + each.serial,
        created_ns=each.created_ns,
        booted_ns=NOT_YET,
        up_ns=NOT_YET,
        ended_ns=NOT_YET if each.ended_ns is None else each.ended_ns,
        ending="",
        cpu_ns=0,
        peak_memory_mb=0.0,
        vcpus=1.0,
        cpu_limit="none: simulated",
        memory_limit="none: simulated",
        troubles=(),
    )


def measured(remains: Remains, late_ns: int, *, n_bytes: int, cpu_ns: int) -> Remains:
    """The same, where all gets, puts and runs were measured.

    Each began so long after it was asked for, and ended as long before its machine heard of it.
    """
    deeds = {number: tuple(_deeds(frames, late_ns, n_bytes, cpu_ns)) for number, frames in remains.steps.items()}
    return Remains(remains.view, remains.account, remains.steps, deeds)


def _deeds(frames: Sequence[Frame], late_ns: int, n_bytes: int, cpu_ns: int) -> Iterator[Did]:
    asked = {
        each.op: (frame.event.time_ns, type(each).__name__.lower())
        for frame in frames
        for each in frame.instructions
        if isinstance(each, Fetch | Execute | Upload)
    }
    for frame in frames:
        if (op := getattr(frame.event, "op", None)) in asked:
            begin_ns, kind = asked[op]
            yield Did(op, kind, begin_ns + late_ns, frame.event.time_ns - late_ns, cpu_ns, n_bytes)


def without(remains: Remains, numbers: Sequence[int]) -> Remains:
    """The same, as if these machines had left no records of their steps but the first."""
    steps = {number: frames[: 1 if number in numbers else None] for number, frames in remains.steps.items()}
    return Remains(remains.view, remains.account, steps, remains.deeds)
