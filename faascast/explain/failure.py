"""Failures: of a run that failed, which task it was, where, why, what was kept, and how to go on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from executor.records.operations import Kind, Outcome
from executor.records.run import Run

_INDENT = "         "
_IN_VAIN = (Outcome.FAILED, Outcome.THROTTLED, Outcome.LOST, Outcome.KILLED)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run failed. What is not known, or not to be told of a worker, is None."""

    reason: str
    """In one sentence."""
    task: str | None
    """At which the worker failed, or for which it was called."""
    attempt: int | None
    """Which run of the task that was, from 1, wherever it was run."""
    worker: str | None
    epoch: int | None
    instance: int | None
    pid: int | None
    """Of the instance's process; None in a simulated run."""
    detail: str | None
    """The traceback, and what the task was given, or what a program said."""
    n_committed: int
    n_tasks: int

    def to_json(self) -> dict[str, object]:
        """As plain data."""
        return {
            "reason": self.reason,
            "task": self.task,
            "attempt": self.attempt,
            "worker": self.worker,
            "epoch": self.epoch,
            "instance": self.instance,
            "pid": self.pid,
            "detail": self.detail,
            "n_committed": self.n_committed,
            "n_tasks": self.n_tasks,
        }

    def lines(self, resume: str | None = None) -> Iterator[str]:
        """For people; ``resume`` is the command that goes on from what was kept, if there is one."""
        yield f"failed   {self.reason}"
        if self.task is not None:
            yield f"task     {self.task}{f', run {self.attempt} of it' if self.attempt else ''}"
        if self.worker is not None:
            yield f"where    {self._where()}"
        if self.detail:
            first, *rest = self.detail.rstrip().splitlines()
            yield f"why      {first}"
            yield from (f"{_INDENT}{line}".rstrip() for line in rest)
        yield f"kept     {self.n_committed} of {self.n_tasks} tasks are committed"
        if resume:
            yield f"resume   {resume}"

    def _where(self) -> str:
        told = [f"worker {self.worker}, epoch {self.epoch}"]
        if self.instance is not None:
            told.append(f"instance {self.instance}{f' (process {self.pid})' if self.pid is not None else ''}")
        return ", ".join(told)


def failure_of(run: Run) -> Failure | None:
    """Why a run failed; None if it did not."""
    if run.failure is None:
        return None
    counted = {"n_committed": run.n_committed, "n_tasks": run.workflow.n_tasks}
    lost = run.lost_invocation
    if lost is None:
        return Failure(run.failure, None, None, None, None, None, None, None, **counted)
    invocations, fatal = run.invocations, _fatal_row(run, lost)
    task = int(invocations["task"][lost]) if fatal is None else int(run.operations["task"][fatal])
    instance = int(invocations["instance"][lost])
    return Failure(
        reason=run.failure,
        task=run.workflow.task_names[task] if task >= 0 else None,
        attempt=None if fatal is None else _attempt(run, fatal),
        worker=str(invocations["worker"][lost]),
        epoch=int(invocations["epoch"][lost]),
        instance=instance if instance >= 0 else None,
        pid=_pid(run, instance),
        detail=None if fatal is None else run.notes.get(fatal),
        **counted,
    )


def _fatal_row(run: Run, lost: int) -> int | None:
    """The last operation of an invocation that did not go well, but for the loss of all of it; None if all did."""
    operations = run.operations
    own = (operations["invocation"] == lost) & (operations["kind"] != Kind.LOST)
    rows = np.flatnonzero(own & np.isin(operations["outcome"], _IN_VAIN))
    return int(rows[-1]) if rows.size else None


def _attempt(run: Run, row: int) -> int | None:
    """Which run of its task an operation is; None if it is none."""
    operations = run.operations
    if operations["kind"][row] != Kind.EXECUTE:
        return None
    runs = (operations["kind"] == Kind.EXECUTE) & (operations["task"] == operations["task"][row])
    return int(np.count_nonzero(runs[: row + 1]))


def _pid(run: Run, instance: int) -> int | None:
    pids = run.instances["pid"][run.instances["instance"] == instance].tolist()
    return pids[0] if pids and pids[0] >= 0 else None
