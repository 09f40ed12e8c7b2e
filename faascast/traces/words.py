"""Words: what a run's operations are called in a trace."""

from __future__ import annotations

import numpy as np

from executor.records.critical_path import WaitCause, path_rows
from executor.records.events import CLIENT, OUTCOMES, outcomes
from executor.records.operations import NO_ROW, Kind
from executor.records.run import Run

KINDS = {int(kind): kind.name.lower() for kind in Kind}
"""What kinds of operations are called in categories."""
_OF_OBJECT: dict[int, str] = {Kind.FETCH: "get", Kind.UPLOAD: "put"}
_OF_TASK: dict[int, str] = {
    Kind.INVOKE: "call for",
    Kind.START: "start for",
    Kind.EXECUTE: "",
    Kind.COMMIT: "commit",
    Kind.READ: "read sets for",
    Kind.NOTIFY: "word of",
    Kind.LOST: "lost:",
    Kind.TAIL: "end of",
}
_OTHERS: dict[int, str] = {Kind.TIMER: "wait", Kind.PREWARM: "call to prewarm"}


class Words:
    """Names and texts for the rows of one run's operations."""

    def __init__(self, run: Run) -> None:
        operations = run.operations
        self._columns = tuple(operations[name] for name in ("kind", "task", "object", "invocation"))
        self._tasks = tuple(run.workflow.task_names)
        self._objects = tuple(run.workflow.object_names)
        self._worker: list[str] = run.invocations["worker"].tolist()
        self._outcome = outcomes(operations)
        self._critical = frozenset(path_rows(operations, run.last_operation) if run.last_operation is not None else ())
        self._attempts = _attempts(run)

    def task(self, task: int) -> str | None:
        """A task's name."""
        return self._tasks[task] if task >= 0 else None

    def found(self, found: int) -> str | None:
        """A data object's name."""
        return self._objects[found] if found >= 0 else None

    def worker(self, invocation: int) -> str:
        """Whose invocation it is."""
        return self._worker[invocation] if invocation >= 0 else CLIENT

    def outcome(self, row: int) -> str:
        """What came of an operation."""
        return OUTCOMES[self._outcome[row]]

    def is_critical(self, row: int) -> bool:
        """Whether an operation is on the critical path."""
        return row in self._critical

    def attempt(self, row: int) -> int:
        """Which execution of its task an execution is."""
        return self._attempts.get(row, 1)

    def name(self, kind: int, task: int, found: int) -> str:
        """What an operation is called."""
        if kind in _OF_OBJECT and found >= 0:
            return f"{_OF_OBJECT[kind]} {self._objects[found]}"
        if kind in _OF_TASK and task >= 0:
            return f"{_OF_TASK[kind]} {self._tasks[task]}".lstrip()
        return _OTHERS.get(kind, KINDS[kind])

    def told(self, row: int) -> str | None:
        """An operation in a few words, with whose it is; None for no operation."""
        if row == NO_ROW:
            return None
        kind, task, found, invocation = (column.item(row) for column in self._columns)
        what = f"run {self._tasks[task]}" if kind == Kind.EXECUTE else self.name(kind, task, found)
        outcome = self.outcome(row)
        return f"{what} by {self.worker(invocation)}{'' if outcome == OUTCOMES[0] else f' ({outcome})'}"


def seconds_of(cause: WaitCause) -> str:
    """The name of an argument that holds the seconds of a cause."""
    return cause.lower().replace(" ", "_").replace("-", "_") + "_s"


def _attempts(run: Run) -> dict[int, int]:
    """Executions that are not the first of their task: which one each is."""
    rows = np.flatnonzero(run.operations["kind"] == Kind.EXECUTE)
    tasks = run.operations["task"][rows]
    order = np.lexsort((run.operations["begin_ns"][rows], tasks))
    rows, tasks = rows[order], tasks[order]
    first = np.searchsorted(tasks, tasks)
    attempts = np.arange(rows.size) - first + 1
    return {row: attempt for row, attempt in zip(rows.tolist(), attempts.tolist(), strict=True) if attempt > 1}
