"""What duplicate and backup have in common: tasks that several workers may run, and what they cannot go with."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from executor.records.operations import Kind
from executor.records.run import Run
from optimizations.mapped import is_splitter, is_sure, map_conflicts
from planners.estimate import cold_start_s
from planners.plan import Plan
from planners.transfers import Transfers
from platforms import Platform
from workloads import Fault, Workflow

Floats = NDArray[np.float64]

STEP_S = 0.001
MOST = 256
"""Orders of one kind in a plan, at most: the most promising are the first."""


def whole_ms(seconds: float) -> float:
    """The same in whole milliseconds, rounded down (but for what floating-point numbers lack to one)."""
    return round(math.floor(seconds / STEP_S + 1e-6) * STEP_S, 3)


class Effort:
    """What a copy of each task is expected to take besides its run, each thing alone. In s."""

    def __init__(self, workflow: Workflow, platform: Platform) -> None:
        transfers = Transfers(workflow, platform)
        inputs = workflow.inputs
        longest_s = np.zeros(workflow.n_tasks)
        np.maximum.at(longest_s, inputs.keys, transfers.fetch_s[inputs.indices])
        self.fetch_s: Floats = longest_s
        self.publish_s: Floats = np.asarray(transfers.publish_s) + platform.ledger.request_s.mean_s
        self.told_s = platform.ledger.notify_s.mean_s
        self._platform = platform

    def start_s(self, memory_mb: int) -> float:
        """From the end of a timer to the first step of a fresh worker."""
        asked_s = self._platform.ledger.request_s.mean_s + self._platform.invocation.call_s.mean_s
        return asked_s + cold_start_s(self._platform, memory_mb)


def streamed(plan: Plan) -> set[int]:
    """Tasks that make or read something while it is made."""
    return {task for stream in plan.orders.stream for task in (stream.producer, stream.consumer)}


def conflicts(name: str, field: str, task: int, plan: Plan, workflow: Workflow) -> Iterator[Fault]:
    """Why the optimization ``name`` cannot go with another one on a task."""
    orders, who = plan.orders, workflow.task_names[task]
    if task in streamed(plan):
        yield Fault("plan", field, f"{name} and stream", f"optimization {name} or stream for {who!r}, not both")
    yield from map_conflicts(name, field, workflow, task, allowed=may_have_copies(name, workflow, task))
    duplicated = {order.task for order in orders.duplicate}
    if name == "backup" and task in duplicated:
        yield Fault("plan", field, "backup and duplicate", f"optimization backup or duplicate for {who!r}, not both")


def may_have_copies(name: str, workflow: Workflow, task: int) -> bool:
    """Whether a task may be run by several: a backup is made of what runs, a duplicate of what is sure to run."""
    return is_sure(workflow, task) if name == "duplicate" else not is_splitter(workflow, task)


def ends_by_copy(run: Run, copies: NDArray[np.bool_]) -> tuple[int, int, int]:
    """Of the copies (task, worker): how many, how many count, and how many had nothing to do, for all was done.

    ``copies``: per operation, whether it is part of a copy.
    """
    operations, n = run.operations, run.workflow.n_tasks
    workers = {name: i for i, name in enumerate(dict.fromkeys(run.invocations["worker"].tolist()))}
    worker = np.array([workers[name] for name in run.invocations["worker"]], dtype=np.int64)
    rows = np.flatnonzero(copies)
    which = worker[operations["invocation"][rows]] * n + operations["task"][rows]
    begun = np.unique(which)
    runs = operations["kind"] == Kind.EXECUTE
    counting = np.zeros(operations.n_rows, dtype=bool)
    counting[runs] = run.tasks["counts"]
    used = np.unique(which[counting[rows]])
    committed_ns = _committed_ns(run)[begun % n] if begun.size else np.zeros(0)
    began_ns = np.full(len(begun), np.inf)
    works = np.isin(operations["kind"][rows], (Kind.FETCH, Kind.EXECUTE))
    np.minimum.at(began_ns, np.searchsorted(begun, which[works]), operations["begin_ns"][rows][works])
    late = (began_ns >= committed_ns) & ~np.isin(begun, used)
    return len(begun), len(used), int(late.sum())


def _committed_ns(run: Run) -> Floats:
    """Per task, when it was committed; infinite if never. In ns of the log."""
    rows = run.operations["kind"] == Kind.EXECUTE
    committed = np.full(run.workflow.n_tasks, np.inf)
    known = ~np.isnan(run.tasks["committed_s"])
    task = run.operations["task"][rows][known]
    committed[task] = run.submitted_ns + np.round(run.tasks["committed_s"][known] * 1e9)
    return committed
