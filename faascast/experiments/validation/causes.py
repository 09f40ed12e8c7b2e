"""Where the time of runs goes, by cause: on the critical path, which adds up to the makespan, and for each task.

Of a real run nobody knows what an operation would have taken alone, so waiting for a shared CPU is part of *CPU* here,
for a shared network of *fetch* and *upload*, and for admission of *start-up*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from faascast.history.records import Columns

Floats = NDArray[np.float64]

CAUSES = ("start-up", "fetch", "CPU", "upload", "dependency", "invocation", "retry")
_OF_KIND: Mapping[str, str] = MappingProxyType(
    {
        "start": "start-up",
        "fetch": "fetch",
        "execute": "CPU",
        "tail": "CPU",
        "upload": "upload",
        "commit": "dependency",
        "read": "dependency",
        "notify": "dependency",
        "timer": "dependency",
        "invoke": "invocation",
        "prewarm": "invocation",
        "lost": "retry",
    }
)
LEAST_S = 1e-3
"""Time of a task for a cause, below which an error of it is nobody's concern."""


def on_the_path(events: Columns) -> dict[str, float]:
    """Seconds of the critical path by cause."""
    critical = events["is_critical"].astype(np.bool_)
    return _sums(_causes(events)[critical], _lasted_s(events)[critical])


def in_all(events: Columns) -> dict[str, float]:
    """Seconds of all operations by cause, however many went on at once."""
    return _sums(_causes(events), _lasted_s(events))


def of_tasks(events: Columns) -> dict[tuple[str, str], float]:
    """Seconds that were spent on account of each task, by task and cause."""
    tasks, causes, lasted_s = events["task"], _causes(events), _lasted_s(events)
    found: dict[tuple[str, str], float] = {}
    for task, cause, seconds in zip(tasks.tolist(), causes.tolist(), lasted_s.tolist(), strict=True):
        if task is not None:
            found[task, cause] = found.get((task, cause), 0.0) + seconds
    return found


def mean_of(parts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of several runs, cause by cause."""
    return {cause: float(np.mean([part.get(cause, 0.0) for part in parts])) for cause in CAUSES}


def task_errors(
    measured: Sequence[Mapping[tuple[str, str], float]], predicted: Sequence[Mapping[tuple[str, str], float]]
) -> dict[str, list[float]]:
    """By cause: of each task the relative error of its mean time, where that is at least `LEAST_S`."""
    found: dict[str, list[float]] = {cause: [] for cause in CAUSES}
    for key in sorted({key for part in measured for key in part}):
        really_s = float(np.mean([part.get(key, 0.0) for part in measured]))
        if really_s >= LEAST_S:
            expected_s = float(np.mean([part.get(key, 0.0) for part in predicted]))
            found[key[1]].append(expected_s / really_s - 1)
    return found


def _causes(events: Columns) -> NDArray[np.object_]:
    """Per event; what failed is due to be tried again, whatever it was."""
    causes = np.array([_OF_KIND[kind] for kind in events["kind"].tolist()], dtype=object)
    causes[events["outcome"] != "done"] = "retry"
    return causes


def _lasted_s(events: Columns) -> Floats:
    return np.asarray(events["end_s"] - events["begin_s"], dtype=np.float64)


def _sums(causes: NDArray[np.object_], lasted_s: Floats) -> dict[str, float]:
    return {cause: float(lasted_s[causes == cause].sum()) for cause in CAUSES}
