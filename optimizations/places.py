"""Places: where the executions of a run that count took place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from executor.records.operations import Kind
from executor.records.run import Run

NOWHERE = -1


def places(run: Run) -> NDArray[np.int64]:
    """Per task, the invocation whose execution counts; `NOWHERE` if there is none."""
    at = np.full(run.workflow.n_tasks, NOWHERE, dtype=np.int64)
    executed, counts = _executed(run)
    at[executed] = run.tasks["invocation"][counts]
    return at


def times_s(run: Run, column: str) -> NDArray[np.float64]:
    """Per task, a time of the execution that counts; NaN if there is none."""
    times = np.full(run.workflow.n_tasks, np.nan)
    executed, counts = _executed(run)
    times[executed] = run.tasks[column][counts]
    return times


def _executed(run: Run) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    counts = np.asarray(run.tasks["counts"], dtype=bool)
    return run.operations["task"][run.operations["kind"] == Kind.EXECUTE][counts].astype(np.int64), counts
